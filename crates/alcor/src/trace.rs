//! `alcor trace`: what becomes of a packet between two ports, hop by hop and why, first by the
//! region's intent, then on the real switches, and where the two first differ.
//!
//! The intent is read by the API and explained by the oracle that all tests hold the data plane
//! to ([`alcor_compiler::oracle`]). The switches are asked by Open vSwitch's own `ofproto/trace`, and
//! the flows that decide are named by their owners.

mod difference;
mod facts;
mod gather;
mod held;
mod outside;
mod place;
mod question;
mod report;
mod switches;
mod words;

use crate::rest::Rest;
use alcor_compiler::oracle::Step;
use alcor_types::MacAddr;
use alcor_unixctl::Probe;
use clap::{Args, ValueEnum};
use difference::Difference;
use gather::Gathering;
use place::Places;
use question::Question;
use report::Report;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use switches::{End, Map, Start};
use words::Words;

/// A source port like any other.
const SOURCE_PORT: u16 = 49_152;

/// What the connection tracker says of the packet.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Next {
    /// It is the first of its connection.
    New,
    /// Its connection is known, and the rules are asked again.
    Est,
    /// It is an answer to a connection that was allowed.
    Reply,
}

impl Next {
    /// In the words of `ofproto/trace`: of the packet, and of what comes of it.
    fn words(self, answered: bool) -> [&'static str; 2] {
        const REPLY: &str = "trk,est,rpl";
        let first = match self {
            Self::New => "trk,new",
            Self::Est => "trk,est",
            Self::Reply => REPLY,
        };
        [first, if answered { REPLY } else { first }]
    }
}

