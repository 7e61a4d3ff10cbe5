//! Real DHCP clients inside VMs. A client's hook script only writes down what the client
//! says; the lab puts the address in place. So the machine's `resolv.conf`, leases and
//! sockets are never touched, and every client is treated alike.

use crate::client::{self, Files};
use crate::command::Tool;
use crate::lease::{Event, Lease, events};
use crate::process::ProcessId;
use crate::program::{log_tail, start};
use crate::state::DhcpRecord;
use crate::{Lab, LabError, VmName};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::time::sleep;

/// How often a client's events are looked at; bounds the error of [`Lease::took`].
const LOOK: Duration = Duration::from_millis(3);

/// What a client has to end, or to say that it has released its lease.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a client that has not done what a signal told it is told again: dhcpcd loses signals
/// that come while its hook runs.
const AGAIN: Duration = Duration::from_secs(1);

/// A DHCP client that people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// Of busybox: small images, CirrOS, Alpine.
    Udhcpc,
    /// Of ISC: the older Debian, Ubuntu and Red Hat images.
    Dhclient,
    /// Of Roy Marples: Raspberry Pi OS, Gentoo, Void.
    Dhcpcd,
}

/// How an address is to be had.
#[derive(Debug, Clone)]
pub struct DhcpRequest {
    /// The client to run.
    pub client: Client,
    /// More arguments for the client, before the interface.
    pub extra: Vec<String>,
    /// The most that it may take.
    pub deadline: Duration,
}

impl From<Client> for DhcpRequest {
    /// No more arguments, and 30 s.
    fn from(client: Client) -> Self {
        Self {
            client,
            extra: Vec::new(),
            deadline: Duration::from_secs(30),
        }
    }
}

impl Lab {
    /// Starts a DHCP client in a VM, waits for its lease, and puts address, MTU and routes in
    /// place. The client runs on, and renews by itself, until it is released or stopped, the
    /// VM is removed, or another client is started.
    pub async fn dhcp(&self, vm: &str, request: impl Into<DhcpRequest>) -> Result<Lease, LabError> {
        self.dhcp_stop(vm).await?;
        let name = self.vm(vm)?.spec.name;
        let request = request.into();
        let files = Files::new(&self.layout, &name);
        client::prepare(&self.layout, &files, request.client)?;
        self.run_client(&name, &files, &request).await
    }

    /// Makes the client renew its lease now, and waits for that. udhcpc and dhcpcd renew by
    /// unicast as at T1; dhclient, which knows no such order, is started again with its lease
    /// and confirms it (INIT-REBOOT).
    pub async fn dhcp_renew(&self, vm: &str, deadline: Duration) -> Result<Lease, LabError> {
        let (name, record) = self.dhcp_record(vm)?;
        let files = Files::new(&self.layout, &name);
        let signal = match record.client {
            Client::Udhcpc | Client::Dhcpcd => Signal::SIGUSR1,
            Client::Dhclient => {
                self.dhcp_stop(vm).await?;
                let request = DhcpRequest {
                    client: record.client,
                    extra: record.extra,
                    deadline,
                };
                return self.run_client(&name, &files, &request).await;
            }
        };
        let wait = Wait::begin(&files, record.process, deadline)?.ordering(signal);
        let lease = wait.lease(&name).await?;
        self.apply(&name, &lease).await?;
        Ok(lease)
    }

    /// Makes the client give its lease back (DHCPRELEASE) and end; takes the address away.
    pub async fn dhcp_release(&self, vm: &str) -> Result<(), LabError> {
        let (name, record) = self.dhcp_record(vm)?;
        let files = Files::new(&self.layout, &name);
        let lease = leases(&files)?.pop();
        match record.client {
            Client::Udhcpc => {
                let wait = Wait::begin(&files, record.process, PATIENCE)?;
                let wait = wait.ordering(Signal::SIGUSR2);
                wait.event(&name, |event| (event.reason() == "deconfig").then_some(()))
                    .await?;
            }
            Client::Dhcpcd => end_by(record.process, Signal::SIGALRM).await,
            Client::Dhclient => {
                let release = files.release();
                let enter = ["netns", "exec", &self.layout.vm_namespace(&name)].map(str::to_owned);
                Tool::new("ip", enter.into_iter().chain(release))
                    .run()
                    .await?;
            }
        }
        if record.client != Client::Udhcpc {
            record.process.gone(PATIENCE).await?;
        }
        self.dhcp_stop(vm).await?;
        match lease {
            Some(lease) => self.withdraw(&name, &lease).await,
            None => Ok(()),
        }
    }

    /// Ends the VM's client without a word to the server, as a crash does; the address stays.
    /// No error if there is no client.
    pub async fn dhcp_stop(&self, vm: &str) -> Result<(), LabError> {
        let record = self.vm(vm)?;
        if let Some(dhcp) = record.dhcp {
            dhcp.process.signal(Signal::SIGKILL);
            dhcp.process.gone(PATIENCE).await?;
        }
        self.set_dhcp(&record.spec.name, None).await
    }

    /// Every lease that clients of this VM were given or had confirmed, in order, also those
    /// by their own renewals. `took` is zero here.
    pub fn dhcp_history(&self, vm: &str) -> Result<Vec<Lease>, LabError> {
        let name = self.vm(vm)?.spec.name;
        leases(&Files::new(&self.layout, &name))
    }

