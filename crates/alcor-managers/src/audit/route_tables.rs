//! Route tables belong to VPCs and subnets that are there, and routers to their owners.

use super::all;
use crate::{ApiError, network, router, subnet};
use alcor_store::Read;
use alcor_types::RouteTable;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for table in all::<RouteTable>(read) {
        check_one(read, &table?, faults)?;
    }
    Ok(())
}

fn check_one(
    read: &dyn Read,
    table: &RouteTable,
    faults: &mut Vec<String>,
) -> Result<(), ApiError> {
    let id = table.id;
    let network = network::find(read, table.network_id)?;
    if network.is_none_or(|network| network.project_id != table.project_id) {
        faults.push(format!(
            "route table {id} is of VPC {}, which is gone or of another project",
            table.network_id
        ));
    }
    if let Some(named) = table.subnet_id {
        let subnet = subnet::find(read, named)?;
        if subnet.is_none_or(|subnet| subnet.network_id != table.network_id) {
            faults.push(format!(
                "route table {id} is of subnet {named}, which is gone or of another VPC"
            ));
        }
    }
    if let Some(named) = table.router_id {
        let router = router::find(read, named)?;
        if router.is_none_or(|router| router.project_id != table.project_id) {
            faults.push(format!(
                "route table {id} is followed by router {named}, which is gone or of another project"
            ));
        }
    }
    let keys = table
        .routes
        .iter()
        .map(|route| (route.destination, route.priority));
    if !keys.is_sorted_by(|one, next| one < next) {
        faults.push(format!(
            "the routes of route table {id} are not in order, or doubled"
        ));
    }
    Ok(())
}
