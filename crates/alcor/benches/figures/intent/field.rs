//! A region with hosts and one large network, and VMs whose ports are yet to be created.

use crate::region::PROGRAM;
use crate::switch;
use crate::wire::{Wire, delete};
use alcor::scenario::{Scenario, Segment};
use alcor_lab::{Lab, LabName, PingRequest, Role, RunningPing, Settings, VmSpec};
use alcor_types::{MacAddr, PortId};
use anyhow::Context;
use serde_json::{Value, json};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

/// The one network; the addresses from 10.250.0.0 on are those of VMs.
const CIDR: &str = "10.0.0.0/8";
/// Ports created by one call.
const BULK: usize = 1_000;
/// What anything may take before the benchmark gives up.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// How often the API is asked for something that it has no event for.
const LOOK: Duration = Duration::from_millis(1);

/// A VM, plugged under the id of a port that may be there or not.
#[derive(Clone, Debug)]
pub(super) struct Vm {
    pub(super) name: String,
    pub(super) host: u16,
    pub(super) port: PortId,
    pub(super) mac: MacAddr,
    pub(super) ip: Ipv4Addr,
}

/// The region, its hosts, and the one VM that pings all others.
pub(super) struct Field {
    scenario: Scenario,
    segment: Segment,
    address: SocketAddr,
    pub(super) hosts: u16,
    pub(super) pinger: Vm,
    ports: Cell<usize>,
    vms: Cell<u16>,
}

impl Field {
    pub(super) async fn up(hosts: u16) -> anyhow::Result<Self> {
        let settings = Settings {
            name: LabName::unique(),
            ..Settings::hosts(hosts)
        };
        let scenario = Scenario::up(settings, Path::new(PROGRAM)).await?;
        scenario.lab().announce_hosts().await?;
        let segment = scenario.segment("bench", CIDR).await?;
        let url = scenario.lab().rest_url()?;
        let address = url.strip_prefix("http://").context("no URL")?.parse()?;
        let mut field = Self {
            scenario,
            segment,
            address,
            hosts,
            pinger: vm(0, 2),
            ports: Cell::new(0),
            vms: Cell::new(1),
        };
        let pinger = field.pinger.clone();
        field.plug(std::slice::from_ref(&pinger)).await?;
        field.create(&mut field.connect().await?, &pinger).await?;
        field.await_active(&pinger).await?;
        field.pinger = pinger;
        Ok(field)
    }

    pub(super) async fn down(self) -> anyhow::Result<()> {
        self.scenario.down().await
    }

    pub(super) fn lab(&self) -> &Lab {
        self.scenario.lab()
    }

    pub(super) async fn connect(&self) -> anyhow::Result<Wire> {
        Wire::connect(self.address).await
    }

    /// Creates ports without interfaces, in turn on all hosts, until there are so many.
    pub(super) async fn grow(&self, size: usize) -> anyhow::Result<()> {
        let mut wire = self.connect().await?;
        while self.ports.get() < size {
            let count = BULK.min(size - self.ports.get());
            let first = self.ports.replace(self.ports.get() + count);
            let ports: Vec<_> = (first..first + count)
                .map(|at| self.unplugged(at))
                .collect();
            wire.post("/v2.0/ports", &json!({ "ports": ports }).to_string())
                .await?;
        }
        Ok(())
    }

    fn unplugged(&self, number: usize) -> Value {
        json!({
            "network_id": self.segment.network.to_string(),
            "name": format!("there-{number}"),
            "binding:host_id": format!("h{}", number % usize::from(self.hosts) + 1),
        })
    }

    /// Makes so many VMs on a host, whose ports are yet to be created; all of them know the
    /// pinger's MAC, and it theirs, so that no ARP timer of a kernel is in a figure.
    pub(super) async fn vms(&self, count: u16, host: u16) -> anyhow::Result<Vec<Vm>> {
        let first = self.vms.replace(self.vms.get() + count);
        let vms: Vec<_> = (first..first + count)
            .map(|number| vm(number, host))
            .collect();
        self.plug(&vms).await?;
        for vm in &vms {
            self.acquaint(&self.pinger, vm).await?;
            self.acquaint(vm, &self.pinger).await?;
        }
        Ok(vms)
    }

