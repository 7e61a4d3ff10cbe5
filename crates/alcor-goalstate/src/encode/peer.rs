//! Hosts of large networks, onto the wire.

use crate::PeerGoal;
use crate::wire::{GoalStateV2, OperationType, PeerConfiguration, PeerState};
use alcor_types::NetworkId;
use std::net::IpAddr;

pub(super) fn insert(
    state: &mut GoalStateV2,
    operation: OperationType,
    configuration: PeerConfiguration,
) {
    let name = format!("{}/{}", configuration.vpc_id, configuration.host_ip_address);
    let peer = PeerState {
        operation_type: operation.into(),
        configuration: Some(configuration),
    };
    state.peer_states.insert(name, peer);
}

pub(super) fn delete(state: &mut GoalStateV2, vpc: NetworkId, host_ip: IpAddr, revision: u64) {
    let gone = PeerConfiguration {
        vpc_id: vpc.to_string(),
        host_ip_address: host_ip.to_string(),
        store_revision: revision,
    };
    insert(state, OperationType::Delete, gone);
}

pub(crate) fn peer(goal: &PeerGoal) -> PeerConfiguration {
    PeerConfiguration {
        vpc_id: goal.vpc.to_string(),
        host_ip_address: goal.host_ip.to_string(),
        store_revision: goal.revision.0,
    }
}
