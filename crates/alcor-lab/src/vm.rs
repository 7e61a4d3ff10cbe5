//! VMs: a namespace each, with a cable whose far end is the tap on the host.

use crate::command::Tool;
use crate::lab::AT_A_TIME;
use crate::state::VmRecord;
use crate::teardown::{end_members, namespace_path, remove_namespace};
use crate::{Lab, LabError, VmName, VmSpec, plug};
use futures::stream::{self, StreamExt, TryStreamExt};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;

impl Lab {
    /// Makes a VM and plugs it in. It has no address yet: see [`Lab::dhcp`], [`Lab::address`].
    pub async fn add_vm(&self, spec: VmSpec) -> Result<(), LabError> {
        self.add_vms(vec![spec]).await
    }

    /// Makes many VMs, with one OVSDB transaction a host. All or none.
    pub async fn add_vms(&self, specs: Vec<VmSpec>) -> Result<(), LabError> {
        self.reserve(&specs).await?;
        let made = self.make(&specs).await;
        if made.is_err() {
            self.discard(&specs).await;
        }
        made
    }

    /// Pulls the VM's plug: its tap leaves the bridge and the VM loses its carrier.
    pub async fn unplug_vm(&self, vm: &str) -> Result<(), LabError> {
        let spec = self.vm(vm)?.spec;
        plug::unplug(&self.layout, spec.host, &[&spec]).await?;
        self.set_tap(&spec, "down").await?;
        self.set_plugged(&[&spec], false).await
    }

    /// Puts the plug back.
    pub async fn replug_vm(&self, vm: &str) -> Result<(), LabError> {
        let spec = self.vm(vm)?.spec;
        self.set_tap(&spec, "up").await?;
        plug::plug(&self.layout, spec.host, &[&spec]).await?;
        self.set_plugged(&[&spec], true).await
    }

    /// Moves the running VM to another host, as a live migration does: its interface, its
    /// addresses and its processes stay, the tap appears elsewhere.
    pub async fn move_vm(&self, vm: &str, to: u16) -> Result<(), LabError> {
        self.layout.read()?.check_host(to)?;
        self.unplug_vm(vm).await?;
        let spec = self.vm(vm)?.spec;
        let line = format!(
            "link set {} netns {}",
            spec.name.tap(),
            self.layout.host_namespace(to)
        );
        let from = self.layout.host_namespace(spec.host);
        Tool::ip_batch(Some(&from), &[line]).run().await?;
        self.layout
            .update(|state| {
                state.vm_mut(&spec.name)?.spec.host = to;
                Ok(())
            })
            .await?;
        self.replug_vm(vm).await
    }

    /// Ends the VM: its processes, its plug, its namespace.
    pub async fn remove_vm(&self, vm: &str) -> Result<(), LabError> {
        let spec = self.vm(vm)?.spec;
        plug::unplug(&self.layout, spec.host, &[&spec]).await?;
        self.demolish(&spec).await?;
        self.layout
            .update(|state| {
                state.vms.remove(&spec.name);
                Ok(())
            })
            .await
    }

    /// Gives the VM a static address, like `10.0.0.5/24`. IPv6 addresses are usable at once:
    /// duplicate address detection is left out.
    pub async fn address(&self, vm: &str, cidr: IpNet) -> Result<(), LabError> {
        let nodad = if cidr.addr().is_ipv6() { " nodad" } else { "" };
        self.ip(vm, &[format!("address replace {cidr} dev eth0{nodad}")])
            .await
    }

    /// Gives the VM a route; `0.0.0.0/0` or `::/0` is the default route.
    pub async fn route(&self, vm: &str, to: IpNet, via: IpAddr) -> Result<(), LabError> {
        self.ip(vm, &[format!("route replace {to} via {via} dev eth0")])
            .await
    }

    /// Runs `ip` commands inside a VM.
    pub(crate) async fn ip(&self, vm: &str, lines: &[String]) -> Result<(), LabError> {
        let namespace = self.layout.vm_namespace(&self.vm(vm)?.spec.name);
        Tool::ip_batch(Some(&namespace), lines).run().await?;
        Ok(())
    }

    /// The VM of this name.
    pub(crate) fn vm(&self, vm: &str) -> Result<VmRecord, LabError> {
        let name: VmName = vm.parse()?;
        self.layout.read()?.vm(&name).cloned()
    }

    /// Takes the names, so that of two who want the same one gets it.
    async fn reserve(&self, specs: &[VmSpec]) -> Result<(), LabError> {
        self.layout
            .update(|state| {
                for spec in specs {
                    state.check_host(spec.host)?;
                    let record = VmRecord {
                        spec: spec.clone(),
                        plugged: false,
                        dhcp: None,
                    };
                    if state.vms.insert(spec.name.clone(), record).is_some() {
                        return Err(LabError::VmExists(spec.name.clone()));
                    }
                }
                Ok(())
            })
            .await
    }

