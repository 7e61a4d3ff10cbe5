//! A lab as a value: made, opened, asked for its addresses, taken down.

use crate::command::{check_machine, check_root};
use crate::layout::{Layout, tunnel_ip};
use crate::state::{Daemon, State};
use crate::teardown::{self, Downed};
use crate::{LabError, LabName, Role, Settings, fabric, host};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use uuid::Uuid;

/// Hosts or VMs that are made at a time: enough to keep a machine busy, few enough that
/// none waits so long that a deadline passes.
pub(crate) const AT_A_TIME: usize = 8;

/// A handle of a lab. Holds nothing that runs: dropping it leaves the lab as it is, and any
/// number of handles, also in other processes, may speak of the same lab.
#[derive(Debug, Clone)]
pub struct Lab {
    pub(crate) layout: Layout,
}

impl Lab {
    /// Makes a lab and boots its hosts. When something fails, everything is taken down again.
    pub async fn up(settings: Settings) -> Result<Self, LabError> {
        check_machine()?;
        settings.check()?;
        let layout = Layout::new(&settings.base, &settings.name);
        layout.check_length()?;
        make_folder(&layout)?;
        let guard = Self { layout }.guard();
        guard.boot(&settings).await?;
        Ok(guard.keep())
    }

    /// A handle of a lab that exists, up or crashed.
    pub fn open(base: &Path, name: &LabName) -> Result<Self, LabError> {
        check_root()?;
        let layout = Layout::new(base, name);
        layout.read()?;
        Ok(Self { layout })
    }

    /// The names of all labs in a folder, in order.
    pub fn list(base: &Path) -> Result<Vec<LabName>, LabError> {
        let entries = match fs::read_dir(base) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LabError::io(base)(error)),
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<LabName> = names.filter_map(|name| name.parse().ok()).collect();
        names.retain(|name| Layout::new(base, name).state_file().exists());
        names.sort();
        Ok(names)
    }

    /// Lets every switch learn the tunnel addresses of all hosts. A switch loses the first
    /// packet to a tunnel peer that it has yet to ask for; after this nobody has to ask, so
    /// that what is measured is the control plane and not the underlay. Switches listen only
    /// while they have a tunnel port, so that this comes after the agents have made theirs;
    /// they forget after 15 minutes without use, and when they restart.
    pub async fn announce_hosts(&self) -> Result<(), LabError> {
        let hosts = self.layout.read()?.hosts;
        stream::iter(1..=hosts)
            .map(|host| host::announce(&self.layout, host))
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await
    }

    /// Waits until every switch has tunnel ports of these names, which agents make, and announces the hosts.
    pub async fn learn_underlay(&self, tunnels: &[&str]) -> Result<(), LabError> {
        for host in 1..=self.layout.read()?.hosts {
            for tunnel in tunnels {
                let there = ["wait-until", "Interface", tunnel, "ofport>0"];
                self.vsctl(host, there).await?;
            }
        }
        self.announce_hosts().await
    }

    /// Ends every process of the lab and removes its namespaces and its folder.
    pub async fn down(&self) -> Result<Downed, LabError> {
        let layout = self.layout.clone();
        let dir = layout.dir.clone();
        tokio::task::spawn_blocking(move || teardown::take_down(&layout))
            .await
            .map_err(|error| LabError::io(dir)(error.into()))?
    }

    /// A guard that takes the lab down when it is dropped, also by a panic.
    pub fn guard(self) -> Guard {
        Guard {
            lab: self,
            armed: true,
        }
    }

    /// The lab's name.
    pub fn name(&self) -> &LabName {
        &self.layout.name
    }

    /// The lab's folder.
    pub fn dir(&self) -> &Path {
        &self.layout.dir
    }

    /// The region's REST API, like `http://127.0.0.1:21234`, whether it runs or not.
    pub fn rest_url(&self) -> Result<String, LabError> {
        Ok(format!("http://{}", self.layout.read()?.rest))
    }

    /// What agents are told as `--region`, whether the region runs or not.
    pub fn region_url(&self) -> Result<String, LabError> {
        Ok(format!("http://{}", self.layout.read()?.agents))
    }

    /// The tunnel end point address of a host.
    pub fn tunnel_ip(&self, host: u16) -> Ipv4Addr {
        tunnel_ip(host)
    }

    /// The name by which an agent registers a host: `h1`.
    pub fn host_id(&self, host: u16) -> String {
        format!("h{host}")
    }

    /// The database of a host, as `unix:PATH`.
    pub fn ovsdb(&self, host: u16) -> String {
        format!("unix:{}", self.layout.ovsdb_socket(host).display())
    }

    /// The OpenFlow management socket of a bridge of a host, as `unix:PATH`.
    pub fn openflow(&self, host: u16, bridge: &str) -> String {
        let socket = self.layout.host_dir(host).join(format!("{bridge}.mgmt"));
        format!("unix:{}", socket.display())
    }

    async fn boot(&self, settings: &Settings) -> Result<(), LabError> {
        let [rest, agents] = free_ports()?;
        self.layout.write(&State {
            hosts: settings.hosts,
            mtu: settings.mtu,
            rest,
            agents,
            vms: BTreeMap::new(),
            daemons: BTreeMap::new(),
        })?;
        let (wired, template) = tokio::join!(
            fabric::up(&self.layout, settings.hosts, settings.mtu),
            host::make_template(&self.layout),
        );
        wired.and(template)?;
        let booted: Vec<_> = stream::iter(1..=settings.hosts)
            .map(|host| host::boot(&self.layout, host, settings.mtu))
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await?;
        self.record(booted.into_iter().flatten()).await
    }

    async fn record(
        &self,
        processes: impl Iterator<Item = (Role, crate::process::ProcessId)>,
    ) -> Result<(), LabError> {
        let daemons = processes.map(|(role, process)| {
            let daemon = Daemon {
                process: Some(process),
                program: None,
            };
            (role, daemon)
        });
        self.layout
            .update(|state| {
                state.daemons.extend(daemons);
                Ok(())
            })
            .await
    }
}

