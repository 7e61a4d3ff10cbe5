//! What network ACLs let across the edges of subnets, straight from the intent.

use super::{Intent, Packet};
use alcor_types::{
    AclAction, AclProtocol, FlowDirection, NetworkAcl, NetworkAclRule, Port, PortId, Subnet,
    SubnetId,
};
use ipnet::IpNet;
use std::net::IpAddr;

impl Intent {
    /// Whether ACLs let a packet of port `from` out of its subnet, and into that of port `to`.
    pub fn crosses(&self, from: PortId, to: PortId, packet: &Packet) -> bool {
        let (Some(sender), Some(receiver)) = (self.ports.get(&from), self.ports.get(&to)) else {
            return false;
        };
        self.lets_out(sender, packet) && self.lets_in(receiver, packet)
    }

    /// Whether the ACL of a packet's subnet lets it out of there.
    pub fn lets_out(&self, sender: &Port, packet: &Packet) -> bool {
        self.passes(sender, FlowDirection::Egress, packet)
    }

    /// Whether the ACL of a packet's subnet lets it in there.
    pub fn lets_in(&self, receiver: &Port, packet: &Packet) -> bool {
        self.passes(receiver, FlowDirection::Ingress, packet)
    }

    fn passes(&self, port: &Port, direction: FlowDirection, packet: &Packet) -> bool {
        let (own, peer) = match direction {
            FlowDirection::Egress => (packet.from, packet.to),
            _ => (packet.to, packet.from),
        };
        let Some(subnet) = self.subnet_of(port, own) else {
            return true;
        };
        if self.is_inside(subnet, peer) {
            return true;
        }
        match self.guard_of(subnet) {
            None => true,
            Some(acl) => self.decides(acl, direction, packet, peer) == AclAction::Allow,
        }
    }

    /// The subnet that a port's packet belongs to: that of its address; where none of the port's
    /// has it, the port's first of its family, or else the port's first.
    fn subnet_of(&self, port: &Port, own: IpAddr) -> Option<SubnetId> {
        let all = || port.fixed_ips.iter().map(|fixed| fixed.subnet_id);
        let known = || all().filter_map(|id| Some((id, self.block_of(id)?)));
        let of_address = known().find(|(_, block)| block.contains(&own));
        let of_family = known().find(|(_, block)| block.addr().is_ipv4() == own.is_ipv4());
        let first = of_address.or(of_family).or(known().next());
        first.map(|(id, _)| id)
    }

    fn block_of(&self, subnet: SubnetId) -> Option<IpNet> {
        self.subnets.get(&subnet).map(|subnet| subnet.cidr)
    }

    fn is_inside(&self, subnet: SubnetId, peer: IpAddr) -> bool {
        self.block_of(subnet)
            .is_some_and(|block| block.contains(&peer))
    }

    /// The subnet's own ACL, or the one that is the network's default.
    fn guard_of(&self, id: SubnetId) -> Option<&NetworkAcl> {
        let subnet: &Subnet = self.subnets.get(&id)?;
        let here = || {
            let acls = self.acls.values().map(|acl| &**acl);
            acls.filter(|acl| acl.network_id == subnet.network_id)
        };
        let own = here().find(|acl| acl.subnets.contains(&id));
        own.or_else(|| here().find(|acl| acl.is_default))
    }

    fn decides(
        &self,
        acl: &NetworkAcl,
        direction: FlowDirection,
        packet: &Packet,
        peer: IpAddr,
    ) -> AclAction {
        let rules = self.acl_rules.values().map(|rule| &**rule);
        let about = rules.filter(|rule| {
            rule.acl_id == acl.id
                && rule.direction == direction
                && rule.prefix.contains(&peer)
                && is_about(rule, packet)
        });
        let first = about.min_by_key(|rule| rule.number);
        first.map_or(AclAction::Deny, |rule| rule.action)
    }
}

fn is_about(rule: &NetworkAclRule, packet: &Packet) -> bool {
    let ports = |range: Option<(u16, u16)>| {
        range.is_none_or(|(low, high)| (low..=high).contains(&packet.port))
    };
    let kind = |one: Option<(u8, u8)>| {
        one.is_none_or(|(kind, code)| {
            (u16::from(kind), u16::from(code)) == (packet.port, packet.code)
        })
    };
    match rule.protocol {
        AclProtocol::All => true,
        AclProtocol::Tcp(range) => packet.protocol == 6 && ports(range),
        AclProtocol::Udp(range) => packet.protocol == 17 && ports(range),
        AclProtocol::Icmp(one) => packet.protocol == 1 && kind(one),
        AclProtocol::Icmpv6(one) => packet.protocol == 58 && kind(one),
    }
}