    async fn make(&self, specs: &[VmSpec]) -> Result<(), LabError> {
        let namespace =
            |spec: &VmSpec| format!("netns add {}", self.layout.vm_namespace(&spec.name));
        let namespaces: Vec<_> = specs.iter().map(namespace).collect();
        Tool::ip_batch(None, &namespaces).run().await?;
        let hosts = by_host(specs);
        stream::iter(&hosts)
            .map(|(host, specs)| self.wire(*host, specs))
            .buffer_unordered(AT_A_TIME)
            .try_collect::<()>()
            .await?;
        stream::iter(specs)
            .map(|spec| self.switch_on(spec))
            .buffer_unordered(AT_A_TIME)
            .try_collect::<()>()
            .await?;
        stream::iter(&hosts)
            .map(|(host, specs)| plug::plug(&self.layout, *host, specs))
            .buffer_unordered(AT_A_TIME)
            .try_collect::<()>()
            .await?;
        self.set_plugged(&specs.iter().collect::<Vec<_>>(), true)
            .await
    }

    /// Lays the cables of VMs of one host.
    async fn wire(&self, host: u16, specs: &[&VmSpec]) -> Result<(), LabError> {
        let mut lines = Vec::with_capacity(specs.len() * 2);
        for spec in specs {
            let (tap, mac, mtu) = (spec.name.tap(), spec.mac, spec.mtu);
            let namespace = self.layout.vm_namespace(&spec.name);
            lines.push(format!(
                "link add {tap} mtu {mtu} type veth \
                 peer name eth0 address {mac} mtu {mtu} netns {namespace}"
            ));
            lines.push(format!("link set {tap} up"));
        }
        let namespace = self.layout.host_namespace(host);
        Tool::ip_batch(Some(&namespace), &lines).run().await?;
        Ok(())
    }

    async fn switch_on(&self, spec: &VmSpec) -> Result<(), LabError> {
        let dir = self.layout.vm_dir(&spec.name);
        fs::create_dir_all(&dir).map_err(LabError::io(&dir))?;
        // Offload off: see `host::boot`.
        let script = "ip link set lo up
            ethtool -K eth0 tx off
            ip link set eth0 up";
        let namespace = self.layout.vm_namespace(&spec.name);
        Tool::script_in(&namespace, script).run().await?;
        Ok(())
    }

    /// Removes what a failed `add_vms` has made. Failures here add nothing to the first one.
    async fn discard(&self, specs: &[VmSpec]) {
        for (host, specs) in by_host(specs) {
            if let Err(error) = plug::unplug(&self.layout, host, &specs).await {
                tracing::warn!(host, %error, "taps of a failed start not unplugged");
            }
        }
        for spec in specs {
            if let Err(error) = self.demolish(spec).await {
                tracing::warn!(vm = %spec.name, %error, "remains of a failed start");
            }
        }
        let forget = self.layout.update(|state| {
            state
                .vms
                .retain(|name, _| !specs.iter().any(|spec| spec.name == *name));
            Ok(())
        });
        if let Err(error) = forget.await {
            tracing::warn!(%error, "names of a failed start not freed");
        }
    }

    /// Ends a VM's processes and removes its namespace (and with it the cable) and folder.
    async fn demolish(&self, spec: &VmSpec) -> Result<(), LabError> {
        let layout = self.layout.clone();
        let namespace = layout.vm_namespace(&spec.name);
        let dir = layout.vm_dir(&spec.name);
        let work = move || {
            end_members(&layout, &namespace)?;
            remove_namespace(&namespace_path(&namespace))
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| LabError::io(&dir)(error.into()))??;
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(LabError::io(dir)(error)),
            _ => Ok(()),
        }
    }

    async fn set_tap(&self, spec: &VmSpec, state: &str) -> Result<(), LabError> {
        let namespace = self.layout.host_namespace(spec.host);
        let line = format!("link set {} {state}", spec.name.tap());
        Tool::ip_batch(Some(&namespace), &[line]).run().await?;
        Ok(())
    }

    async fn set_plugged(&self, specs: &[&VmSpec], plugged: bool) -> Result<(), LabError> {
        self.layout
            .update(|state| {
                for spec in specs {
                    state.vm_mut(&spec.name)?.plugged = plugged;
                }
                Ok(())
            })
            .await
    }
}

fn by_host(specs: &[VmSpec]) -> BTreeMap<u16, Vec<&VmSpec>> {
    let mut hosts: BTreeMap<u16, Vec<&VmSpec>> = BTreeMap::new();
    for spec in specs {
        hosts.entry(spec.host).or_default().push(spec);
    }
    hosts
}