/// Takes its lab down when dropped: the way to use a lab in a test. Blocks for the second or
/// two that this takes.
#[derive(Debug)]
pub struct Guard {
    lab: Lab,
    armed: bool,
}

impl Guard {
    /// Leaves the lab up.
    pub fn keep(mut self) -> Lab {
        self.armed = false;
        self.lab.clone()
    }
}

impl Deref for Guard {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.lab
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        if let Err(error) = teardown::take_down(&self.lab.layout) {
            tracing::error!(lab = %self.lab.name(), %error, "lab not taken down");
        }
    }
}

/// Makes the folder, which reserves the name: of two that try, one succeeds. Only root may
/// look inside, and a base that somebody else prepared is refused.
fn make_folder(layout: &Layout) -> Result<(), LabError> {
    /// The last of other labs may remove an empty base between our two steps.
    const TRIES: usize = 10;
    let mut made = Ok(());
    for _ in 0..TRIES {
        make_base(&layout.base)?;
        made = DirBuilder::new().mode(0o700).create(&layout.dir);
        match &made {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => break,
        }
    }
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => LabError::Exists {
            name: layout.name.to_string(),
            dir: layout.dir.clone(),
        },
        _ => LabError::io(&layout.dir)(error),
    })
}

fn make_base(base: &Path) -> Result<(), LabError> {
    let mut private = DirBuilder::new();
    let made = private.mode(0o700).recursive(true).create(base);
    made.map_err(LabError::io(base))?;
    let meta = match fs::symlink_metadata(base) {
        // Removed again by another lab: the caller makes another attempt.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other.map_err(LabError::io(base))?,
    };
    if meta.is_dir() && meta.uid() == nix::unistd::Uid::effective().as_raw() {
        return Ok(());
    }
    let text = format!("{} must be a folder that belongs to root", base.display());
    Err(LabError::BadSetting(text))
}

/// Two ports of the loopback that are free now, and likely to stay so: below the range from
/// which the system takes ports for outgoing connections, and begun at a random place, so
/// that labs that start together do not meet.
fn free_ports() -> Result<[SocketAddr; 2], LabError> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    let (_, start, ..) = Uuid::new_v4().as_fields();
    let ports = (0..COUNT).map(|step| FIRST + (start % COUNT + step) % COUNT);
    let addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let mut free = addresses.filter(|address| TcpListener::bind(address).is_ok());
    match (free.next(), free.next()) {
        (Some(rest), Some(agents)) => Ok([rest, agents]),
        _ => Err(LabError::BadSetting(
            "no free port from 20000 to 31999".to_owned(),
        )),
    }
}
