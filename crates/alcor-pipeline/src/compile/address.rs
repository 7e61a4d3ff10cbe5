//! ARP requests for an IPv4 address of a network, answered without leaving the bridge.

use crate::member::{Claim, Slot};
use crate::state::State;
use crate::table::{ARP, MATCH};
use alcor_openflow::{Action, Field, Flow, Match, PortNo};
use alcor_responder::server_mac;
use alcor_types::{MacAddr, NetworkId, Vni};
use std::net::Ipv4Addr;

const REQUEST: u16 = 1;
const REPLY: u16 = 2;

/// The request turned into its reply, back to where it came from.
pub(super) fn flow(state: &State, id: NetworkId, address: Ipv4Addr) -> Option<Flow> {
    let (vpc, vni) = state.active(id)?;
    let holder = vpc.holder(Slot::Address(address))?;
    let mac = mac(state, holder, vni)?;
    let network = Match::new().metadata(u64::from(vni.get()));
    let request = network.arp().arp_op(REQUEST).arp_tpa(address);
    Some(Flow::new(ARP, MATCH, request).apply([
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::set(Field::EthSrc, mac),
        Action::set(Field::ArpOp, REPLY),
        Action::copy(Field::ArpSha, Field::ArpTha),
        Action::copy(Field::ArpSpa, Field::ArpTpa),
        Action::set(Field::ArpSha, mac),
        Action::set(Field::ArpSpa, address),
        Action::Output(PortNo::IN_PORT),
    ]))
}

/// The DHCP server has the gateway's address, and answers at a MAC address of its own until a
/// router does.
fn mac(state: &State, holder: Claim, vni: Vni) -> Option<MacAddr> {
    match holder {
        Claim::Local(port) => state.locals.get(&port).map(|local| local.mac),
        Claim::Remote(port) => state.remotes.get(&port).map(|remote| remote.mac),
        Claim::DhcpServer(_) => Some(server_mac(vni)),
    }
}
