//! QoS policies that are named exist, and so do the policies, labels and ACLs of all rules.

use super::all;
use crate::ApiError;
use crate::records;
use alcor_store::Read;
use alcor_types::{
    MeteringLabel, MeteringRule, Network, NetworkAcl, NetworkAclRule, Port, QosPolicy, QosPolicyId,
    QosRule, Subnet,
};

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let policy = |id: QosPolicyId| records::exists::<QosPolicy>(read, id.as_bytes());
    for port in all::<Port>(read) {
        let port = port?;
        if port.qos_policy_id.is_some_and(|id| !policy(id)) {
            faults.push(format!(
                "port {} names a QoS policy that does not exist",
                port.id
            ));
        }
    }
    for network in all::<Network>(read) {
        let network = network?;
        if network.qos_policy_id.is_some_and(|id| !policy(id)) {
            let id = network.id;
            faults.push(format!(
                "network {id} names a QoS policy that does not exist"
            ));
        }
    }
    check_rules(read, faults)
}

fn check_rules(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for rule in all::<QosRule>(read) {
        let rule = rule?;
        if !records::exists::<QosPolicy>(read, rule.policy_id.as_bytes()) {
            faults.push(format!("QoS rule {} outlives its policy", rule.id));
        }
    }
    for rule in all::<MeteringRule>(read) {
        let rule = rule?;
        if !records::exists::<MeteringLabel>(read, rule.label_id.as_bytes()) {
            faults.push(format!("metering rule {} outlives its label", rule.id));
        }
    }
    for rule in all::<NetworkAclRule>(read) {
        let rule = rule?;
        if !records::exists::<NetworkAcl>(read, rule.acl_id.as_bytes()) {
            faults.push(format!("network ACL rule {} outlives its ACL", rule.id));
        }
    }
    for acl in all::<NetworkAcl>(read) {
        let acl = acl?;
        let gone = |id: &&alcor_types::SubnetId| !records::exists::<Subnet>(read, id.as_bytes());
        if let Some(subnet) = acl.subnets.iter().find(gone) {
            faults.push(format!(
                "network ACL {} guards subnet {subnet}, which is gone",
                acl.id
            ));
        }
    }
    Ok(())
}
