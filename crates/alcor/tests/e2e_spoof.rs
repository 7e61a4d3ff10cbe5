//! Frames that no guest should send: lies about who speaks, neighbours, routers and servers, in both
//! families; and packets that say less than others: fragments, errors, SCTP.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use anyhow::Context;
use serde_json::json;
use stage::frames::heard;
use stage::six::{configured, gateways};
use stage::{LONG, Rule, Talk, asked, caught_up, change, group, on_hosts, router, settle};
use std::collections::BTreeSet;

/// `a` of host 1 is checked; `b` of host 2 hears everything.
struct Pair {
    net: Segment,
    a: PortInfo,
    b: PortInfo,
}

impl Pair {
    /// A frame from `a` to `b`; what `more` says counts more.
    fn frame(&self, label: &str, kind: &str, more: &str) -> String {
        let (a, b) = (&self.a, &self.b);
        let usual = format!("smac={},dmac={},src={},dst={}", a.mac, b.mac, a.ip, b.ip);
        format!("{label}:{kind},{usual},{more}")
    }

    fn udp(&self, label: &str, more: &str) -> String {
        self.frame(label, "udp", &format!("sport=5000,dport=5001,{more}"))
    }

    /// Neighbour or router discovery, to everybody.
    fn nd(&self, label: &str, kind: u8, more: &str) -> String {
        let all = "dmac=33:33:00:00:00:01,dst=ff02::1";
        self.frame(label, "nd", &format!("{all},type={kind},{more}"))
    }

    /// Panics unless `b` hears just these of the frames.
    async fn hears(
        &self,
        region: &Scenario,
        frames: Vec<String>,
        expected: &[&str],
    ) -> anyhow::Result<()> {
        let last = self.udp("end", "dport=9");
        let heard = heard(region.lab(), ("a", "b"), (&frames, last), expected).await?;
        let expected: BTreeSet<_> = expected.iter().map(|&label| label.to_owned()).collect();
        assert_eq!(heard, expected);
        Ok(())
    }
}

fn open() -> serde_json::Value {
    json!({ "port_security_enabled": false, "security_groups": [] })
}

const STRANGER: &str = "02:00:00:00:00:99";
const SLAAC: &str = "slaac";

#[tokio::test]
async fn neighbours_routers_and_servers_of_ipv6_are_not_impersonated() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = stage::six::segment(region, "net", "fd00:1::/64", Some(SLAAC)).await?;
        router(region, &[&net]).await?;
        let port = region.port(&net, 1, json!({})).await?;
        region.plug("a", 1, &port).await?;
        let b = region.port(&net, 2, open()).await?;
        region.plug("b", 2, &b).await?;
        let pair = Pair { net, a: port, b };
        configured(region, "a", &pair.a).await?;
        configured(region, "b", &pair.b).await?;
        lab.first_answer("a", pair.b.ip, LONG).await?;
        let told = gateways(region, "a").await?;
        let gateway = told[0]["gateway"].as_str().context("no gateway")?;

        honest_frames_pass(region, &pair).await?;
        lies_do_not(region, &pair, gateway).await?;
        an_allowed_pair_may_speak(region, &pair).await?;
        // `b` believes nothing of it.
        assert_eq!(gateways(region, "b").await?.len(), 1);
        nobody_checks_an_open_port(region, &pair, gateway).await
    })
    .await
}

async fn honest_frames_pass(region: &Scenario, pair: &Pair) -> anyhow::Result<()> {
    let (own, ip) = (pair.a.mac, pair.a.ip);
    let frames = vec![
        pair.udp("own", ""),
        pair.udp("link", "src=fe80::1234"),
        pair.nd("asks", 135, &format!("target=fd00:1::dead,lladdr={own}")),
        pair.nd("probes", 135, "target=fe80::77,src=::"),
        pair.nd("tells", 136, &format!("target={ip},lladdr={own}")),
        pair.nd("solicits", 133, &format!("src=fe80::1234,lladdr={own}")),
    ];
    let all = ["own", "link", "asks", "probes", "tells", "solicits"];
    pair.hears(region, frames, &all).await
}

