//! Gateways are of VPCs that are there, of the same owner, and of each kind a VPC has one.

use super::all;
use crate::{ApiError, network};
use alcor_store::Read;
use alcor_types::Gateway;
use std::collections::BTreeSet;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let mut kinds = BTreeSet::new();
    for gateway in all::<Gateway>(read) {
        let gateway = gateway?;
        let (id, vpc) = (gateway.id, gateway.network_id);
        let network = network::find(read, vpc)?;
        if network.is_none_or(|network| network.project_id != gateway.project_id) {
            faults.push(format!(
                "gateway {id} is of VPC {vpc}, which is gone or of another project"
            ));
        }
        if !kinds.insert((vpc, gateway.kind)) {
            let kind = gateway.kind.as_str();
            faults.push(format!(
                "gateway {id} is the second {kind} one of VPC {vpc}"
            ));
        }
    }
    Ok(())
}
