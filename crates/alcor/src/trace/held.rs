//! Packets that wait in a switch. In a large network a host knows only the neighbours that it has asked
//! for: the first packet to another one waits there while the agent asks the region, and goes on when
//! the flows are there. So it waits where a rule names a group that its other end may be in. What the
//! region answers, the intent says.

use super::switches::{Entrance, Visit};
use super::words::Words;
use alcor_compiler::oracle::Intent;
use alcor_goalstate::{Carrier, Sought, TunnelKind};
use alcor_openflow::{Field, Match};
use alcor_pipeline::{Owner, host_mac, table};
use alcor_types::{NetworkId, Port};
use alcor_unixctl::{Exit, Fields, Probe, Tunnelled};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Where a register holds a next hop, part by part.
const ADDRESS: [(Field, &str); 4] = [
    (Field::Reg8, "reg8"),
    (Field::Reg9, "reg9"),
    (Field::Reg10, "reg10"),
    (Field::Reg11, "reg11"),
];

/// Where rules ask whether somebody is in a group.
const WHOSE: [u8; 2] = [table::EGRESS_WHOSE, table::INGRESS_WHOSE];

/// A packet that waits, and what the region answers.
pub(super) struct Held {
    network: NetworkId,
    sought: Sought,
    /// Whether a rule names a group that its holder may be in, and not where the packet goes.
    member: bool,
    /// Who has it, on another host.
    found: Option<Port>,
}

impl Held {
    /// Whether the packet waits on the host that was visited.
    pub(super) fn at(visit: &Visit, intent: &Intent) -> Option<Self> {
        let last = visit.trace.lookups.last()?;
        let mut actions = last.actions.iter();
        let waits =
            actions.any(|action| action.starts_with("controller(") && action.contains("pause"));
        let asked = visit.trace.exits.contains(&Exit::Controller);
        let Some(Ok(Owner::Vpc(network))) = visit.owner(last).filter(|_| waits && asked) else {
            return None;
        };
        let end = &visit.trace.end;
        let sought = match last.table {
            table::ADDRESS => Sought::Address(next_hop(end)),
            _ => Sought::Mac(end.get("dl_dst")?.parse().ok()?),
        };
        let holder = intent.ports().find(|port| {
            port.network_id == network && !port.is_router_interface() && has(port, sought)
        });
        let elsewhere = |port: &&Port| {
            let host = port.host.as_ref();
            host.is_some_and(|host| host.as_str() != visit.host)
        };
        let before = visit.trace.lookups.iter().rev().nth(1);
        let member = before.is_some_and(|lookup| WHOSE.contains(&lookup.table));
        Some(Self {
            network,
            sought,
            member,
            found: holder.filter(elsewhere).cloned(),
        })
    }

    /// Whether it waits for the rules of a port, which are asked again then.
    pub(super) fn is_of_member(&self) -> bool {
        self.member
    }

    /// Where the packet goes once the answer is there: through a tunnel to the neighbour's host. Nothing
    /// where nobody has what is sought.
    pub(super) fn next(
        &self,
        visit: &Visit,
        intent: &Intent,
        hosts: &BTreeMap<IpAddr, String>,
    ) -> Option<(String, Entrance)> {
        let host = self.found.as_ref()?.host.as_ref()?.as_str();
        let (to, _) = hosts.iter().find(|(_, name)| *name == host)?;
        let (kind, vni) = match intent.network(self.network).and_then(Carrier::of)? {
            Carrier::Vxlan(vni) => (TunnelKind::Vxlan, vni),
            Carrier::Geneve(vni) => (TunnelKind::Geneve, vni),
            Carrier::Vlan { .. } | Carrier::Flat { .. } => return None,
        };
        let tunnel = Tunnelled {
            key: vni.get().into(),
            from: visit.inspection.tunnel_ip,
            to: *to,
        };
        Some((host.to_owned(), Entrance::Tunnel(kind, tunnel)))
    }

    /// The packet as it leaves then. What was routed comes from the host.
    pub(super) fn sent(&self, visit: &Visit) -> Probe {
        let mut probe = visit.asked.clone().after(&visit.trace);
        if let Some(port) = &self.found {
            probe.macs.1 = port.mac_address.to_string();
        }
        if let Sought::Address(_) = self.sought {
            probe.macs.0 = host_mac(visit.inspection.tunnel_ip).to_string();
        }
        probe
    }

    /// What happens, in words.
    pub(super) fn told(&self, words: &Words<'_>) -> [String; 2] {
        let network = words.network(self.network);
        let sought = self.sought_in_words();
        let asks = format!(
            "it waits in the switch: this host has not asked for {sought} in network {network} yet; \
             its agent asks the region"
        );
        let answer = match &self.found {
            Some(port) => {
                let host = port.host.as_ref().map_or("", |host| host.as_str());
                let (mac, named) = (port.mac_address, words.port(port.id));
                let then = if self.member {
                    "its groups say whether a rule lets the packet pass"
                } else {
                    "it goes on there"
                };
                format!("the region answers: {mac}, port {named} on host {host}; {then}")
            }
            None => format!("the region answers that nobody on another host has {sought}"),
        };
        [asks, answer]
    }

    /// The same for machines.
    pub(super) fn json(&self, words: &Words<'_>) -> Value {
        let [asks, answer] = self.told(words);
        let found = self.found.as_ref().map(|port| port.id);
        json!({ "sought": self.sought_in_words(), "network": self.network, "found": found,
            "text": [asks, answer] })
    }

    fn sought_in_words(&self) -> String {
        match self.sought {
            Sought::Address(address) => address.to_string(),
            Sought::Mac(mac) => mac.to_string(),
            Sought::Name(_) => "a name".to_owned(),
        }
    }
}

fn has(port: &Port, sought: Sought) -> bool {
    match sought {
        Sought::Address(address) => {
            let mut fixed = port.fixed_ips.iter();
            fixed.any(|fixed| fixed.ip_address == address)
        }
        Sought::Mac(mac) => port.mac_address == mac,
        Sought::Name(_) => false,
    }
}

/// What the table of addresses is asked for.
fn next_hop(fields: &Fields) -> IpAddr {
    let registers = ADDRESS
        .into_iter()
        .fold(Match::new(), |all, (field, name)| {
            let part = fields
                .number(name)
                .and_then(|part| u32::try_from(part).ok());
            all.with(field, part.unwrap_or(0))
        });
    table::address_of(&registers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_hop_is_read_from_the_registers() {
        let four = Fields::parse("ip,reg3=0x1,reg11=0xa000102,metadata=0x64");
        assert_eq!(next_hop(&four), IpAddr::from([10, 0, 1, 2]));
        let six = Fields::parse("ipv6,reg8=0xfd000000,reg9=0x1,reg11=0xb");
        assert_eq!(next_hop(&six), "fd00:0:0:1::b".parse::<IpAddr>().unwrap());
    }
}
