//! A packet in the notation of `ofproto/trace`.

use crate::{Fields, Trace};
use std::fmt;
use std::net::IpAddr;

/// A tunnel's key and ends, of a packet that comes out of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tunnelled {
    /// Its key, such as a VNI.
    pub key: u64,
    /// Where it began.
    pub from: IpAddr,
    /// Where it ends.
    pub to: IpAddr,
}

/// What to ask of a bridge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The OpenFlow port that it comes in by.
    pub in_port: u32,
    /// The VLAN tag that it bears; none where it bears none.
    pub vlan: Option<u16>,
    /// Where that is a tunnel.
    pub tunnel: Option<Tunnelled>,
    /// From which MAC address to which, as text.
    pub macs: (String, String),
    /// From which address to which, of one family.
    pub addresses: (IpAddr, IpAddr),
    /// The IP protocol.
    pub protocol: u8,
    /// The source port; nothing to ICMP.
    pub source_port: u16,
    /// The destination port, or the ICMP type.
    pub port: u16,
    /// The ICMP code.
    pub code: u16,
    /// The time to live, or the hop limit.
    pub ttl: u8,
}

impl Probe {
    /// The packet as it left a bridge.
    pub fn after(self, trace: &Trace) -> Self {
        self.with(&trace.end)
    }

    /// The packet as these fields have it; those that are not among them stay.
    pub fn with(mut self, end: &Fields) -> Self {
        let text = |name, old: String| end.get(name).map_or(old, str::to_owned);
        let (source, target) = self.macs;
        self.macs = (text("dl_src", source), text("dl_dst", target));
        let [source, target] = match self.addresses.0 {
            IpAddr::V4(_) => ["nw_src", "nw_dst"],
            IpAddr::V6(_) => ["ipv6_src", "ipv6_dst"],
        };
        let address = |name, old| {
            end.get(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(old)
        };
        self.addresses = (
            address(source, self.addresses.0),
            address(target, self.addresses.1),
        );
        // A router that answers a ping turns it into its reply, and forwarded ports are other ones.
        let kinds = ["tp_dst", "icmp_type", "icmpv6_type"];
        let kind = kinds.iter().find_map(|name| end.number(name));
        self.port = kind
            .and_then(|kind| kind.try_into().ok())
            .unwrap_or(self.port);
        self.vlan = end.number("dl_vlan").and_then(|tag| tag.try_into().ok());
        let ttl = end.number("nw_ttl").and_then(|ttl| u8::try_from(ttl).ok());
        self.ttl = ttl.unwrap_or(self.ttl);
        self
    }

    /// The protocol, and the prefix of the fields that say more of it. `tp_src` and `icmp_type`
    /// would be those of TCP and ICMP alone.
    fn words(&self) -> (String, &'static str) {
        let six = self.addresses.0.is_ipv6();
        let suffix = if six { "6" } else { "" };
        match self.protocol {
            1 if !six => ("icmp".to_owned(), "icmp"),
            58 if six => ("icmp6".to_owned(), "icmpv6"),
            6 => (format!("tcp{suffix}"), "tcp"),
            17 => (format!("udp{suffix}"), "udp"),
            132 => (format!("sctp{suffix}"), "sctp"),
            other => {
                let family = if six { "ipv6" } else { "ip" };
                (format!("{family},nw_proto={other}"), "")
            }
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in_port={}", self.in_port)?;
        if let Some(vlan) = self.vlan {
            write!(f, ",dl_vlan={vlan}")?;
        }
        if let Some(Tunnelled { key, from, to }) = self.tunnel {
            let family = if from.is_ipv6() { "ipv6_" } else { "" };
            write!(
                f,
                ",tun_id={key:#x},tun_{family}src={from},tun_{family}dst={to}"
            )?;
        }
        let (family, kind) = self.words();
        let (from, to) = self.addresses;
        let prefix = if from.is_ipv6() { "ipv6" } else { "nw" };
        write!(f, ",{family},dl_src={},dl_dst={}", self.macs.0, self.macs.1)?;
        write!(
            f,
            ",{prefix}_src={from},{prefix}_dst={to},nw_ttl={}",
            self.ttl
        )?;
        let (source, port) = (self.source_port, self.port);
        match kind {
            "" => Ok(()),
            "icmp" | "icmpv6" => write!(f, ",{kind}_type={port},{kind}_code={}", self.code),
            _ => write!(f, ",{kind}_src={source},{kind}_dst={port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_in_the_switchs_words() {
        let probe = Probe {
            in_port: 3,
            vlan: None,
            tunnel: None,
            macs: ("02:00:00:00:00:01".into(), "02:00:00:00:00:02".into()),
            addresses: ([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
            protocol: 6,
            source_port: 999,
            port: 80,
            code: 0,
            ttl: 64,
        };
        let macs = "dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02";
        let four = format!(
            "in_port=3,tcp,{macs},nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tcp_src=999,tcp_dst=80"
        );
        assert_eq!(probe.to_string(), four);
        let tagged = Probe {
            vlan: Some(7),
            ..probe.clone()
        };
        let text = tagged.to_string();
        assert!(text.starts_with("in_port=3,dl_vlan=7,tcp,"), "{text}");
        let ends = Tunnelled {
            key: 100,
            from: [192, 168, 100, 1].into(),
            to: [192, 168, 100, 2].into(),
        };
        let six = Probe {
            tunnel: Some(ends),
            addresses: (
                [0xfd00, 0, 0, 0, 0, 0, 0, 1].into(),
                [0xfd00, 0, 0, 0, 0, 0, 0, 2].into(),
            ),
            protocol: 58,
            port: 128,
            ..probe
        };
        let text = six.to_string();
        assert!(
            text.starts_with("in_port=3,tun_id=0x64,tun_src=192.168.100.1,tun_dst="),
            "{text}"
        );
        assert!(
            text.ends_with("ipv6_dst=fd00::2,nw_ttl=64,icmpv6_type=128,icmpv6_code=0"),
            "{text}"
        );
    }
}