    async fn plug(&self, vms: &[Vm]) -> anyhow::Result<()> {
        let specs = vms
            .iter()
            .map(|vm| VmSpec::new(&vm.name, vm.host, vm.port, vm.mac));
        self.lab().add_vms(specs.collect::<Result<_, _>>()?).await?;
        for vm in vms {
            let cidr = ipnet::Ipv4Net::new(vm.ip, 8)?;
            self.lab().address(&vm.name, cidr.into()).await?;
        }
        Ok(())
    }

    async fn acquaint(&self, one: &Vm, other: &Vm) -> anyhow::Result<()> {
        let line = format!(
            "ip neigh replace {} lladdr {} dev eth0",
            other.ip, other.mac
        );
        let words = line.split(' ');
        self.lab().exec(&one.name, words, PATIENCE).await?;
        Ok(())
    }

    /// Creates the port of a VM.
    pub(super) async fn create(&self, wire: &mut Wire, vm: &Vm) -> anyhow::Result<()> {
        let body = json!({ "port": {
            "id": vm.port.to_string(),
            "network_id": self.segment.network.to_string(),
            "name": vm.name,
            "mac_address": vm.mac.to_string(),
            "fixed_ips": [{ "ip_address": vm.ip.to_string() }],
            "binding:host_id": self.lab().host_id(vm.host),
        }});
        wire.post("/v2.0/ports", &body.to_string()).await?;
        Ok(())
    }

    /// Deletes the port of a VM.
    pub(super) async fn delete(&self, wire: &mut Wire, vm: &Vm) -> anyhow::Result<()> {
        let path = format!("/v2.0/ports/{}", vm.port);
        wire.call(&delete(&path), 204).await?;
        Ok(())
    }

    pub(super) async fn await_active(&self, vm: &Vm) -> anyhow::Result<()> {
        let path = format!("/v2.0/ports/{}?fields=status", vm.port);
        self.await_text(&path, "ACTIVE").await
    }

    /// Reads a path until the answer holds this text.
    pub(super) async fn await_text(&self, path: &str, text: &str) -> anyhow::Result<()> {
        let mut wire = self.connect().await?;
        let began = Instant::now();
        loop {
            let body = wire.get(path).await?;
            if body
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let body = String::from_utf8_lossy(body);
                anyhow::bail!("GET {path} has no {text} after {PATIENCE:?}: {body}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Starts pings from the pinger to a VM, one every 5 ms.
    pub(super) fn ping(&self, vm: &Vm) -> anyhow::Result<RunningPing> {
        let request = PingRequest {
            count: None,
            interval: Duration::from_millis(5),
            ..PingRequest::to(IpAddr::V4(vm.ip))
        };
        Ok(self.lab().spawn_ping(&self.pinger.name, request)?)
    }

    /// The processes of the region, of all agents, and of all switches.
    pub(super) fn pids(&self) -> anyhow::Result<[Vec<i32>; 3]> {
        let lab = self.lab();
        let of = |role: fn(u16) -> Role| switch::pids(lab, (1..=self.hosts).map(role));
        Ok([
            switch::pids(lab, [Role::Region])?,
            of(Role::Agent)?,
            of(Role::Vswitchd)?,
        ])
    }

    /// The flows of every host.
    pub(super) async fn flows(&self) -> anyhow::Result<Vec<u64>> {
        let mut counts = Vec::new();
        for host in 1..=self.hosts {
            counts.push(switch::flows(self.lab(), host).await?);
        }
        Ok(counts)
    }
}

/// The VM of this number.
fn vm(number: u16, host: u16) -> Vm {
    let [high, low] = number.to_be_bytes();
    Vm {
        name: format!("vm-{number}"),
        host,
        port: PortId::random(),
        mac: MacAddr([0x02, 0xbe, 0, 0, high, low]),
        ip: Ipv4Addr::new(10, 250, high + 1, low),
    }
}
