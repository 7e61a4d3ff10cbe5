//! The usage counters of quotas say how many records there are.

use super::all;
use crate::ApiError;
use crate::quota::{self, Kind};
use alcor_store::Read;
use alcor_types::{
    FloatingIp, Network, Port, ProjectId, RbacPolicy, Router, SecurityGroup, SecurityGroupRule,
    Subnet, SubnetPool, Trunk,
};
use std::collections::BTreeMap;

type Counts = BTreeMap<(Kind, ProjectId), u64>;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let there = count(read)?;
    let noted = quota::all_used(read)?;
    for ((kind, project), count) in &there {
        let noted = noted.get(&(*kind, project.clone())).copied().unwrap_or(0);
        if noted != *count {
            let kind = kind.as_str();
            faults.push(format!(
                "project {project} has {count} of {kind}, but {noted} are counted against its quota"
            ));
        }
    }
    for (kind, project) in noted.keys() {
        if !there.contains_key(&(*kind, project.clone())) {
            let kind = kind.as_str();
            faults.push(format!(
                "project {project} has no {kind}, but some are counted against its quota"
            ));
        }
    }
    Ok(())
}

/// How many records of each counted kind each project has.
fn count(read: &dyn Read) -> Result<Counts, ApiError> {
    let mut counts = Counts::new();
    let mut add = |kind, project: ProjectId| *counts.entry((kind, project)).or_default() += 1;
    for one in all::<Network>(read) {
        add(Kind::Network, one?.project_id);
    }
    for one in all::<Subnet>(read) {
        add(Kind::Subnet, one?.project_id);
    }
    for one in all::<Port>(read) {
        add(Kind::Port, one?.project_id);
    }
    for one in all::<SubnetPool>(read) {
        add(Kind::SubnetPool, one?.project_id);
    }
    for one in all::<SecurityGroup>(read) {
        add(Kind::SecurityGroup, one?.project_id);
    }
    for one in all::<SecurityGroupRule>(read) {
        add(Kind::SecurityGroupRule, one?.project_id);
    }
    for one in all::<RbacPolicy>(read) {
        add(Kind::RbacPolicy, one?.project_id);
    }
    for one in all::<Router>(read) {
        add(Kind::Router, one?.project_id);
    }
    for one in all::<FloatingIp>(read) {
        add(Kind::FloatingIp, one?.project_id);
    }
    for one in all::<Trunk>(read) {
        add(Kind::Trunk, one?.project_id);
    }
    Ok(counts)
}
