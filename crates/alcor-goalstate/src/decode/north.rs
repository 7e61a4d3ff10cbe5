//! Ways out of the region, from the wire.

use super::limits::limits;
use super::{DecodeError, Decoded, Fields, carried, deletes, put};
use crate::wire::external_gateway::{Bounded as WireBounded, Forwarding as WireForwarding, Subnet};
use crate::wire::{ExternalGateway, FloatingIpState, RouterOutletState};
use crate::{
    Bounded, ExternalSubnet, FloatingGoal, Forwarding, Goal, GoalChange, GoalKey, OutletGoal,
    RouterGateway,
};
use alcor_types::{PortRange, Revision};
use std::net::IpAddr;

pub(super) fn floating(state: &FloatingIpState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let (resource, id) = ("floating IP", sent.id.as_str());
    let fields = Fields { resource, id };
    let revision = Revision(sent.store_revision);
    let id = fields.parse("id", &sent.id)?;
    let port = fields.parse("port_id", &sent.port_id)?;
    if deletes(state.operation_type) {
        let key = GoalKey::Floating(port, id);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Floating(FloatingGoal {
        id,
        revision,
        port,
        router: fields.parse("router_id", &sent.router_id)?,
        network: fields.parse("network_id", &sent.network_id)?,
        address: fields.parse("ip_address", &sent.ip_address)?,
        mac: fields.parse("mac_address", &sent.mac_address)?,
        fixed: fields.parse("fixed_ip_address", &sent.fixed_ip_address)?,
        holder: fields.parse("holder_port_id", &sent.holder_port_id)?,
        limits: limits(&fields, sent.limits.as_ref())?,
    }))
}

pub(super) fn outlet(state: &RouterOutletState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let (resource, id) = ("router outlet", sent.interface_port_id.as_str());
    let fields = Fields { resource, id };
    let revision = Revision(sent.store_revision);
    let interface = fields.parse("interface_port_id", &sent.interface_port_id)?;
    let network = fields.parse("network_id", &sent.network_id)?;
    if deletes(state.operation_type) {
        let key = GoalKey::Outlet(interface, network);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Outlet(OutletGoal {
        interface,
        revision,
        router: fields.parse("router_id", &sent.router_id)?,
        network,
        port: fields.parse("port_id", &sent.port_id)?,
        mac: fields.parse("mac_address", &sent.mac_address)?,
        address: fields.parse("ip_address", &sent.ip_address)?,
        limits: limits(&fields, sent.limits.as_ref())?,
    }))
}

pub(super) fn gateway(
    fields: &Fields<'_>,
    sent: &ExternalGateway,
) -> Result<RouterGateway, DecodeError> {
    let addresses = sent.ip_addresses.iter();
    let addresses = addresses.map(|ip| fields.parse("gateways.ip_addresses", ip));
    let subnets = sent.subnets.iter().map(|sent| subnet(fields, sent));
    let forwardings = sent.forwardings.iter();
    let forwardings = forwardings.map(|sent| forwarding(fields, sent));
    let bounded = sent.bounded.iter().map(|sent| bounded(fields, sent));
    Ok(RouterGateway {
        network: fields.parse("gateways.network_id", &sent.network_id)?,
        carrier: carried(
            fields,
            sent.network_type,
            sent.tunnel_id,
            &sent.physical_network,
        )?,
        mtu: number(fields, "gateways.mtu", sent.mtu)?,
        port: fields.parse("gateways.port_id", &sent.port_id)?,
        mac: fields.parse("gateways.mac_address", &sent.mac_address)?,
        addresses: addresses.collect::<Result<_, _>>()?,
        subnets: subnets.collect::<Result<_, _>>()?,
        snat: sent.snat,
        host_ip: address(fields, "gateways.host_ip_address", &sent.host_ip_address)?,
        forwardings: forwardings.collect::<Result<_, _>>()?,
        bounded: bounded.collect::<Result<_, _>>()?,
    })
}

fn bounded(fields: &Fields<'_>, sent: &WireBounded) -> Result<Bounded, DecodeError> {
    Ok(Bounded {
        address: fields.parse("gateways.bounded.ip_address", &sent.ip_address)?,
        limits: limits(fields, sent.limits.as_ref())?,
    })
}

fn subnet(fields: &Fields<'_>, sent: &Subnet) -> Result<ExternalSubnet, DecodeError> {
    Ok(ExternalSubnet {
        cidr: fields.parse("gateways.subnets.cidr", &sent.cidr)?,
        gateway_ip: address(fields, "gateways.subnets.gateway_ip", &sent.gateway_ip)?,
        address_scope: super::scope(
            fields,
            "gateways.subnets.address_scope_id",
            &sent.address_scope_id,
        )?,
    })
}

fn forwarding(fields: &Fields<'_>, sent: &WireForwarding) -> Result<Forwarding, DecodeError> {
    let range = |first, last| {
        let first = number(fields, "gateways.forwardings.first_port", first)?;
        let last = number(fields, "gateways.forwardings.last_port", last)?;
        Ok(PortRange { first, last })
    };
    let inside = &sent.internal_ip_address;
    let protocol = u8::try_from(sent.ip_protocol);
    Ok(Forwarding {
        address: fields.parse("gateways.forwardings.ip_address", &sent.ip_address)?,
        mac: fields.parse("gateways.forwardings.mac_address", &sent.mac_address)?,
        protocol: protocol
            .map_err(|error| fields.wrong("gateways.forwardings.ip_protocol", error))?,
        external: range(sent.first_port, sent.last_port)?,
        internal_address: fields.parse("gateways.forwardings.internal_ip_address", inside)?,
        internal: range(sent.internal_first_port, sent.internal_last_port)?,
    })
}

fn number(fields: &Fields<'_>, field: &'static str, sent: u32) -> Result<u16, DecodeError> {
    u16::try_from(sent).map_err(|error| fields.wrong(field, error))
}

fn address(
    fields: &Fields<'_>,
    field: &'static str,
    sent: &str,
) -> Result<Option<IpAddr>, DecodeError> {
    let named = Some(sent).filter(|sent| !sent.is_empty());
    named.map(|sent| fields.parse(field, sent)).transpose()
}
