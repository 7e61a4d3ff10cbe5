//! `cargo xtask conformance`: OpenStack's own network tests against the region.
//!
//! A real Keystone (on MariaDB) is started, the region beside it, and Tempest runs against both.
//! Everything listens on the loopback or on a socket in a temporary folder, and ends with us.

mod database;
pub(crate) mod fuzz;
mod host;
mod http;
mod keystone;
pub(crate) mod nova;
mod process;
mod python;
mod region;
mod tempest;
mod verdict;
mod wsgi;

use crate::{packages, run};
use anyhow::bail;
use clap::Args;
use host::Host;
use keystone::{Keystone, PASSWORD};
use python::Python;
use region::Region;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use tempest::{Outcome, Tempest};
use tokio::signal::unix::{SignalKind, signal};
use verdict::Verdict;

/// What the machine must have beyond what the other chores take.
const PROGRAMS: &[(&str, &str)] = &[
    ("mariadbd", "mariadb-server-core"),
    ("my_print_defaults", "mariadb-client-core"),
    ("ovs-vswitchd", "openvswitch-switch"),
];

/// Which tests, and what to leave.
#[derive(Args)]
pub(crate) struct Options {
    /// Only tests whose name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    filter: Option<String>,
    /// After the tests, leave Keystone and the region running until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// Tests at a time
    #[arg(long, default_value_t = 2, value_name = "COUNT")]
    workers: u32,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    packages::need_root()?;
    packages::ensure_programs(PROGRAMS)?;
    packages::ensure_python_venv()?;
    run::show(run::cargo().args(["build", "--locked", "--package", "alcor"]))?;
    in_folder(async |folder| measure(options, folder).await)
}

/// Does the work in a temporary folder of its own, until it is done or a signal ends it. What the
/// work started ends with it.
fn in_folder(work: impl AsyncFnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = Folder::new()?;
    runtime.block_on(async {
        tokio::select! {
            done = work(&folder.path) => done,
            stopped = asked_to_stop() => stopped.and_then(|()| bail!("stopped")),
        }
    })
}

/// The temporary folder of sockets and databases; its name is short, because a socket's name
/// may not be long.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("alcor-tempest-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            println!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// A port of the loopback that nobody listens on.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

async fn measure(options: &Options, folder: &Path) -> anyhow::Result<()> {
    let python = Python::ensure().await?;
    println!("starting Keystone and the region");
    let [identity, api, agents] = ports()?;
    let keystone = Keystone::start(&python, folder, identity).await?;
    let admin = keystone.admin().await?;
    let mut region = Region::start(folder, &keystone, api, agents)?;
    region.ready().await?;
    keystone.register(&admin, region.url()).await?;
    let _host = Host::start(folder, agents).await?;
    let offer = region.prepare(&admin).await?;
    let filter = options.filter.as_deref();
    let tempest = Tempest::configure(&python, folder, &keystone, &offer, filter)?;
    let verdict = Verdict::new(&tempest.run(options.workers).await?);
    let said = say(&verdict);
    if options.keep {
        hold(&keystone, &region).await?;
    }
    said
}

fn say(verdict: &Verdict) -> anyhow::Result<()> {
    println!("{}", verdict.table());
    if verdict.missing.is_empty() {
        return Ok(());
    }
    for (test, outcome) in &verdict.missing {
        let word = if *outcome == Outcome::Skip {
            "skipped"
        } else {
            "failed"
        };
        println!("{word}: {test}");
    }
    bail!(
        "{} tests that Neutron passes do not pass here: see {}",
        verdict.missing.len(),
        process::log("tempest")?.display()
    )
}

async fn hold(keystone: &Keystone, region: &Region) -> anyhow::Result<()> {
    println!(
        "Keystone: {} (admin, password {PASSWORD}, project admin); region: {}; Ctrl-C ends both",
        keystone.url(),
        region.url()
    );
    std::future::pending().await
}

/// Ports of the loopback that nobody listens on.
fn ports<const COUNT: usize>() -> anyhow::Result<[u16; COUNT]> {
    let mut listeners = Vec::new();
    for _ in 0..COUNT {
        listeners.push(TcpListener::bind(("127.0.0.1", 0))?);
    }
    let mut ports = [0; COUNT];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
