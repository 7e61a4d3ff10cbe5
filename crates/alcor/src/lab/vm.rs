//! `alcor lab vm`: a port over REST, a VM on a host, a lease by DHCP.

use super::Which;
use crate::rest::Rest;
use crate::scenario::port_info;
use alcor_lab::{Client, VmName, VmSpec};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde_json::json;

/// A DHCP client.
#[derive(Clone, Copy, ValueEnum)]
enum ClientName {
    Udhcpc,
    Dhclient,
    Dhcpcd,
}

impl From<ClientName> for Client {
    fn from(name: ClientName) -> Self {
        match name {
            ClientName::Udhcpc => Self::Udhcpc,
            ClientName::Dhclient => Self::Dhclient,
            ClientName::Dhcpcd => Self::Dhcpcd,
        }
    }
}

/// The VM to boot.
#[derive(Args)]
pub(crate) struct Flags {
    #[command(flatten)]
    which: Which,
    /// The VM's name: up to 12 lower-case letters, digits and hyphens
    vm: VmName,
    /// The host it runs on, from 1
    #[arg(long, default_value_t = 1)]
    host: u16,
    /// The network's name or id
    #[arg(long)]
    network: String,
    /// The DHCP client that it runs
    #[arg(long, value_enum, default_value_t = ClientName::Udhcpc)]
    client: ClientName,
}

/// Boots it.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let lab = flags.which.open()?;
    let rest = Rest::new(lab.rest_url()?);
    let port = json!({ "port": {
        "name": flags.vm.to_string(),
        "network_id": network(&rest, &flags.network).await?,
        "binding:host_id": lab.host_id(flags.host),
        "device_owner": "compute:lab",
    }});
    let made = rest.post("/v2.0/ports", &port).await?;
    let port = port_info(&made["port"])?;
    lab.add_vm(VmSpec::new(
        &flags.vm.to_string(),
        flags.host,
        port.id,
        port.mac,
    )?)
    .await?;
    let lease = lab
        .dhcp(&flags.vm.to_string(), Client::from(flags.client))
        .await?;
    println!(
        "{} has {}/{} (port {})",
        flags.vm, lease.ip, lease.prefix, port.id
    );
    Ok(())
}

async fn network(rest: &Rest, wanted: &str) -> anyhow::Result<String> {
    let list = rest.get("/v2.0/networks?fields=id&fields=name").await?;
    let all = list["networks"]
        .as_array()
        .context("the API lists no networks")?;
    let fits = |key: &str| {
        all.iter()
            .filter(move |one| one[key] == wanted)
            .collect::<Vec<_>>()
    };
    let found = if fits("id").is_empty() {
        fits("name")
    } else {
        fits("id")
    };
    match found.as_slice() {
        [one] => Ok(one["id"].as_str().unwrap_or_default().to_owned()),
        [] => bail!("there is no network {wanted}"),
        _ => bail!("several networks are called {wanted}: give the id"),
    }
}
