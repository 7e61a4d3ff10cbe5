//! Quotas: how much of each kind a project may have, and how much it has.
//!
//! Usage is a counter in the same transaction as the resource it counts, so that no number of
//! concurrent creates can pass a limit, and a failed create counts nothing.

mod limits;

pub use limits::{Limits, all, limits, reset, set};

use crate::records::{self, Record};
use crate::{ApiError, Settings, schema};
use alcor_store::{Read, Txn};
use alcor_types::ProjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a quota counts. The numbers are on-disk format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// Networks.
    Network = 1,
    /// Subnets.
    Subnet = 2,
    /// Ports.
    Port = 3,
    /// Routers.
    Router = 4,
    /// Floating IPs.
    FloatingIp = 5,
    /// Security groups.
    SecurityGroup = 6,
    /// Security group rules.
    SecurityGroupRule = 7,
    /// RBAC policies.
    RbacPolicy = 8,
    /// Subnet pools.
    SubnetPool = 9,
    /// Trunks.
    Trunk = 10,
}

impl Kind {
    /// All kinds, in the order in which the API shows them.
    pub const ALL: [Self; 10] = [
        Self::Network,
        Self::Subnet,
        Self::Port,
        Self::Router,
        Self::FloatingIp,
        Self::SecurityGroup,
        Self::SecurityGroupRule,
        Self::RbacPolicy,
        Self::SubnetPool,
        Self::Trunk,
    ];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::Port => "port",
            Self::Router => "router",
            Self::FloatingIp => "floatingip",
            Self::SecurityGroup => "security_group",
            Self::SecurityGroupRule => "security_group_rule",
            Self::RbacPolicy => "rbac_policy",
            Self::SubnetPool => "subnetpool",
            Self::Trunk => "trunk",
        }
    }

    /// The kind of this name; none when no such kind is counted.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The limit of projects with no quota of their own, Neutron's; -1 is no limit.
    pub fn neutron_default(self) -> i64 {
        match self {
            Self::Network | Self::Subnet | Self::SecurityGroupRule => 100,
            Self::Port => 500,
            Self::Router | Self::SecurityGroup | Self::RbacPolicy => 10,
            Self::FloatingIp => 50,
            Self::SubnetPool | Self::Trunk => -1,
        }
    }
}

/// The limits that an operator gave one project; kinds that are not there have the default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quota {
    /// The project.
    pub project_id: ProjectId,
    /// The limit of each kind; -1 is no limit.
    pub limits: BTreeMap<Kind, i64>,
}

/// What a quota refuses.
#[derive(Debug, thiserror::Error)]
pub enum QuotaError {
    /// The project has as many as it may have.
    #[error(
        "Quota exceeded for resources: ['{kind}']. Project {project} uses {used} of {limit}: delete some, or ask an administrator for more."
    )]
    OverQuota {
        /// What is used up.
        kind: &'static str,
        /// Whose.
        project: ProjectId,
        /// How many there are.
        used: u64,
        /// How many there may be.
        limit: i64,
    },
    /// The project has no quota of its own that could be taken back.
    #[error("Project {0} has no quota of its own: the defaults hold for it already.")]
    NotFound(ProjectId),
    /// The new limit is less than there is.
    #[error(
        "Quota limit {limit} for {kind} must be greater than or equal to already used {used}: give a higher one, delete some, or say force."
    )]
    BelowUsage {
        /// What is counted.
        kind: &'static str,
        /// The limit asked for.
        limit: i64,
        /// How many there are.
        used: u64,
    },
}

impl QuotaError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OverQuota { .. } => "OverQuota",
            Self::NotFound(_) => "TenantQuotaNotFound",
            Self::BelowUsage { .. } => "HTTPBadRequest",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::BelowUsage { .. } => 400,
            Self::NotFound(_) => 404,
            Self::OverQuota { .. } => 409,
        }
    }
}

