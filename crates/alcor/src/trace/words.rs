//! The steps of the intent in words: what happens, why, and what to change where it ends.

mod outside;

use crate::diff;
use alcor_compiler::oracle::{Hindrance, Intent, Packet, Step};
use alcor_pipeline::Owner;
use alcor_types::{
    Direction, EtherType, NetworkId, PortId, Remote, RouterId, SecurityGroupId,
    SecurityGroupRuleId, TrafficMatch,
};
use std::fmt::Display;

/// Names in place of ids, where there are any.
pub(super) struct Words<'a> {
    pub(super) intent: &'a Intent,
    pub(super) packet: &'a Packet,
}

impl Words<'_> {
    /// What the step is about, and what it says.
    pub(super) fn step(&self, step: &Step) -> (&'static str, String) {
        match step {
            Step::Sent { port } => ("send", self.sent(*port)),
            Step::Cut { port, why } => ("cut", self.cut(*port, why)),
            Step::Source { checked: true, .. } => {
                let Packet { from, mac, .. } = self.packet;
                ("source", format!("{from} at {mac} is its own"))
            }
            Step::Source { .. } => ("source", "not checked: port security is off".to_owned()),
            Step::Spoofed { port } => ("source", self.spoofed(*port)),
            Step::Unchecked { direction, .. } => (
                direction.as_str(),
                "not checked: port security is off".to_owned(),
            ),
            Step::Allowed {
                direction,
                group,
                rule,
                ..
            } => (direction.as_str(), self.allowed(*group, *rule)),
            Step::Refused { port, direction } => {
                (direction.as_str(), self.refused(*port, *direction))
            }
            Step::Barred { port, direction } => (
                direction.as_str(),
                format!(
                    "the network ACL of the subnet of port {} does not let it pass",
                    self.port(*port)
                ),
            ),
            Step::Carried { from, to, end } => {
                ("tunnel", format!("from host {from} to host {to}, {end}"))
            }
            Step::Wired { network, from, to } => (
                "wire",
                format!("from host {from} to host {to}, by {}", self.wire(*network)),
            ),
            Step::Delivered { port } => ("deliver", format!("port {} gets it", self.port(*port))),
            other => self.between(other),
        }
    }

    /// Steps between the sides of ports: who has the address of the next hop.
    fn between(&self, step: &Step) -> (&'static str, String) {
        let to = self.packet.to;
        match step {
            Step::NoWayOut { port } => (
                "gateway",
                format!(
                    "no subnet of port {} has {to}, a gateway or a host route to it: set gateway_ip",
                    self.port(*port)
                ),
            ),
            Step::Resolved {
                network,
                address,
                port,
                mac,
            } => (
                "resolve",
                format!(
                    "{address} in network {} is {mac}, port {}",
                    self.network(*network),
                    self.port(*port)
                ),
            ),
            Step::Unresolved { network, address } => (
                "resolve",
                format!(
                    "no port of network {} has {address}; only a VM that an allowed address pair \
                     lets have it could answer",
                    self.network(*network)
                ),
            ),
            Step::Returned { port } => (
                "resolve",
                format!("{to} is port {} itself", self.port(*port)),
            ),
            outside @ (Step::Came { .. }
            | Step::Outward { .. }
            | Step::Inward { .. }
            | Step::NoGateway { .. }
            | Step::Taken { .. }
            | Step::Untranslated { .. }
            | Step::OwnOutside { .. }
            | Step::Left { .. }) => self.outside(outside),
            routed => self.routed(routed),
        }
    }

    /// Steps of routers.
    fn routed(&self, step: &Step) -> (&'static str, String) {
        let to = self.packet.to;
        match step {
            Step::Entered { router, port } => (
                "router",
                format!(
                    "{} takes it in by port {}",
                    self.router(*router),
                    self.port(*port)
                ),
            ),
            Step::Expired { router } => (
                "router",
                format!(
                    "its time to live ends at {}: raise --ttl",
                    self.router(*router)
                ),
            ),
            Step::Own { router, .. } => ("router", self.own(*router)),
            Step::NoRoute { router } => (
                "route",
                format!(
                    "router {} has no route to {to}: add an interface or a route",
                    self.router(*router)
                ),
            ),
            Step::Parted { router } => (
                "route",
                format!(
                    "router {} passes nothing from one address scope to another: \
                     put the subnet pools into one scope, or give {to} a floating IP",
                    self.router(*router)
                ),
            ),
            Step::Routed {
                block,
                table,
                out,
                hop,
                ..
            } => {
                let from = match (table, hop) {
                    (Some(table), _) => format!("of route table {table}"),
                    (None, Some(_)) => "of the router".to_owned(),
                    (None, None) => "of its subnet".to_owned(),
                };
                let hop = hop.map_or_else(String::new, |hop| format!(", next hop {hop}"));
                let out = self.port(*out);
                ("route", format!("{block} {from}: out by port {out}{hop}"))
            }
            other => ("", format!("{other:?}")),
        }
    }

    fn sent(&self, port: PortId) -> String {
        let known = self.intent.port(port);
        let host = known.and_then(|port| port.host.as_ref());
        let host = host.map_or_else(String::new, |host| format!(" on host {host}"));
        format!("port {}{host}", self.port(port))
    }

    fn cut(&self, port: PortId, why: &Hindrance) -> String {
        let named = self.port(port);
        let network = self.intent.port(port).map(|port| port.network_id);
        let network = network.map_or_else(String::new, |id| self.network(id));
        match why {
            Hindrance::PortDown => {
                format!("port {named} is switched off: set its admin_state_up to true")
            }
            Hindrance::NoNetwork => format!("network {network} is gone"),
            Hindrance::NetworkDown => {
                format!("network {network} is switched off: set its admin_state_up to true")
            }
            Hindrance::NotCarried => {
                format!("network {network} has no segment that agents program")
            }
            Hindrance::Unbound => {
                format!("port {named} is bound to no host: set its binding:host_id")
            }
            Hindrance::NoHost(host) => {
                format!("port {named} is bound to host {host}, which has no agent and no node")
            }
            Hindrance::NoRouter => format!("the router of port {named} is gone"),
            Hindrance::RouterDown(router) => format!(
                "router {} is switched off: set its admin_state_up to true",
                self.router(*router)
            ),
        }
    }

    fn spoofed(&self, port: PortId) -> String {
        let Packet { from, mac, .. } = self.packet;
        format!(
            "port {} may not speak from {from} at {mac}: add an allowed address pair",
            self.port(port)
        )
    }

    fn allowed(&self, group: SecurityGroupId, rule: SecurityGroupRuleId) -> String {
        let speaks = self
            .intent
            .rule(rule)
            .map(|rule| self.traffic(&rule.traffic));
        let group = self.group(group);
        format!(
            "rule {rule} of group {group}: {}",
            speaks.unwrap_or_default()
        )
    }

    fn refused(&self, port: PortId, direction: Direction) -> String {
        let known = self.intent.port(port);
        let groups = known.map_or(&[][..], |port| &port.security_groups);
        let groups: Vec<_> = groups.iter().map(|id| self.group(*id)).collect();
        let (peer, way) = match direction {
            Direction::Egress => (self.packet.to, "to"),
            Direction::Ingress => (self.packet.from, "from"),
        };
        let kind = kind(self.packet);
        let port = self.port(port);
        match &groups[..] {
            [] => format!(
                "port {port} is in no security group, so nothing is allowed: add one that allows {} {kind} {way} {peer}",
                direction.as_str()
            ),
            groups => format!(
                "no rule of groups {} allows {} {kind} {way} {peer}: add one",
                groups.join(", "),
                direction.as_str()
            ),
        }
    }

    fn own(&self, router: RouterId) -> String {
        let named = self.router(router);
        if is_echo(self.packet) {
            format!("{} is {named}'s own address; it answers", self.packet.to)
        } else {
            format!(
                "{} is {named}'s own address; it answers nothing but pings",
                self.packet.to
            )
        }
    }

    fn traffic(&self, traffic: &TrafficMatch) -> String {
        let protocol = traffic.protocol.as_deref().unwrap_or("any protocol");
        let range = match (traffic.port_range_min, traffic.port_range_max) {
            (None, None) => String::new(),
            (Some(low), Some(high)) if low == high => format!(" {low}"),
            (low, high) => format!(" {}-{}", optional(low), optional(high)),
        };
        let remote = match traffic.remote {
            Remote::Any => "anybody".to_owned(),
            Remote::Prefix(block) => block.to_string(),
            Remote::Group(id) => format!("group {}", self.group(id)),
            Remote::AddressGroup(id) => format!("address group {id}"),
            Remote::OwnGroup => "its own group".to_owned(),
        };
        let family = match traffic.ethertype {
            EtherType::Ipv4 => "IPv4",
            EtherType::Ipv6 => "IPv6",
        };
        format!("{family} {protocol}{range}, {remote}")
    }

    pub(super) fn port(&self, id: PortId) -> String {
        named(
            self.intent.port(id).map(|port| port.standard.name.as_str()),
            id,
        )
    }

    /// What a flow is about.
    pub(super) fn owner(&self, owner: Owner) -> String {
        match owner {
            Owner::Port(id) => format!("of port {}", self.port(id)),
            Owner::Guard(id) => format!("of the groups and addresses of port {}", self.port(id)),
            Owner::Vpc(id) => format!("of network {}", self.network(id)),
            Owner::Flood(id) => format!("of broadcasts in network {}", self.network(id)),
            Owner::Mac(id, mac) => format!("of {mac} in network {}", self.network(id)),
            Owner::Address(id, ip) => format!("of {ip} in network {}", self.network(id)),
            Owner::Router(id) => format!("of router {}", self.router(id)),
            other => diff::of(other),
        }
    }

    pub(super) fn network(&self, id: NetworkId) -> String {
        named(
            self.intent
                .network(id)
                .map(|network| network.standard.name.as_str()),
            id,
        )
    }

    pub(super) fn router(&self, id: RouterId) -> String {
        named(
            self.intent
                .router(id)
                .map(|router| router.standard.name.as_str()),
            id,
        )
    }

    fn group(&self, id: SecurityGroupId) -> String {
        named(
            self.intent
                .group(id)
                .map(|group| group.standard.name.as_str()),
            id,
        )
    }
}

/// The name, or else the id.
fn named(name: Option<&str>, id: impl Display) -> String {
    match name {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => id.to_string(),
    }
}

fn optional(number: Option<u16>) -> String {
    number.map_or_else(|| "any".to_owned(), |number| number.to_string())
}

/// What the packet is, in the words of rules.
pub(super) fn kind(packet: &Packet) -> String {
    let Packet { port, code, .. } = packet;
    match packet.protocol {
        1 => format!("icmp type {port} code {code}"),
        58 => format!("ipv6-icmp type {port} code {code}"),
        6 => format!("tcp port {port}"),
        17 => format!("udp port {port}"),
        132 => format!("sctp port {port}"),
        other => format!("protocol {other}"),
    }
}

/// Whether the packet is a ping.
pub(super) fn is_echo(packet: &Packet) -> bool {
    matches!((packet.protocol, packet.port), (1, 8) | (58, 128))
}