/// Flags of `alcor trace`.
#[derive(Args)]
#[command(after_long_help = "\
Exit code: 0 the packet arrives, 1 it does not, 2 nobody can tell (or wrong usage), 3 intent and
switches differ.")]
pub(crate) struct Flags {
    /// The port that sends, by id or name; or the IP address of a machine outside
    from: String,
    /// Where to: a port by id or name, or an IP address. Of a machine outside: to a floating IP or a
    /// router's own address, or with --via to any
    to: String,
    /// The router's own address outside that a machine there sends it by, for what is not translated
    #[arg(long, value_name = "IP")]
    via: Option<IpAddr>,
    /// icmp, ipv6-icmp, tcp, udp, sctp or a number [default: a ping]
    #[arg(long, short)]
    protocol: Option<String>,
    /// The destination port
    #[arg(long, short = 'd')]
    port: Option<u16>,
    /// The source port
    #[arg(long, default_value_t = SOURCE_PORT)]
    source_port: u16,
    /// The ICMP type [default: that of a ping]
    #[arg(long)]
    icmp_type: Option<u8>,
    /// The ICMP code
    #[arg(long, default_value_t = 0)]
    icmp_code: u8,
    /// The time to live, or the hop limit
    #[arg(long, default_value_t = 64)]
    ttl: u8,
    /// The address that it says it comes from [default: the port's]
    #[arg(long, value_name = "IP")]
    source: Option<IpAddr>,
    /// The MAC address that it says it comes from [default: the port's]
    #[arg(long, value_name = "MAC")]
    source_mac: Option<MacAddr>,
    /// What connection tracking says of it on the switches; the intent is asked of a new one
    #[arg(long, value_enum, default_value = "new")]
    ct_next: Next,
    /// The region's API
    #[arg(long, env = "ALCOR_API", default_value = "http://127.0.0.1:9696")]
    api: String,
    /// An operator's token, where the API wants one
    #[arg(long, env = "ALCOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The region's address for agents
    #[arg(long, env = "ALCOR_REGION", default_value = "http://127.0.0.1:9697")]
    region: String,
    /// The control socket of a host's ovs-vswitchd; its db.sock and br-int.mgmt lie beside it.
    /// May be given for many hosts
    #[arg(long, value_name = "HOST=PATH", value_parser = place::parse)]
    unixctl: Vec<(String, PathBuf)>,
    /// The host that this runs on: its switch is found by itself
    #[arg(long, env = "ALCOR_HOST_ID", value_name = "NAME")]
    host_id: Option<String>,
    /// Where the switch of this host has its sockets
    #[arg(long, env = "OVS_RUNDIR", default_value = "/run/openvswitch")]
    rundir: PathBuf,
    /// The integration bridge
    #[arg(long, env = "ALCOR_BRIDGE", default_value = "br-int")]
    bridge: String,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Traces, prints, and says by the code what becomes of the packet.
#[expect(
    clippy::print_stderr,
    reason = "a command says on standard error why it failed"
)]
pub(crate) async fn run(flags: &Flags) -> ExitCode {
    match trace(flags).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("alcor: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn trace(flags: &Flags) -> anyhow::Result<u8> {
    let rest = Rest::new(&flags.api);
    let rest = match &flags.token {
        Some(token) => rest.with_token(token)?,
        None => rest,
    };
    let question = question::question(flags, &rest).await?;
    let packet = question.packet;
    let gathered = Gathering::of(&rest, &question).await?;
    let steps = question.explained(&gathered.intent, flags.ttl);
    // A router's answer comes back to the side of the port that the tracker knows.
    let answered = matches!(steps.last(), Some(Step::Own { .. }));
    let ct_next = flags.ct_next.words(answered);
    let (visits, end) = on_switches(flags, (&question, &steps), ct_next, &gathered).await;
    let words = Words {
        intent: &gathered.intent,
        packet: &packet,
    };
    let difference = difference::first(&words, &steps, &visits, &end);
    let arrives = difference::arrives(&words, &steps);
    let report = Report {
        words: &words,
        sender: question.sender.port(),
        ttl: flags.ttl,
        bridge: &flags.bridge,
        steps: &steps,
        visits: &visits,
        end: &end,
        difference: difference.as_ref(),
        arrives,
    };
    if flags.json {
        println!("{}", report.json());
    } else {
        print!("{report}");
    }
    Ok(code(arrives, difference.as_ref()))
}

fn code(arrives: bool, difference: Option<&Difference>) -> u8 {
    match (difference, arrives) {
        (Some(_), _) => 3,
        (None, true) => 0,
        (None, false) => 1,
    }
}

async fn on_switches(
    flags: &Flags,
    (question, steps): (&Question, &[Step]),
    ct_next: [&str; 2],
    gathered: &Gathering<'_>,
) -> (Vec<switches::Visit>, End) {
    let unasked = |host: &str, why: &str| {
        let (host, why) = (host.to_owned(), why.to_owned());
        (Vec::new(), End::Unasked { host, why })
    };
    let (host, entrance) = match question.start(&gathered.intent, steps) {
        Ok(start) => start,
        Err(why) => return unasked("-", why),
    };
    let Some(mac) = question.next_mac(&gathered.intent, steps) else {
        return unasked(
            host.as_str(),
            "nobody would answer for the next hop's address",
        );
    };
    let packet = &question.packet;
    let probe = Probe {
        in_port: 0,
        vlan: None,
        tunnel: None,
        macs: (packet.mac.to_string(), mac.to_string()),
        addresses: (packet.from, packet.to),
        protocol: packet.protocol,
        source_port: flags.source_port,
        port: packet.port,
        code: packet.code,
        ttl: flags.ttl,
    };
    let places = Places {
        controls: flags.unixctl.iter().cloned().collect(),
        here: flags.host_id.clone().or_else(hostname),
        rundir: flags.rundir.clone(),
        region: flags.region.clone(),
        bridge: flags.bridge.clone(),
    };
    let start = Start {
        host: host.as_str(),
        entrance,
        packet: probe,
        ct_next,
    };
    let map = Map {
        hosts: &gathered.hosts,
        intent: &gathered.intent,
        steps,
    };
    switches::follow(start, &places, &map).await
}

/// This machine's name, as its agent has it unless told otherwise.
fn hostname() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned())
}