async fn lies_do_not(region: &Scenario, pair: &Pair, gateway: &str) -> anyhow::Result<()> {
    let (own, ip, other) = (pair.a.mac, pair.a.ip, pair.b.ip);
    let frames = vec![
        pair.udp("address", "src=fd00:1::99"),
        pair.udp("victim", &format!("src={other}")),
        pair.udp("mac", &format!("smac={STRANGER}")),
        pair.udp("gateway", &format!("src={gateway}")),
        pair.nd(
            "asks-as",
            135,
            &format!("target=fd00:1::dead,src=fd00:1::99,lladdr={own}"),
        ),
        pair.nd(
            "asks-mac",
            135,
            &format!("target=fd00:1::dead,lladdr={STRANGER}"),
        ),
        pair.nd("tells-victim", 136, &format!("target={other},lladdr={own}")),
        pair.nd("tells-mac", 136, &format!("target={ip},lladdr={STRANGER}")),
        pair.nd(
            "tells-gateway",
            136,
            &format!("target={gateway},lladdr={own}"),
        ),
        pair.nd("router", 134, &format!("src=fe80::1234,lladdr={own}")),
        pair.nd(
            "router-gateway",
            134,
            &format!("src={gateway},lladdr={own}"),
        ),
        pair.udp("server", "src=fe80::1234,sport=547,dport=546"),
    ];
    pair.hears(region, frames, &[]).await
}

async fn an_allowed_pair_may_speak(region: &Scenario, pair: &Pair) -> anyhow::Result<()> {
    let pairs = json!({ "allowed_address_pairs": [
        { "ip_address": "fd00:1::f0/124" },
        { "ip_address": "fd00:1::aa", "mac_address": STRANGER },
    ] });
    change(region, &pair.a, pairs).await?;
    caught_up(region, 1, &pair.net).await?;
    let own = pair.a.mac;
    let frames = vec![
        pair.udp("in-block", "src=fd00:1::f7"),
        pair.nd(
            "tells-block",
            136,
            &format!("target=fd00:1::f7,lladdr={own}"),
        ),
        pair.udp("beyond", "src=fd00:1::e7"),
        pair.nd(
            "tells-beyond",
            136,
            &format!("target=fd00:1::e7,lladdr={own}"),
        ),
        pair.udp("pair", &format!("smac={STRANGER},src=fd00:1::aa")),
        pair.udp("half-pair", "src=fd00:1::aa"),
        pair.nd(
            "tells-pair",
            136,
            &format!("smac={STRANGER},target=fd00:1::aa,lladdr={STRANGER}"),
        ),
    ];
    let allowed = ["in-block", "tells-block", "pair", "tells-pair"];
    pair.hears(region, frames, &allowed).await?;
    change(region, &pair.a, json!({ "allowed_address_pairs": [] })).await?;
    caught_up(region, 1, &pair.net).await?;
    let again = vec![pair.udp("in-block", "src=fd00:1::f7")];
    pair.hears(region, again, &[]).await
}

async fn nobody_checks_an_open_port(
    region: &Scenario,
    pair: &Pair,
    gateway: &str,
) -> anyhow::Result<()> {
    change(region, &pair.a, open()).await?;
    caught_up(region, 1, &pair.net).await?;
    let frames = || {
        vec![
            pair.udp("address", "src=fd00:1::99"),
            pair.udp("gateway", &format!("src={gateway}")),
            pair.udp("server", "src=fe80::1234,sport=547,dport=546"),
            pair.nd("router", 134, "src=fe80::1234"),
        ]
    };
    let all = ["address", "gateway", "server", "router"];
    pair.hears(region, frames(), &all).await?;
    let default = group(region, json!({ "name": "again" })).await?;
    let checked = json!({ "port_security_enabled": true, "security_groups": [default] });
    change(region, &pair.a, checked).await?;
    caught_up(region, 1, &pair.net).await?;
    pair.hears(region, frames(), &[]).await
}

/// On two hosts, `a` in a group that lets everything out, `b` in `groups`.
async fn of_ipv4(region: &Scenario, b: serde_json::Value) -> anyhow::Result<Pair> {
    let net = region.segment("net", "10.0.0.0/24").await?;
    let clients = group(region, json!({ "name": "clients" })).await?;
    let clients = json!({ "security_groups": [clients] });
    let a = settle(region, "a", 1, &net, clients).await?;
    let b = settle(region, "b", 2, &net, b).await?;
    Ok(Pair { net, a, b })
}

#[tokio::test]
async fn servers_and_neighbours_of_ipv4_are_not_impersonated() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let pair = of_ipv4(region, open()).await?;
        region.lab().first_answer("a", pair.b.ip, LONG).await?;
        let (own, other) = (pair.a.mac, pair.b.ip);
        let frames = || {
            vec![
                pair.udp("address", "src=10.0.0.99"),
                pair.udp("server", "sport=67,dport=68"),
                pair.udp(
                    "to-all",
                    "sport=67,dport=68,dmac=ff:ff:ff:ff:ff:ff,dst=255.255.255.255",
                ),
                pair.frame("arp", "arp", &format!("lladdr={own},src={other}")),
                pair.frame("arp-mac", "arp", &format!("lladdr={STRANGER}")),
                pair.frame("arp-own", "arp", &format!("lladdr={own}")),
            ]
        };
        pair.hears(region, frames(), &["arp-own"]).await?;
        change(region, &pair.a, open()).await?;
        caught_up(region, 1, &pair.net).await?;
        let all = ["address", "server", "to-all", "arp", "arp-mac", "arp-own"];
        pair.hears(region, frames(), &all).await
    })
    .await
}

