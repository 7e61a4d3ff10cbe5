//! The limits that operators give projects: kept apart from the counting, which every create
//! does, because only the quota calls need them.

use super::{Kind, Quota, QuotaError, find, used};
use crate::{ApiError, Settings, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::ProjectId;
use std::collections::BTreeMap;

/// A limit for each kind; -1 is none.
pub type Limits = BTreeMap<Kind, i64>;

/// Gives a project limits of its own; kinds that are not named stay as they are. A limit below
/// what is used is refused unless the operator insists.
pub fn set(
    txn: &mut Txn<'_>,
    project: &ProjectId,
    changes: &Limits,
    force: bool,
) -> Result<(), ApiError> {
    standard::check_text("project_id", project.as_str())?;
    if !force {
        for (kind, limit) in changes {
            check_usage(txn, *kind, *limit, project)?;
        }
    }
    let mut quota = find(txn, project)?.unwrap_or_else(|| Quota {
        project_id: project.clone(),
        limits: Limits::new(),
    });
    quota.limits.extend(changes);
    records::put(txn, &quota)?;
    Ok(())
}

/// Takes all limits of a project back, so that the defaults hold again.
pub fn reset(txn: &mut Txn<'_>, project: &ProjectId) -> Result<(), ApiError> {
    match records::delete::<Quota>(txn, project.as_str().as_bytes())? {
        Some(_) => Ok(()),
        None => Err(QuotaError::NotFound(project.clone()).into()),
    }
}

/// The limit of each kind that holds for a project.
pub fn limits(
    read: &dyn Read,
    project: &ProjectId,
    settings: &Settings,
) -> Result<Limits, ApiError> {
    let own = find(read, project)?.map(|quota| quota.limits);
    Ok(with_defaults(&own.unwrap_or_default(), settings))
}

/// All projects with limits of their own, each with the limit of each kind.
pub fn all(read: &dyn Read, settings: &Settings) -> Result<Vec<(ProjectId, Limits)>, ApiError> {
    records::scan::<Quota>(read, None, false)
        .map(|quota| {
            let quota = quota?;
            Ok((quota.project_id, with_defaults(&quota.limits, settings)))
        })
        .collect()
}

fn with_defaults(own: &Limits, settings: &Settings) -> Limits {
    let limit = |kind| {
        let own = own.get(&kind).copied();
        (kind, own.unwrap_or_else(|| settings.default_limit(kind)))
    };
    Kind::ALL.into_iter().map(limit).collect()
}

fn check_usage(
    read: &dyn Read,
    kind: Kind,
    limit: i64,
    project: &ProjectId,
) -> Result<(), ApiError> {
    let used = used(read, kind, project)?;
    if u64::try_from(limit).is_ok_and(|limit| used > limit) {
        let kind = kind.as_str();
        return Err(QuotaError::BelowUsage { kind, limit, used }.into());
    }
    Ok(())
}