    fn dhcp_record(&self, vm: &str) -> Result<(VmName, DhcpRecord), LabError> {
        let record = self.vm(vm)?;
        let name = record.spec.name;
        let running = record.dhcp.filter(|dhcp| dhcp.process.alive());
        match running {
            Some(dhcp) => Ok((name, dhcp)),
            None => Err(LabError::Dhcp {
                vm: name,
                reason: "no client is running".to_owned(),
            }),
        }
    }

    async fn run_client(
        &self,
        vm: &VmName,
        files: &Files,
        request: &DhcpRequest,
    ) -> Result<Lease, LabError> {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.layout.vm_namespace(vm)])
            .args(files.argv(request.client, &request.extra))
            // Clients hand their environment to the hook, which writes it down.
            .env_clear();
        let began = Instant::now();
        let before = read_events(files)?.len();
        let child = start(command, &self.layout, &files.log)?;
        let process = crate::program::identify(&child).ok_or_else(|| ended(vm, files))?;
        let record = DhcpRecord {
            client: request.client,
            extra: request.extra.clone(),
            process,
        };
        self.set_dhcp(vm, Some(record)).await?;
        let wait = Wait {
            files,
            process,
            order: None,
            before,
            began,
            deadline: request.deadline,
        };
        match wait.lease(vm).await {
            Ok(lease) => self.apply(vm, &lease).await.map(|()| lease),
            Err(error) => {
                self.dhcp_stop(vm.as_str()).await?;
                Err(error)
            }
        }
    }

    async fn set_dhcp(&self, vm: &VmName, record: Option<DhcpRecord>) -> Result<(), LabError> {
        self.layout
            .update(|state| {
                state.vm_mut(vm)?.dhcp = record;
                Ok(())
            })
            .await
    }

    /// Puts a lease in place: address, MTU, routes. An address of an earlier lease goes.
    async fn apply(&self, vm: &VmName, lease: &Lease) -> Result<(), LabError> {
        let history = leases(&Files::new(&self.layout, vm))?;
        let earlier = history.iter().rev().find(|other| other.ip != lease.ip);
        if let Some(earlier) = earlier {
            // It may have been taken away before, which is no failure.
            let _gone = self.withdraw(vm, earlier).await;
        }
        self.ip(vm.as_str(), &client::configuration(lease)).await
    }

    async fn withdraw(&self, vm: &VmName, lease: &Lease) -> Result<(), LabError> {
        let lines = [
            "route flush dev eth0 proto dhcp".to_owned(),
            format!("address del {}/{} dev eth0", lease.ip, lease.prefix),
        ];
        self.ip(vm.as_str(), &lines).await
    }
}

/// Signals a process until it has ended or its time is over.
async fn end_by(process: ProcessId, signal: Signal) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        process.signal(signal);
        if process.gone(AGAIN).await.is_ok() {
            return;
        }
    }
}

/// A wait for the next event of a client.
struct Wait<'a> {
    files: &'a Files,
    process: ProcessId,
    /// The signal that asks for the event.
    order: Option<Signal>,
    /// How many events there were before.
    before: usize,
    began: Instant,
    deadline: Duration,
}

impl<'a> Wait<'a> {
    fn begin(files: &'a Files, process: ProcessId, deadline: Duration) -> Result<Self, LabError> {
        Ok(Self {
            files,
            process,
            order: None,
            before: read_events(files)?.len(),
            began: Instant::now(),
            deadline,
        })
    }

    /// The same for an event that the client is asked for by a signal.
    fn ordering(self, signal: Signal) -> Self {
        Self {
            order: Some(signal),
            ..self
        }
    }

    async fn lease(&self, vm: &VmName) -> Result<Lease, LabError> {
        self.event(vm, |event| event.lease(self.began.elapsed()))
            .await
    }

    async fn event<T>(
        &self,
        vm: &VmName,
        wanted: impl Fn(&Event) -> Option<T>,
    ) -> Result<T, LabError> {
        let mut ordered: Option<Instant> = None;
        loop {
            if let Some(signal) = self.order
                && ordered.is_none_or(|at| at.elapsed() > AGAIN)
            {
                self.process.signal(signal);
                ordered = Some(Instant::now());
            }
            // Looked at before the events, so that a last word is not missed.
            let alive = self.process.alive();
            let all = read_events(self.files)?;
            if let Some(found) = all.iter().skip(self.before).find_map(&wanted) {
                return Ok(found);
            }
            if !alive {
                return Err(ended(vm, self.files));
            }
            if self.began.elapsed() > self.deadline {
                return Err(too_late(vm, self.files, self.deadline));
            }
            sleep(LOOK).await;
        }
    }
}

fn read_events(files: &Files) -> Result<Vec<Event>, LabError> {
    match fs::read(&files.events) {
        Ok(bytes) => Ok(events(&bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LabError::io(&files.events)(error)),
    }
}

fn leases(files: &Files) -> Result<Vec<Lease>, LabError> {
    let events = read_events(files)?;
    let leases = events
        .iter()
        .filter_map(|event| event.lease(Duration::ZERO));
    Ok(leases.collect())
}

fn ended(vm: &VmName, files: &Files) -> LabError {
    LabError::Dhcp {
        vm: vm.clone(),
        reason: format!("the client ended; its log:\n{}", log_tail(&files.log)),
    }
}

fn too_late(vm: &VmName, files: &Files, deadline: Duration) -> LabError {
    let (millis, log) = (deadline.as_millis(), log_tail(&files.log));
    LabError::Dhcp {
        vm: vm.clone(),
        reason: format!("no answer within {millis} ms; the client's log:\n{log}"),
    }
}
