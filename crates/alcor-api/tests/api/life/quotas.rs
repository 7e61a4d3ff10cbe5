//! What a life knows of quotas: the limits that were given, and so which requests must be refused.

use super::model::Lists;
use super::step::Request;
use crate::region::Answer;
use alcor_api::DEFAULT_PROJECT;
use alcor_managers::quota::Kind;
use serde_json::Value;
use std::collections::BTreeMap;

/// The projects that own things. The first is the caller's.
pub(crate) const PROJECTS: [&str; 3] = [DEFAULT_PROJECT, "one", "two"];

/// A kind that is counted.
pub(crate) struct Limited {
    kind: Kind,
    path: &'static str,
    singular: &'static str,
    /// The limit of projects without one of their own.
    default: i64,
    /// Whether the region makes none of its own accord, beyond any limit.
    strict: bool,
}

const fn limited(
    kind: Kind,
    path: &'static str,
    singular: &'static str,
    default: i64,
    strict: bool,
) -> Limited {
    Limited {
        kind,
        path,
        singular,
        default,
        strict,
    }
}

/// All kinds that are counted.
pub(crate) const LIMITED: [Limited; 10] = [
    limited(Kind::Network, "networks", "network", 4, true),
    limited(Kind::Subnet, "subnets", "subnet", 5, true),
    limited(Kind::Port, "ports", "port", 8, false),
    limited(Kind::Router, "routers", "router", 2, true),
    limited(Kind::FloatingIp, "floatingips", "floatingip", 3, true),
    limited(
        Kind::SecurityGroup,
        "security-groups",
        "security_group",
        3,
        false,
    ),
    limited(
        Kind::SecurityGroupRule,
        "security-group-rules",
        "security_group_rule",
        -1,
        false,
    ),
    limited(Kind::RbacPolicy, "rbac-policies", "rbac_policy", 4, false),
    limited(Kind::SubnetPool, "subnetpools", "subnetpool", -1, true),
    limited(Kind::Trunk, "trunks", "trunk", 2, true),
];

/// The limits of projects without quotas of their own.
pub(crate) fn defaults() -> BTreeMap<Kind, i64> {
    LIMITED.iter().map(|one| (one.kind, one.default)).collect()
}

/// The limits that projects were given.
#[derive(Clone, Default)]
pub(crate) struct Quotas {
    own: BTreeMap<(&'static str, Kind), i64>,
}

impl Quotas {
    /// The limit; none is none.
    fn limit(&self, project: &'static str, of: &Limited) -> Option<usize> {
        let own = self.own.get(&(project, of.kind)).copied();
        usize::try_from(own.unwrap_or(of.default)).ok()
    }

    fn is_full(&self, project: &'static str, of: &Limited, lists: &Lists) -> bool {
        let used = used(lists, of, project);
        self.limit(project, of).is_some_and(|limit| used >= limit)
    }

    /// The limit was given.
    pub(crate) fn set(&mut self, project: usize, of: usize, limit: i64) {
        self.own
            .insert((PROJECTS[project], LIMITED[of].kind), limit);
    }

    /// The project's limits were taken back; whether it had any.
    pub(crate) fn reset(&mut self, project: usize) -> bool {
        let before = self.own.len();
        self.own.retain(|(owner, _), _| *owner != PROJECTS[project]);
        self.own.len() < before
    }

    /// Panics where a create was granted beyond a limit, or refused within all of them.
    pub(crate) fn judge(&self, request: &Request, answer: &Answer, lists: &Lists) {
        let granted = answer.status.is_success();
        let wished = request.body.as_ref().filter(|_| request.method == "POST");
        let of = LIMITED.iter().find(|one| one.path == request.path);
        if let (Some(body), Some(of)) = (wished, of) {
            let full = self.is_full(owner(&body[of.singular]), of, lists);
            assert!(!(full && granted), "{request:?} passed a quota");
        }
        let error = &answer.body["NeutronError"];
        if error["type"] == "OverQuota" {
            let message = error["message"].as_str().unwrap();
            let named = |of: &&Limited| message.contains(&format!("'{}'", of.kind.as_str()));
            let of = LIMITED.iter().find(named).unwrap();
            let full = PROJECTS.iter().any(|one| self.is_short(one, of, lists));
            assert!(full, "{request:?} was refused: {message}");
        }
    }

    /// Whether no more would fit than the rules of a new security group and of the default group
    /// that its project gets first.
    fn is_short(&self, project: &'static str, of: &Limited, lists: &Lists) -> bool {
        let beside = if of.kind == Kind::SecurityGroupRule {
            6
        } else {
            0
        };
        let used = used(lists, of, project) + beside;
        self.limit(project, of).is_some_and(|limit| used >= limit)
    }

    /// Panics where a project has come to more than its limit.
    pub(crate) fn hold(&self, before: &Lists, after: &Lists) {
        for of in LIMITED.iter().filter(|of| of.strict) {
            for project in PROJECTS {
                let (old, new) = (used(before, of, project), used(after, of, project));
                let most = self.limit(project, of).map_or(new, |limit| limit.max(old));
                assert!(new <= most, "{project} has {new} {}", of.path);
            }
        }
    }

    /// Panics where the details of a project's quota are not its limits and what it has.
    pub(crate) fn check_details(&self, project: &'static str, details: &Value, lists: &Lists) {
        for of in &LIMITED {
            let shown = &details[of.kind.as_str()];
            let limit = self.limit(project, of).map(|limit| limit as u64);
            assert_eq!(shown["limit"].as_u64(), limit, "{project}: {details}");
            let used = used(lists, of, project) as u64;
            assert_eq!(shown["used"], used, "{} of {project}", of.path);
        }
    }
}

/// Whether a project may be given the limit, as it has no more than that.
pub(crate) fn fits(project: usize, of: usize, limit: i64, lists: &Lists) -> bool {
    let used = used(lists, &LIMITED[of], PROJECTS[project]);
    usize::try_from(limit).map_or(true, |limit| used <= limit)
}

/// How many of the kind a project has.
fn used(lists: &Lists, of: &Limited, project: &str) -> usize {
    let rows = lists.get(of.path).into_iter().flat_map(BTreeMap::values);
    rows.filter(|row| row["project_id"] == project).count()
}

/// Whose the wished thing will be.
fn owner(wish: &Value) -> &'static str {
    let named = PROJECTS.iter().find(|one| wish["project_id"] == **one);
    named.unwrap_or(&PROJECTS[0])
}

/// The name of a kind in the body of a quota.
pub(crate) fn name(of: usize) -> &'static str {
    LIMITED[of].kind.as_str()
}
