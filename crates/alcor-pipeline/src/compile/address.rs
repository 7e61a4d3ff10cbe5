//! Who has an IP address of a network: one flow for whoever asks, be it an ARP request, answered
//! without leaving the bridge, or a router with a packet for it.

use crate::member::{Claim, Slot};
use crate::state::State;
use crate::table::{ADDRESS, ADDRESS_OF, FOUND, MATCH};
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_responder::server_mac;
use alcor_types::{MacAddr, NetworkId};
use std::net::IpAddr;

/// The answer: the holder's MAC address in place of the frame's destination.
pub(super) fn flow(state: &State, id: NetworkId, address: IpAddr) -> Option<Flow> {
    let (_, key) = state.active(id)?;
    let mac = mac_of(state, id, address)?;
    let network = Match::new().metadata(key.number());
    let question = network.with(ADDRESS_OF, number(address));
    Some(
        Flow::new(ADDRESS, MATCH, question)
            .apply([Action::set(Field::EthDst, mac), Action::set(FOUND, 1_u32)]),
    )
}

/// The MAC address of whoever has the address.
pub(crate) fn mac_of(state: &State, id: NetworkId, address: IpAddr) -> Option<MacAddr> {
    let (vpc, _) = state.active(id)?;
    mac(state, vpc.holder(Slot::Address(address))?, id)
}

/// The address as [`ADDRESS_OF`] holds it.
pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The DHCP server has the gateway's address, and answers at a MAC address of its own until a
/// router does.
fn mac(state: &State, holder: Claim, id: NetworkId) -> Option<MacAddr> {
    match holder {
        Claim::Local(port) => state.locals.get(&port).map(|local| local.mac),
        Claim::Remote(port) => state.remotes.get(&port).map(|remote| remote.mac),
        Claim::Router(port) => state.interfaces.get(&port).map(|own| own.mac),
        Claim::DhcpServer(_) => Some(server_mac(id)),
    }
}
