//! The long-lived processes of a lab, one by one: started, stopped, killed, started again.
//! What breaks in a real region breaks here by these functions.

use crate::layout::Layout;
use crate::process::ProcessId;
use crate::program::{Program, log_tail};
use crate::state::{Daemon, State};
use crate::{Lab, LabError, Role, host};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

pub use nix::sys::signal::Signal;

/// What a process has to end when asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the region has to say that it is ready, which includes reading its store.
const READY: Duration = Duration::from_secs(30);
const READY_LOOK: Duration = Duration::from_millis(10);

impl Lab {
    /// Starts the region server in the caller's namespace and returns when `/readyz` answers
    /// 200. Unless given in `args`: `--listen`, `--agent-listen` (ports of this lab),
    /// `--data-dir` (in the lab's folder), `--auth none` and `--quota all=-1`.
    pub async fn start_region(
        &self,
        binary: impl Into<PathBuf>,
        args: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), LabError> {
        let state = self.layout.read()?;
        let data = self.layout.region_dir().display().to_string();
        let program = program(binary, "server", args)
            .default_flag("--listen", state.rest.to_string())
            .default_flag("--agent-listen", state.agents.to_string())
            .default_flag("--data-dir", data)
            .default_flag("--auth", "none")
            .default_flag("--quota", "all=-1");
        self.launch(Role::Region, program).await
    }

    /// Starts the agent of a host. It runs in the caller's network namespace, where it
    /// reaches the region over the loopback and its host over unix sockets. Unless given in
    /// `args`: `--host-id`, `--region`, `--tunnel-ip`, `--ovsdb`, `--bridge br-int` and
    /// `--openflow`. Returns at once: whether the agent has registered is the region's to say.
    pub async fn start_agent(
        &self,
        host: u16,
        binary: impl Into<PathBuf>,
        args: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), LabError> {
        let program = program(binary, "agent", args)
            .default_flag("--host-id", self.host_id(host))
            .default_flag("--region", self.region_url()?)
            .default_flag("--tunnel-ip", self.tunnel_ip(host).to_string())
            .default_flag("--ovsdb", self.ovsdb(host))
            .default_flag("--bridge", "br-int")
            .default_flag("--openflow", self.openflow(host, "br-int"));
        self.launch(Role::Agent(host), program).await
    }

    /// Starts a process again as it was started before.
    pub async fn start(&self, role: Role) -> Result<(), LabError> {
        let state = self.layout.read()?;
        check(&state, role)?;
        match role {
            Role::Region | Role::Agent(_) => {
                let daemon = state.daemons.get(&role);
                let program = daemon.and_then(|daemon| daemon.program.clone());
                self.launch(role, program.ok_or(LabError::NeverStarted(role))?)
                    .await
            }
            Role::Vswitchd(host) => {
                let process = host::start_vswitchd(&self.layout, host, state.mtu).await?;
                self.record_process(role, process).await
            }
            Role::Ovsdb(host) => {
                let process = host::start_ovsdb(&self.layout, host).await?;
                self.record_process(role, process).await
            }
        }
    }

    /// Asks a process to end (SIGTERM) and waits until it has; kills it after ten seconds.
    pub async fn stop(&self, role: Role) -> Result<(), LabError> {
        self.find(role)?.end(PATIENCE).await
    }

    /// Kills a process (SIGKILL) and waits until it is gone.
    pub async fn kill(&self, role: Role) -> Result<(), LabError> {
        let process = self.find(role)?;
        process.signal(Signal::SIGKILL);
        process.gone(PATIENCE).await
    }

    /// Stops a process and starts it again.
    pub async fn restart(&self, role: Role) -> Result<(), LabError> {
        self.stop(role).await?;
        self.start(role).await
    }

    /// Sends a signal: SIGSTOP and SIGCONT make a process seem hung.
    pub fn signal(&self, role: Role, signal: Signal) -> Result<(), LabError> {
        self.find(role)?.signal(signal);
        Ok(())
    }

    /// The pid of a process, nothing if it does not run.
    pub fn pid(&self, role: Role) -> Result<Option<i32>, LabError> {
        Ok(self.layout.read()?.running(role).map(|process| process.pid))
    }

    /// The file to which a process writes its log.
    pub fn log_file(&self, role: Role) -> PathBuf {
        self.layout.log_file(role)
    }

    fn find(&self, role: Role) -> Result<ProcessId, LabError> {
        let running = self.layout.read()?.running(role);
        running.ok_or(LabError::NotRunning(role))
    }

    /// Starts a program and remembers it, in one step, so that no two start it.
    async fn launch(&self, role: Role, program: Program) -> Result<(), LabError> {
        let process = self
            .layout
            .update(|state| {
                check(state, role)?;
                let process = program.start(&self.layout, role)?;
                let daemon = Daemon {
                    process: Some(process),
                    program: Some(program),
                };
                state.daemons.insert(role, daemon);
                Ok(process)
            })
            .await?;
        if role == Role::Region {
            let address = self.layout.read()?.rest;
            await_ready(&self.layout, process, address).await?;
        }
        Ok(())
    }

    async fn record_process(&self, role: Role, process: ProcessId) -> Result<(), LabError> {
        let daemon = Daemon {
            process: Some(process),
            program: None,
        };
        self.layout
            .update(|state| {
                state.daemons.insert(role, daemon);
                Ok(())
            })
            .await
    }
}

fn program(
    binary: impl Into<PathBuf>,
    command: &str,
    args: impl IntoIterator<Item = impl Into<String>>,
) -> Program {
    let args = args.into_iter().map(Into::into);
    Program {
        binary: binary.into(),
        args: [command.to_owned()].into_iter().chain(args).collect(),
    }
}

/// The role exists in this lab and its process does not run.
fn check(state: &State, role: Role) -> Result<(), LabError> {
    if let Role::Agent(host) | Role::Vswitchd(host) | Role::Ovsdb(host) = role {
        state.check_host(host)?;
    }
    match state.running(role) {
        Some(_) => Err(LabError::Running(role)),
        None => Ok(()),
    }
}

async fn await_ready(
    layout: &Layout,
    process: ProcessId,
    address: SocketAddr,
) -> Result<(), LabError> {
    let began = Instant::now();
    loop {
        if is_ready(address).await {
            return Ok(());
        }
        let log = layout.log_file(Role::Region);
        if !process.alive() {
            return Err(exited(&log));
        }
        if began.elapsed() > READY {
            return Err(LabError::Timeout {
                what: format!("region's http://{address}/readyz; see {}", log.display()),
                after: READY,
            });
        }
        sleep(READY_LOOK).await;
    }
}

fn exited(log: &Path) -> LabError {
    LabError::Exited {
        role: Role::Region,
        log: log_tail(log),
    }
}

/// Whether `/readyz` answers with status 200. One request by hand spares the lab an HTTP client.
async fn is_ready(address: SocketAddr) -> bool {
    let asked = timeout(Duration::from_secs(1), async {
        let mut stream = TcpStream::connect(address).await?;
        let request = b"GET /readyz HTTP/1.1\r\nhost: lab\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        std::io::Result::Ok(status)
    });
    matches!(asked.await, Ok(Ok(status)) if &status == b"HTTP/1.1 200")
}
