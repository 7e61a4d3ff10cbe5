//! What security groups let through, straight from the intent.

use super::Intent;
use alcor_types::{
    Direction, EtherType, MacAddr, Port, PortId, Remote, SecurityGroupId, TrafficMatch, ip_protocol,
};
use std::net::IpAddr;

/// The first packet of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    /// The Ethernet address that it says it comes from.
    pub mac: MacAddr,
    /// The address that it says it comes from.
    pub from: IpAddr,
    /// The address that it goes to.
    pub to: IpAddr,
    /// The IP protocol.
    pub protocol: u8,
    /// The destination port, or the ICMP type.
    pub port: u16,
    /// The ICMP code; 0 where there is none.
    pub code: u16,
}

impl Intent {
    /// Whether a packet of port `from` arrives at port `to`, whose Ethernet address it has:
    /// frames arrive there, the sender may speak from these addresses, a rule of one of the
    /// sender's groups lets it out, a rule of one of the receiver's groups lets it in, and so do
    /// the ACLs of their subnets.
    pub fn admits(&self, from: PortId, to: PortId, packet: &Packet) -> bool {
        let (Some(sender), Some(receiver)) = (self.ports.get(&from), self.ports.get(&to)) else {
            return false;
        };
        self.reaches(from, to)
            && may_speak_as(sender, packet)
            && self.allows(sender, Direction::Egress, packet, packet.to)
            && self.allows(receiver, Direction::Ingress, packet, packet.from)
            && self.crosses(from, to, packet)
    }

    fn allows(&self, port: &Port, direction: Direction, packet: &Packet, peer: IpAddr) -> bool {
        if !is_checked(port) {
            return true;
        }
        let asked = self.rules.values().filter(|rule| {
            let group = rule.security_group_id;
            port.security_groups.contains(&group) && self.groups.contains_key(&group)
        });
        asked.map(|rule| &rule.traffic).any(|traffic| {
            traffic.direction == direction
                && speaks_of(traffic, packet)
                && self.is_remote(&traffic.remote, peer)
        })
    }

    fn is_remote(&self, remote: &Remote, peer: IpAddr) -> bool {
        match remote {
            Remote::Any => true,
            Remote::Prefix(block) => block.contains(&peer),
            Remote::Group(id) => self.groups.contains_key(id) && self.is_member(*id, peer),
            Remote::AddressGroup(id) => {
                let group = self.address_groups.get(id);
                group.is_some_and(|group| group.addresses.iter().any(|one| one.contains(&peer)))
            }
            Remote::OwnGroup => false,
        }
    }

    fn is_member(&self, group: SecurityGroupId, peer: IpAddr) -> bool {
        let members = self
            .ports()
            .filter(|port| port.security_groups.contains(&group));
        members.into_iter().any(|port| {
            let mut fixed = port.fixed_ips.iter();
            let mut pairs = port.allowed_address_pairs.iter();
            fixed.any(|one| one.ip_address == peer)
                || pairs.any(|pair| pair.ip_address.contains(&peer))
        })
    }
}

fn is_checked(port: &Port) -> bool {
    port.port_security_enabled && !port.device_owner.starts_with("network:")
}

fn may_speak_as(port: &Port, packet: &Packet) -> bool {
    let own = port.mac_address;
    let fixed = || {
        let mut addresses = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
        packet.mac == own && addresses.any(|address| address == packet.from)
    };
    let allowed = || {
        port.allowed_address_pairs.iter().any(|pair| {
            packet.mac == pair.mac_address.unwrap_or(own) && pair.ip_address.contains(&packet.from)
        })
    };
    !is_checked(port) || fixed() || allowed()
}

fn speaks_of(traffic: &TrafficMatch, packet: &Packet) -> bool {
    let six = packet.from.is_ipv6();
    if six != (traffic.ethertype == EtherType::Ipv6) {
        return false;
    }
    let Some(protocol) = &traffic.protocol else {
        return true;
    };
    match (traffic.port_range_min, traffic.port_range_max) {
        _ if ip_protocol(protocol) != Some(packet.protocol) => false,
        (None, None) => true,
        (low, high) if [6, 17, 132].contains(&packet.protocol) => {
            low <= Some(packet.port) && high >= Some(packet.port)
        }
        (kind, code) if [1, 58].contains(&packet.protocol) => {
            kind == Some(packet.port) && code.is_none_or(|code| code == packet.code)
        }
        // Ports that no switch can see.
        _ => false,
    }
}
