//! The real hosts' VMs: their ports are made by the API as any, in one call.

use super::Switches;
use crate::create::{Maker, Network, post};
use crate::fairness::active;
use alcor_lab::VmSpec;
use alcor_types::{MacAddr, PortId};
use anyhow::ensure;
use serde::Deserialize;
use std::net::Ipv4Addr;

/// What fits into a packet of the underlay with a tunnel's header.
const MTU: u16 = 1450;

/// One VM.
#[derive(Clone, Debug)]
pub(super) struct Vm {
    pub(super) name: String,
    pub(super) port: PortId,
    pub(super) ip: Ipv4Addr,
}

#[derive(Deserialize)]
struct Made {
    id: PortId,
    mac_address: MacAddr,
    fixed_ips: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    ip_address: Ipv4Addr,
}

#[derive(Deserialize)]
struct MadePorts {
    ports: Vec<Made>,
}

impl Switches {
    /// A host's VM, both from 0. They are made host by host.
    pub(super) fn vm(&self, (host, vm): (u16, u16)) -> &Vm {
        &self.vms[usize::from(host * self.asked.vms_per_host + vm)]
    }

    /// Makes ports, plugs VMs, and waits until all of them can be spoken to.
    pub(super) async fn boot(&mut self, maker: &Maker, network: &Network) -> anyhow::Result<()> {
        let (hosts, vms) = (1..=self.asked.hosts, 1..=self.asked.vms_per_host);
        let places = hosts.flat_map(|host| vms.clone().map(move |vm| (host, vm)));
        let places: Vec<_> = places.collect();
        let names = places.iter().map(|(host, _)| self.lab.host_id(*host));
        let body = maker.body((network.number, network.id), names, "vpc");
        let made: MadePorts = post(&maker.rest, "/v2.0/ports", body).await?;
        ensure!(
            made.ports.len() == places.len(),
            "fewer ports than asked for"
        );
        let mut specs = Vec::with_capacity(places.len());
        for ((host, vm), port) in places.iter().zip(&made.ports) {
            ensure!(
                !port.fixed_ips.is_empty(),
                "port {} has no address",
                port.id
            );
            let name = format!("v{host}-{vm}");
            let spec = VmSpec::new(&name, *host, port.id, port.mac_address)?;
            specs.push(VmSpec { mtu: MTU, ..spec });
            let (port, ip) = (port.id, port.fixed_ips[0].ip_address);
            self.vms.push(Vm { name, port, ip });
        }
        self.lab.add_vms(specs).await?;
        let prefix = maker.plan.networks()[network.number as usize].prefix();
        for vm in &self.vms {
            let address = format!("{}/{prefix}", vm.ip).parse()?;
            self.lab.address(&vm.name, address).await?;
            active(&maker.rest, vm.port).await?;
        }
        Ok(())
    }
}
