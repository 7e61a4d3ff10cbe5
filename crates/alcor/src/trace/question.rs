//! What is asked: who sends which packet, as the flags say it.

use super::switches::Entrance;
use super::{Flags, gather, outside};
use crate::rest::Rest;
use alcor_compiler::oracle::{Intent, Packet, Step};
use alcor_goalstate::Carrier;
use alcor_types::{HostName, MacAddr, NetworkId, Port, ip_protocol};
use anyhow::{Context, bail};
use std::net::IpAddr;

/// Stands for a machine that is none of ours.
const MACHINE: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 1]);

/// Who sends.
pub(super) enum Sender {
    /// A port of the region.
    Port(Box<Port>),
    /// A machine on an external network, which takes this address of ours there for the next hop.
    Outside(NetworkId, IpAddr),
}

impl Sender {
    pub(super) fn port(&self) -> Option<&Port> {
        match self {
            Self::Port(port) => Some(port),
            Self::Outside(..) => None,
        }
    }

    /// The address of ours outside that a packet for this one goes by.
    pub(super) fn hop(&self, to: IpAddr) -> IpAddr {
        match self {
            Self::Port(_) => to,
            Self::Outside(_, hop) => *hop,
        }
    }
}

/// What is asked.
pub(super) struct Question {
    pub(super) sender: Sender,
    pub(super) packet: Packet,
}

impl Question {
    pub(super) fn explained(&self, intent: &Intent, ttl: u8) -> Vec<Step> {
        let packet = &self.packet;
        match &self.sender {
            Sender::Port(port) => intent.explain(port.id, packet, ttl),
            Sender::Outside(network, hop) => intent.explain_arrival((*network, *hop), packet, ttl),
        }
    }

    /// To which Ethernet address it is sent.
    pub(super) fn next_mac(&self, intent: &Intent, steps: &[Step]) -> Option<MacAddr> {
        let known = match &self.sender {
            Sender::Port(port) => intent.next_mac(port.id, &self.packet),
            Sender::Outside(network, hop) => intent.mac_outside(*network, *hop),
        };
        // A machine on the port's own wire, whose address nobody here need know.
        let stranger = matches!(steps.last(), Some(Step::Left { .. })).then_some(MACHINE);
        known.or(stranger)
    }

    /// On which host it is first, and how it gets there.
    pub(super) fn start(
        &self,
        intent: &Intent,
        steps: &[Step],
    ) -> Result<(HostName, Entrance), &'static str> {
        match &self.sender {
            Sender::Port(port) => {
                let host = port.host.clone().ok_or("the port is bound to no host")?;
                Ok((host, Entrance::Plugged(port.id)))
            }
            Sender::Outside(network, _) => {
                let host = steps.iter().find_map(|step| match step {
                    Step::Taken { host, .. } => Some(host.clone()),
                    _ => None,
                });
                let host = host.ok_or("no host answers for the address")?;
                let carrier = intent.network(*network).and_then(Carrier::of);
                let carrier = carrier.ok_or("nothing carries the external network")?;
                Ok((host, Entrance::Wire(carrier)))
            }
        }
    }
}

/// As the flags have it.
pub(super) async fn question(flags: &Flags, rest: &Rest) -> anyhow::Result<Question> {
    if let Ok(from) = flags.from.parse() {
        return from_outside(flags, rest, from).await;
    }
    let sender = gather::port(rest, &flags.from).await?;
    let first = |port: &Port, like: Option<IpAddr>| {
        let mut own = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
        own.find(|own| like.is_none_or(|like| like.is_ipv4() == own.is_ipv4()))
    };
    let to = if let Ok(address) = flags.to.parse() {
        address
    } else {
        let receiver = gather::port(rest, &flags.to).await?;
        let like = flags.source.or_else(|| first(&sender, None));
        let address = first(&receiver, like).or_else(|| first(&receiver, None));
        address.with_context(|| format!("port '{}' has no address", flags.to))?
    };
    let from = flags.source.or_else(|| first(&sender, Some(to)));
    let from = from.with_context(|| {
        format!(
            "port '{}' has no address of the family of {to}: say --source",
            flags.from
        )
    })?;
    if from.is_ipv4() != to.is_ipv4() {
        bail!("{from} and {to} are of two families: say another --source");
    }
    let (protocol, port) = kind(flags, to)?;
    let packet = Packet {
        mac: flags.source_mac.unwrap_or(sender.mac_address),
        from,
        to,
        protocol,
        port,
        code: flags.icmp_code.into(),
    };
    let sender = Sender::Port(Box::new(sender));
    Ok(Question { sender, packet })
}

async fn from_outside(flags: &Flags, rest: &Rest, from: IpAddr) -> anyhow::Result<Question> {
    let to = flags.to.parse();
    let to: IpAddr = to.context(
        "a machine outside can send to an address: give a floating IP or a router's, or any with --via",
    )?;
    if from.is_ipv4() != to.is_ipv4() {
        bail!("{from} and {to} are of two families");
    }
    let (protocol, port) = kind(flags, to)?;
    let packet = Packet {
        mac: flags.source_mac.unwrap_or(MACHINE),
        from,
        to,
        protocol,
        port,
        code: flags.icmp_code.into(),
    };
    let hop = flags.via.unwrap_or(to);
    let sender = Sender::Outside(outside::network_of(rest, hop).await?, hop);
    Ok(Question { sender, packet })
}

/// The protocol, and its port or ICMP type.
fn kind(flags: &Flags, to: IpAddr) -> anyhow::Result<(u8, u16)> {
    let (icmp, echo) = if to.is_ipv4() { (1, 8) } else { (58, 128) };
    let named = flags.protocol.as_deref();
    let protocol = match (named, flags.port) {
        (None, Some(_)) => bail!("--port needs a --protocol: tcp, udp or sctp"),
        // Who says icmp means that of the family.
        (None | Some("icmp" | "1"), _) => icmp,
        (Some(name), _) => ip_protocol(name).with_context(|| {
            format!("'{name}' is no protocol: write tcp, udp, icmp or a number")
        })?,
    };
    let port = match (protocol, flags.port) {
        (6 | 17 | 132, Some(port)) => port,
        (6 | 17 | 132, None) => bail!("--protocol {} needs a --port", named.unwrap_or_default()),
        (1 | 58, None) => u16::from(flags.icmp_type.unwrap_or(echo)),
        (_, Some(_)) => bail!("this protocol has no ports: leave --port out"),
        (_, None) => 0,
    };
    Ok((protocol, port))
}