#[tokio::test]
async fn rules_know_sctp_fragments_and_errors() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let servers = group(region, json!({ "name": "servers" })).await?;
        let pair = of_ipv4(region, json!({ "security_groups": [&servers] })).await?;
        let rule = |more| Rule::make(region, &servers, more);
        let ports = |protocol: &str, low: u16, high: u16| {
            json!({ "protocol": protocol, "port_range_min": low, "port_range_max": high })
        };
        // For the frame that is heard last.
        rule(ports("udp", 9, 9)).await?;
        let some = rule(ports("sctp", 5000, 5010)).await?;
        let udp = rule(ports("udp", 6000, 6000)).await?;
        caught_up(region, 2, &pair.net).await?;
        let sctp = |label: &str, port: u16| {
            pair.frame(label, "sctp", &format!("sport=4000,dport={port}"))
        };
        let frames = vec![sctp("low", 5000), sctp("high", 5010), sctp("beyond", 5011)];
        pair.hears(region, frames, &["low", "high"]).await?;
        the_answer_of_sctp_passes(region, &pair).await?;
        fragments_and_errors(region, &pair).await?;
        some.remove(region).await?;
        udp.remove(region).await?;
        caught_up(region, 2, &pair.net).await?;
        pair.hears(region, vec![sctp("again", 5000)], &[]).await?;
        ports_that_no_switch_sees(region, &pair, &servers).await
    })
    .await
}

/// `a` lets nobody in: what it hears is the answer to what it sent. The tracker of the userspace
/// datapath keeps connections of SCTP by their addresses alone, so that other ports are no test.
async fn the_answer_of_sctp_passes(region: &Scenario, pair: &Pair) -> anyhow::Result<()> {
    let (a, b) = (&pair.a, &pair.b);
    let ends = format!("smac={},dmac={},src={},dst={}", b.mac, a.mac, b.ip, a.ip);
    let ports = "sport=5000,dport=4000";
    let denied = [format!("udp:udp,{ends},{ports}")];
    let answer = format!("answer:sctp,{ends},{ports},chunk=2");
    let heard = heard(region.lab(), ("b", "a"), (&denied, answer), &[]).await?;
    assert!(heard.is_empty(), "{heard:?}");
    Ok(())
}

async fn fragments_and_errors(region: &Scenario, pair: &Pair) -> anyhow::Result<()> {
    let lab = region.lab();
    let _server = Talk::serve(lab, "b", &["udp:6000", "udp:6001"])?;
    // Longer than a packet, by a rule that names ports.
    assert_eq!(asked(lab, "a", pair.b.ip, "udp:6000", 4000).await?, "yes");
    assert_eq!(asked(lab, "a", pair.b.ip, "udp:6001", 4000).await?, "no");
    // The tracker sees both parts, or nobody does.
    let part = |label: &str, part: &str, port: u16| {
        let more = format!("sport=4000,dport={port},part={part}");
        pair.frame(label, "fragment", &more)
    };
    let frames = vec![
        part("whole", "first", 6000),
        part("whole", "later", 6000),
        // An error about a packet that was never sent belongs to no connection.
        pair.frame("error", "error", "sport=4000,dport=6000"),
    ];
    pair.hears(region, frames, &["whole-first", "whole-later"])
        .await?;
    let denied = vec![part("wrong", "first", 6001), part("wrong", "later", 6001)];
    pair.hears(region, denied, &[]).await
}

/// Of DCCP and UDP-Lite a rule may name all packets, but no ports: such a rule allows nothing.
async fn ports_that_no_switch_sees(
    region: &Scenario,
    pair: &Pair,
    servers: &str,
) -> anyhow::Result<()> {
    let plain = |label: &str, protocol: u8| {
        let more = format!("sport=4000,dport=5000,protocol={protocol}");
        pair.frame(label, "plain", &more)
    };
    let frames = || vec![plain("dccp", 33), plain("udplite", 136)];
    for protocol in ["dccp", "udplite"] {
        let ports = json!({ "protocol": protocol, "port_range_min": 5000, "port_range_max": 5000 });
        Rule::make(region, servers, ports).await?;
    }
    caught_up(region, 2, &pair.net).await?;
    pair.hears(region, frames(), &[]).await?;
    for protocol in ["dccp", "udplite"] {
        Rule::make(region, servers, json!({ "protocol": protocol })).await?;
    }
    caught_up(region, 2, &pair.net).await?;
    pair.hears(region, frames(), &["dccp", "udplite"]).await
}
