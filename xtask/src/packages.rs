//! What the machine must have, and how it gets it.

use crate::run;
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;

/// Programs that tests and demo use, and the Debian packages that hold them.
const PROGRAMS: &[(&str, &str)] = &[
    ("ovs-vswitchd", "openvswitch-switch"),
    ("ovs-ofctl", "openvswitch-common"),
    ("ip", "iproute2"),
    ("ethtool", "ethtool"),
    ("ping", "iputils-ping"),
    ("busybox", "busybox"),
    ("dhclient", "isc-dhcp-client"),
    ("dhcpcd", "dhcpcd-base"),
    ("curl", "curl"),
    ("dig", "bind9-dnsutils"),
    ("cc", "gcc"),
    ("python3", "python3"),
    ("kill", "procps"),
    ("openstack", "python3-openstackclient"),
];

/// Cargo's own tools: the program, the crate, and the version that is known to work.
const TOOLS: &[(&str, &str, &str)] = &[
    ("cargo-nextest", "cargo-nextest", "0.9.143"),
    ("cargo-deny", "cargo-deny", "0.20.2"),
];

/// Installs what is missing. Says so once; says nothing when all is there.
pub(crate) fn ensure() -> anyhow::Result<()> {
    ensure_programs(PROGRAMS)?;
    for (program, name, version) in TOOLS {
        if !is_installed(program) {
            println!("installing {name} {version} with cargo");
            run::show(run::cargo().args(["install", "--locked", "--version", version, name]))?;
        }
    }
    Ok(())
}

/// Installs the packages of those programs that are missing.
pub(crate) fn ensure_programs(programs: &[(&str, &str)]) -> anyhow::Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(program, _)| !is_installed(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install_packages(&missing)
}

/// Installs the part of Python that Debian keeps in a package of its own.
pub(crate) fn ensure_python_venv() -> anyhow::Result<()> {
    let mut probe = Command::new("/usr/bin/python3");
    let probe = probe.args(["-c", "import ensurepip"]).output();
    if probe.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    install_packages(&["python3", "python3-venv"])
}

fn install_packages(missing: &[&str]) -> anyhow::Result<()> {
    let list = missing.join(" ");
    if !is_installed("apt-get") {
        bail!("install these packages by hand, this machine has no apt-get: {list}");
    }
    println!("installing Debian packages: {list}");
    apt(&["update"])?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(missing);
    apt(&arguments)
}

fn apt(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = if is_root()? {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    // Some minimal machines start services on installation; ours are started by the lab.
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .arg("-qq")
        .args(arguments);
    run::show(&mut command)
}

/// Whether this process may make network namespaces.
pub(crate) fn is_root() -> anyhow::Result<bool> {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot start: id -u")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// Refuses to go on without the rights that network namespaces take.
pub(crate) fn need_root() -> anyhow::Result<()> {
    if is_root()? {
        return Ok(());
    }
    bail!("network namespaces need root: run this again as root, with cargo in root's PATH")
}

/// Whether a program is in the PATH, or in the places where Debian keeps daemons.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path);
    let daemons = ["/usr/sbin", "/sbin"]
        .iter()
        .map(|dir| Path::new(dir).to_path_buf());
    directories
        .chain(daemons)
        .any(|directory| directory.join(program).is_file())
}
