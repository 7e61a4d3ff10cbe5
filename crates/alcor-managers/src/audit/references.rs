//! What a record refers to exists and fits.

use super::all;
use crate::records;
use crate::{ApiError, network, security_group, subnet};
use alcor_store::Read;
use alcor_types::{Port, PortState, Remote, SecurityGroupRule, Subnet};

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for one in all::<Subnet>(read) {
        let one = one?;
        if network::find(read, one.network_id)?.is_none() {
            faults.push(format!(
                "subnet {} is on network {}, which does not exist",
                one.id, one.network_id
            ));
        }
    }
    for rule in all::<SecurityGroupRule>(read) {
        check_rule(read, &rule?, faults)?;
    }
    for port in all::<Port>(read) {
        check_port(read, &port?, faults)?;
    }
    for state in all::<PortState>(read) {
        let state = state?;
        if !records::exists::<Port>(read, state.id.as_bytes()) {
            faults.push(format!("a state of port {} outlives the port", state.id));
        }
    }
    Ok(())
}

fn check_rule(
    read: &dyn Read,
    rule: &SecurityGroupRule,
    faults: &mut Vec<String>,
) -> Result<(), ApiError> {
    let id = rule.id;
    let remote = match rule.traffic.remote {
        Remote::Group(remote) => Some(remote),
        _ => None,
    };
    for group in [Some(rule.security_group_id), remote].into_iter().flatten() {
        if security_group::find(read, group)?.is_none() {
            faults.push(format!(
                "security group rule {id} names group {group}, which does not exist"
            ));
        }
    }
    Ok(())
}

fn check_port(read: &dyn Read, port: &Port, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let id = port.id;
    if network::find(read, port.network_id)?.is_none() {
        let network = port.network_id;
        faults.push(format!(
            "port {id} is on network {network}, which does not exist"
        ));
    }
    for group in &port.security_groups {
        if security_group::find(read, *group)?.is_none() {
            faults.push(format!(
                "port {id} is in security group {group}, which does not exist"
            ));
        }
    }
    for fixed in &port.fixed_ips {
        let (address, subnet_id) = (fixed.ip_address, fixed.subnet_id);
        match subnet::find(read, subnet_id)? {
            None => faults.push(format!(
                "port {id} has an address of subnet {subnet_id}, which does not exist"
            )),
            Some(subnet) if subnet.network_id != port.network_id => faults.push(format!(
                "port {id} has an address of subnet {subnet_id}, which is on another network"
            )),
            Some(subnet) if !subnet.cidr.contains(&address) => faults.push(format!(
                "port {id} has the address {address}, which is not in subnet {subnet_id}"
            )),
            Some(_) => {}
        }
    }
    Ok(())
}
