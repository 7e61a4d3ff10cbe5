//! `alcor diff` and `alcor repair`: whether a host's switch does what the region wants, and what to do
//! when it does not. Both run on the host.

use alcor_agent::{AgentConfig, Inspection, ScopeWord};
use alcor_openflow::{FlowKey, Meter, MeterUnit};
use alcor_pipeline::Owner;
use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

/// Flags of `alcor diff` and `alcor repair`.
#[derive(Args)]
pub(crate) struct Flags {
    /// The host's name, as ports are bound by it (`binding:host_id`)
    host: String,
    /// The region's address for agents
    #[arg(long, env = "ALCOR_REGION", default_value = "http://127.0.0.1:9697")]
    region: String,
    /// The switch's database
    #[arg(
        long,
        env = "ALCOR_OVSDB",
        default_value = "unix:/run/openvswitch/db.sock"
    )]
    ovsdb: String,
    /// The switch itself [default: the bridge's .mgmt socket beside the database's]
    #[arg(long, env = "ALCOR_OPENFLOW")]
    openflow: Option<String>,
    /// The integration bridge
    #[arg(long, env = "ALCOR_BRIDGE", default_value = "br-int")]
    bridge: String,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

impl Flags {
    fn config(&self) -> AgentConfig {
        let (region, ovsdb) = (self.region.clone(), self.ovsdb.clone());
        let host = self.host.as_str().into();
        AgentConfig {
            openflow: self.openflow.clone(),
            ..AgentConfig::to_look(host, region, ovsdb, self.bridge.clone())
        }
    }
}

/// Prints what differs; fails when anything does.
pub(crate) async fn diff(flags: Flags) -> anyhow::Result<()> {
    let found = alcor_agent::inspect(&flags.config()).await?;
    print(&flags, &found);
    if found.is_clean() {
        return Ok(());
    }
    bail!("{}: `alcor repair {}` mends it", count(&found), flags.host)
}

/// Mends what differs, and prints what it was.
pub(crate) async fn repair(flags: Flags) -> anyhow::Result<()> {
    let found = alcor_agent::repair(&flags.config()).await?;
    print(&flags, &found);
    if !flags.json && !found.is_clean() {
        println!("mended: {}", count(&found));
    }
    Ok(())
}

fn count(found: &Inspection) -> String {
    let (missing, stale) = (found.missing.len(), found.stale.len());
    let flows = format!("{missing} flows missing or wrong, {stale} stale");
    let (missing, stale) = (found.meters.put.len(), found.meters.delete.len());
    if found.meters.is_empty() {
        return flows;
    }
    format!("{flows}; {missing} meters missing or wrong, {stale} stale")
}

fn print(flags: &Flags, found: &Inspection) {
    if flags.json {
        println!("{}", as_json(&flags.host, found));
        return;
    }
    let Inspection {
        goals,
        wanted,
        installed,
        ..
    } = found;
    println!(
        "{}: {} scopes, {goals} goals, {wanted} flows wanted, {installed} in the switch",
        flags.host,
        found.scopes.len()
    );
    match found.heard_ago {
        Some(ago) => println!(
            "the agent said what it holds {:.0} s ago",
            ago.as_secs_f64()
        ),
        None => println!("the agent has not said yet what it holds"),
    }
    for word in found.scopes.iter().filter(|word| !word.agrees) {
        println!(" behind   {}", behind(word));
    }
    for (owner, flow) in &found.missing {
        println!(" missing  {}  {}", key(&flow.key), of(*owner));
    }
    for flow in &found.stale {
        println!(" stale    {}", key(&flow.key));
    }
    for meter in &found.meters.put {
        println!(" missing  {}", meter_words(meter));
    }
    for id in &found.meters.delete {
        println!(" stale    meter {id}");
    }
    if found.is_clean() {
        println!("the switch does what the region wants");
    }
}

fn behind(word: &ScopeWord) -> String {
    match word.held {
        Some(held) => format!("{} at {held}, the region at {}", word.scope, word.wanted),
        None => format!("{} not held, the region at {}", word.scope, word.wanted),
    }
}

fn key(key: &FlowKey) -> String {
    format!(
        "table {} priority {} {:?}",
        key.table, key.priority, key.matching
    )
}

fn meter_words(meter: &Meter) -> String {
    let unit = match meter.unit {
        MeterUnit::Kilobits => "kbit/s",
        MeterUnit::Packets => "packets/s",
    };
    format!("meter {} of {} {unit}", meter.id, meter.rate)
}

/// What a flow is about, in words.
pub(crate) fn of(owner: Owner) -> String {
    match owner {
        Owner::North(north) => format!("{north:?}"),
        Owner::Base => "of the bridge itself".to_owned(),
        Owner::Vpc(id) => format!("of network {id}"),
        Owner::Port(id) => format!("of port {id}"),
        Owner::Mac(network, mac) => format!("of {mac} in network {network}"),
        Owner::Address(network, address) => format!("of {address} in network {network}"),
        Owner::Flood(id) => format!("of broadcasts in network {id}"),
        Owner::Router(id) => format!("of router {id}"),
        Owner::Subnet(id) => format!("of subnet {id}"),
        Owner::Guard(id) => format!("of the groups and addresses of port {id}"),
        Owner::Remote(_, block) => format!("of {block} in rules of security groups"),
        Owner::Traffic(..) => "of packets that rules of security groups speak of".to_owned(),
        Owner::Rule(_, id) => format!("of security group rule {id}"),
        Owner::Acl(id) => format!("of network ACL {id}"),
    }
}

fn as_json(host: &str, found: &Inspection) -> Value {
    let scopes = found.scopes.iter().map(|word| {
        json!({
            "scope": word.scope, "wanted": word.wanted, "held": word.held, "agrees": word.agrees,
        })
    });
    let missing = found.missing.iter().map(|(owner, flow)| {
        json!({ "flow": key(&flow.key), "cookie": format!("{:#x}", flow.cookie), "of": of(*owner) })
    });
    let stale = found.stale.iter().map(|flow| {
        json!({
            "table": flow.key.table, "priority": flow.key.priority,
            "match": format!("{:?}", flow.key.matching), "cookie": format!("{:#x}", flow.cookie),
        })
    });
    json!({
        "host": host,
        "clean": found.is_clean(),
        "goals": found.goals,
        "flows_wanted": found.wanted,
        "flows_in_switch": found.installed,
        "agent_heard_seconds_ago": found.heard_ago.map(|ago| ago.as_secs_f64()),
        "scopes": scopes.collect::<Vec<_>>(),
        "meters_missing": found.meters.put.iter().map(meter_words).collect::<Vec<_>>(),
        "meters_stale": found.meters.delete,
        "missing": missing.collect::<Vec<_>>(),
        "stale": stale.collect::<Vec<_>>(),
    })
}
