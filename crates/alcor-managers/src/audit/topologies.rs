//! An auto-allocated topology is of parts that are there, and that are its project's.

use super::all;
use crate::{ApiError, network, router};
use alcor_store::Read;
use alcor_types::AutoTopology;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for topology in all::<AutoTopology>(read) {
        let AutoTopology {
            project_id,
            network_id,
            router_id,
        } = topology?;
        let network = network::find(read, network_id)?;
        if network.is_none_or(|network| network.project_id != project_id) {
            faults.push(format!(
                "the topology of project {project_id} has network {network_id}, which is not the project's"
            ));
        }
        let Some(id) = router_id else { continue };
        if router::find(read, id)?.is_none_or(|router| router.project_id != project_id) {
            faults.push(format!(
                "the topology of project {project_id} has router {id}, which is not the project's"
            ));
        }
    }
    Ok(())
}
