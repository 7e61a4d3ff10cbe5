//! Hosts of large networks, from the wire.

use super::{Decoded, Fields, deletes, put};
use crate::wire::PeerState;
use crate::{Goal, GoalChange, GoalKey, PeerGoal};
use alcor_types::Revision;

pub(super) fn peer(state: &PeerState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "peer",
        id: &sent.host_ip_address,
    };
    let vpc = fields.parse("vpc_id", &sent.vpc_id)?;
    let host_ip = fields.parse("host_ip_address", &sent.host_ip_address)?;
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        let key = GoalKey::Peer(vpc, host_ip);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Peer(PeerGoal {
        vpc,
        revision,
        host_ip,
    }))
}