/// Counts one more resource of a project; an error when its quota is used up. Every create of a
/// counted kind calls this.
pub fn take(
    txn: &mut Txn<'_>,
    kind: Kind,
    project: &ProjectId,
    settings: &Settings,
) -> Result<(), ApiError> {
    let used = used(txn, kind, project)?;
    let limit = limit(txn, kind, project, settings)?;
    if u64::try_from(limit).is_ok_and(|limit| used >= limit) {
        let project = project.clone();
        let kind = kind.as_str();
        let error = QuotaError::OverQuota {
            kind,
            project,
            used,
            limit,
        };
        return Err(error.into());
    }
    set_used(txn, kind, project, used + 1);
    Ok(())
}

/// Counts one more resource that the region makes for itself, whatever the limit.
pub fn count(txn: &mut Txn<'_>, kind: Kind, project: &ProjectId) -> Result<(), ApiError> {
    let used = used(txn, kind, project)?;
    set_used(txn, kind, project, used + 1);
    Ok(())
}

/// Counts one resource less. Every removal of a counted kind calls this.
pub fn give(txn: &mut Txn<'_>, kind: Kind, project: &ProjectId) -> Result<(), ApiError> {
    let used = used(txn, kind, project)?;
    set_used(txn, kind, project, used.saturating_sub(1));
    Ok(())
}

/// How many resources of the kind the project has.
pub fn used(read: &dyn Read, kind: Kind, project: &ProjectId) -> Result<u64, ApiError> {
    let Some(row) = read.get(&usage_key(kind, project)) else {
        return Ok(0);
    };
    let bytes = <[u8; 8]>::try_from(&row[..]).map_err(|_| ApiError::Damaged("quota usage"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// How many resources of the kind the project may have; -1 is no limit.
pub fn limit(
    read: &dyn Read,
    kind: Kind,
    project: &ProjectId,
    settings: &Settings,
) -> Result<i64, ApiError> {
    let own = find(read, project)?.and_then(|quota| quota.limits.get(&kind).copied());
    Ok(own.unwrap_or_else(|| settings.default_limit(kind)))
}

/// The quota that an operator gave the project.
pub fn find(read: &dyn Read, project: &ProjectId) -> Result<Option<Quota>, ApiError> {
    Ok(records::get(read, project.as_str().as_bytes())?)
}

/// All usage counters, for the audit.
pub(crate) fn all_used(read: &dyn Read) -> Result<BTreeMap<(Kind, ProjectId), u64>, ApiError> {
    let damaged = || ApiError::Damaged("quota usage");
    let mut counters = BTreeMap::new();
    for (key, value) in read.prefix(&[schema::USAGE]) {
        let [_, kind, project @ ..] = key else {
            return Err(damaged());
        };
        let kind = Kind::ALL.into_iter().find(|one| *one as u8 == *kind);
        let project = std::str::from_utf8(project).map_err(|_| damaged())?;
        let count = <[u8; 8]>::try_from(&value[..]).map_err(|_| damaged())?;
        let owner = (kind.ok_or_else(damaged)?, ProjectId::from(project));
        counters.insert(owner, u64::from_be_bytes(count));
    }
    Ok(counters)
}

fn set_used(txn: &mut Txn<'_>, kind: Kind, project: &ProjectId, used: u64) {
    let key = usage_key(kind, project);
    if used == 0 {
        txn.delete(&key);
    } else {
        txn.put(key, used.to_be_bytes().to_vec());
    }
}

fn usage_key(kind: Kind, project: &ProjectId) -> Vec<u8> {
    let mut key = vec![schema::USAGE, kind as u8];
    key.extend_from_slice(project.as_str().as_bytes());
    key
}

impl Record for Quota {
    const TABLE: alcor_store::records::Table = schema::QUOTAS;

    fn key(&self) -> Vec<u8> {
        self.project_id.as_str().as_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut alcor_store::records::Indexes) {}
}
