//! Ways out of the region, to the wire.

use super::carrier;
use super::limits::limits;
use crate::wire::external_gateway::{Bounded as WireBounded, Forwarding as WireForwarding, Subnet};
use crate::wire::{
    ExternalGateway, FloatingIpConfiguration, FloatingIpState, GoalStateV2, OperationType,
    RouterOutletConfiguration, RouterOutletState,
};
use crate::{Bounded, FloatingGoal, Forwarding, OutletGoal, RouterGateway};
use alcor_types::{FloatingIpId, NetworkId, PortId};

pub(super) fn insert(
    state: &mut GoalStateV2,
    operation: OperationType,
    sent: FloatingIpConfiguration,
) {
    let key = format!("{}/{}", sent.port_id, sent.id);
    let now = FloatingIpState {
        operation_type: operation.into(),
        configuration: Some(sent),
    };
    state.floating_ip_states.insert(key, now);
}

pub(super) fn delete(state: &mut GoalStateV2, port: PortId, id: FloatingIpId, revision: u64) {
    let gone = FloatingIpConfiguration {
        id: id.to_string(),
        port_id: port.to_string(),
        store_revision: revision,
        ..Default::default()
    };
    insert(state, OperationType::Delete, gone);
}

pub(crate) fn floating(goal: &FloatingGoal) -> FloatingIpConfiguration {
    FloatingIpConfiguration {
        id: goal.id.to_string(),
        store_revision: goal.revision.0,
        port_id: goal.port.to_string(),
        router_id: goal.router.to_string(),
        network_id: goal.network.to_string(),
        ip_address: goal.address.to_string(),
        mac_address: goal.mac.to_string(),
        fixed_ip_address: goal.fixed.to_string(),
        holder_port_id: goal.holder.to_string(),
        limits: limits(&goal.limits),
    }
}

pub(super) fn insert_outlet(
    state: &mut GoalStateV2,
    operation: OperationType,
    sent: RouterOutletConfiguration,
) {
    let key = format!("{}/{}", sent.interface_port_id, sent.network_id);
    let now = RouterOutletState {
        operation_type: operation.into(),
        configuration: Some(sent),
    };
    state.router_outlet_states.insert(key, now);
}

pub(super) fn delete_outlet(
    state: &mut GoalStateV2,
    interface: PortId,
    network: NetworkId,
    revision: u64,
) {
    let gone = RouterOutletConfiguration {
        interface_port_id: interface.to_string(),
        network_id: network.to_string(),
        store_revision: revision,
        ..Default::default()
    };
    insert_outlet(state, OperationType::Delete, gone);
}

pub(crate) fn outlet(goal: &OutletGoal) -> RouterOutletConfiguration {
    RouterOutletConfiguration {
        interface_port_id: goal.interface.to_string(),
        network_id: goal.network.to_string(),
        store_revision: goal.revision.0,
        router_id: goal.router.to_string(),
        port_id: goal.port.to_string(),
        mac_address: goal.mac.to_string(),
        ip_address: goal.address.to_string(),
        limits: limits(&goal.limits),
    }
}

pub(super) fn gateway(gateway: &RouterGateway) -> ExternalGateway {
    let (network_type, tunnel_id) = carrier(&gateway.carrier);
    let physical_network = gateway.carrier.physical_network();
    let addresses = gateway.addresses.iter();
    let subnets = gateway.subnets.iter();
    let subnets = subnets.map(|subnet| Subnet {
        cidr: subnet.cidr.to_string(),
        gateway_ip: subnet
            .gateway_ip
            .map(|ip| ip.to_string())
            .unwrap_or_default(),
        address_scope_id: super::scope(subnet.address_scope),
    });
    let host_ip = gateway.host_ip.map(|ip| ip.to_string());
    ExternalGateway {
        network_id: gateway.network.to_string(),
        network_type: network_type.into(),
        tunnel_id,
        physical_network: physical_network.unwrap_or_default().to_owned(),
        mtu: gateway.mtu.into(),
        port_id: gateway.port.to_string(),
        mac_address: gateway.mac.to_string(),
        ip_addresses: addresses.map(ToString::to_string).collect(),
        subnets: subnets.collect(),
        snat: gateway.snat,
        host_ip_address: host_ip.unwrap_or_default(),
        forwardings: gateway.forwardings.iter().map(forwarding).collect(),
        bounded: gateway.bounded.iter().map(bounded).collect(),
    }
}

fn bounded(bounded: &Bounded) -> WireBounded {
    WireBounded {
        ip_address: bounded.address.to_string(),
        limits: limits(&bounded.limits),
    }
}

fn forwarding(forwarding: &Forwarding) -> WireForwarding {
    WireForwarding {
        ip_address: forwarding.address.to_string(),
        mac_address: forwarding.mac.to_string(),
        ip_protocol: forwarding.protocol.into(),
        first_port: forwarding.external.first.into(),
        last_port: forwarding.external.last.into(),
        internal_ip_address: forwarding.internal_address.to_string(),
        internal_first_port: forwarding.internal.first.into(),
        internal_last_port: forwarding.internal.last.into(),
    }
}
