//! How each DHCP client is called so that it keeps to its VM: its files, its arguments, its
//! configuration, and what the lab does with the lease.

use crate::command::find;
use crate::layout::Layout;
use crate::lease::{Lease, LeaseRoute};
use crate::{Client, LabError, VmName};
use ipnet::Ipv4Net;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Asks for what Neutron's DHCP gives, without the long first pauses of the defaults.
const DHCLIENT_CONF: &str = "\
option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
request subnet-mask, broadcast-address, routers, domain-name-servers, host-name,
    interface-mtu, rfc3442-classless-static-routes;
initial-interval 1;
backoff-cutoff 2;
retry 1;
";

/// IPv4 only, no probing of the address before its use, no random pause at the start.
const DHCPCD_CONF: &str = "\
ipv4only
noarp
noipv4ll
nodelay
clientid
option subnet_mask, routers, domain_name_servers, host_name, interface_mtu
option classless_static_routes
require dhcp_server_identifier
";

/// The files of a VM's client, in the VM's folder.
#[derive(Debug)]
pub(crate) struct Files {
    /// What the hook was told, call after call.
    pub(crate) events: PathBuf,
    pub(crate) log: PathBuf,
    hook: PathBuf,
    config: PathBuf,
    leases: PathBuf,
    pid: PathBuf,
    dhclient: PathBuf,
}

impl Files {
    pub(crate) fn new(layout: &Layout, vm: &VmName) -> Self {
        let dir = layout.vm_dir(vm);
        Self {
            events: dir.join("dhcp.events"),
            log: dir.join("dhcp.log"),
            hook: dir.join("dhcp.hook"),
            config: dir.join("dhcp.conf"),
            leases: dir.join("dhcp.leases"),
            pid: dir.join("dhcp.pid"),
            dhclient: layout.dir.join("dhclient"),
        }
    }

    /// The command line of a client, which stays in the foreground so that its pid is known.
    pub(crate) fn argv(&self, client: Client, extra: &[String]) -> Vec<String> {
        let (mut argv, interface) = match client {
            Client::Udhcpc => (self.udhcpc(), "-ieth0"),
            Client::Dhclient => (words(&format!("{} -d", self.dhclient_line())), "eth0"),
            Client::Dhcpcd => (self.dhcpcd(), "eth0"),
        };
        argv.extend(extra.iter().cloned());
        argv.push(interface.to_owned());
        argv
    }

    /// The command line by which dhclient gives its lease back.
    pub(crate) fn release(&self) -> Vec<String> {
        words(&format!("{} -r eth0", self.dhclient_line()))
    }

    fn udhcpc(&self) -> Vec<String> {
        words(&format!(
            "busybox udhcpc -f -T 1 -A 1 -O mtu -O staticroutes -s {} -p {}",
            self.hook.display(),
            self.pid.display()
        ))
    }

    fn dhclient_line(&self) -> String {
        format!(
            "{} -4 -v -sf {} -lf {} -pf {} -cf {}",
            self.dhclient.display(),
            self.hook.display(),
            self.leases.display(),
            self.pid.display(),
            self.config.display()
        )
    }

    /// dhcpcd keeps its files in fixed places, so that it gets its own: `ip netns exec` has
    /// given it a private mount namespace already.
    fn dhcpcd(&self) -> Vec<String> {
        let script = "mount -t tmpfs lab /run
            mount -t tmpfs lab /var/lib/dhcpcd
            exec \"$@\"";
        let mut argv = ["sh", "-ec", script, "sh"].map(str::to_owned).to_vec();
        argv.extend(words(&format!(
            "dhcpcd -B -4 --noconfigure --config {} --script {}",
            self.config.display(),
            self.hook.display()
        )));
        argv
    }
}

/// None of the paths holds a blank: see `Settings::check`.
fn words(line: &str) -> Vec<String> {
    line.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Writes the hook and the configuration of a client that starts anew.
pub(crate) fn prepare(layout: &Layout, files: &Files, client: Client) -> Result<(), LabError> {
    let (tool, package) = match client {
        Client::Udhcpc => ("busybox", "busybox"),
        Client::Dhclient => ("dhclient", "isc-dhcp-client"),
        Client::Dhcpcd => ("dhcpcd", "dhcpcd-base"),
    };
    let program = find(tool).ok_or(LabError::MissingTool { tool, package })?;
    write_hook(files)?;
    match client {
        Client::Udhcpc => Ok(()),
        Client::Dhcpcd => write(&files.config, DHCPCD_CONF),
        Client::Dhclient => {
            copy_dhclient(layout, files, &program)?;
            write(&files.leases, "")?;
            write(&files.config, DHCLIENT_CONF)
        }
    }
}

/// udhcpc names the event in an argument, the others in the environment.
fn write_hook(files: &Files) -> Result<(), LabError> {
    let events = files.events.display();
    let script = format!(
        "#!/bin/sh\n\
         [ $# -eq 0 ] || {{ reason=$1; export reason; }}\n\
         {{ env -0; printf '\\0'; }} >> {events}\n"
    );
    write(&files.hook, &script)?;
    let executable = fs::Permissions::from_mode(0o700);
    fs::set_permissions(&files.hook, executable).map_err(LabError::io(&files.hook))
}

/// Debian confines `/sbin/dhclient` (AppArmor) to its own folders and scripts; a copy
/// elsewhere is a program like any other. Renamed into place, since several VMs may start.
fn copy_dhclient(layout: &Layout, files: &Files, program: &Path) -> Result<(), LabError> {
    if files.dhclient.exists() {
        return Ok(());
    }
    let fresh = layout
        .dir
        .join(format!("dhclient.{}", uuid::Uuid::new_v4()));
    fs::copy(program, &fresh).map_err(LabError::io(&fresh))?;
    fs::rename(&fresh, &files.dhclient).map_err(LabError::io(&files.dhclient))
}

fn write(path: &Path, text: &str) -> Result<(), LabError> {
    fs::write(path, text).map_err(LabError::io(path))
}

/// The `ip` commands that put a lease in place. Classless routes replace the router (RFC
/// 3442, section "DHCP Client Behavior").
pub(crate) fn configuration(lease: &Lease) -> Vec<String> {
    let (ip, prefix) = (lease.ip, lease.prefix);
    let mut lines = vec![format!("address replace {ip}/{prefix} dev eth0")];
    lines.extend(lease.mtu.map(|mtu| format!("link set eth0 mtu {mtu}")));
    let default = lease.router.map(|via| LeaseRoute {
        to: Ipv4Net::default(),
        via,
    });
    let routes = if lease.routes.is_empty() {
        default.as_slice()
    } else {
        lease.routes.as_slice()
    };
    let own = Ipv4Net::new(ip, prefix).unwrap_or_default();
    lines.extend(routes.iter().map(|route| route_line(own, *route)));
    lines
}

fn route_line(own: Ipv4Net, route: LeaseRoute) -> String {
    let LeaseRoute { to, via } = route;
    if via.is_unspecified() {
        return format!("route replace {to} dev eth0 proto dhcp scope link");
    }
    // A router outside the subnet is taken to be on the link, as the clients' scripts do.
    let onlink = if own.contains(&via) { "" } else { " onlink" };
    format!("route replace {to} via {via} dev eth0 proto dhcp{onlink}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn lease(routes: &[(&str, &str)]) -> Lease {
        let parse = |(to, via): &(&str, &str)| LeaseRoute {
            to: to.parse().unwrap(),
            via: via.parse().unwrap(),
        };
        Lease {
            ip: Ipv4Addr::new(10, 0, 0, 5),
            prefix: 24,
            router: Some(Ipv4Addr::new(10, 0, 0, 1)),
            dns: Vec::new(),
            mtu: Some(1450),
            routes: routes.iter().map(parse).collect(),
            server_id: None,
            hostname: None,
            lease_time: None,
            event: "bound".to_owned(),
            took: Duration::ZERO,
        }
    }

    #[test]
    fn without_classless_routes_the_router_is_the_default() {
        let lines = configuration(&lease(&[]));
        let expected = [
            "address replace 10.0.0.5/24 dev eth0",
            "link set eth0 mtu 1450",
            "route replace 0.0.0.0/0 via 10.0.0.1 dev eth0 proto dhcp",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn classless_routes_replace_the_router() {
        let lines = configuration(&lease(&[
            ("192.168.0.0/16", "10.0.0.9"),
            ("169.254.169.254/32", "0.0.0.0"),
            ("1.0.0.0/8", "10.9.9.9"),
        ]));
        let expected = [
            "route replace 192.168.0.0/16 via 10.0.0.9 dev eth0 proto dhcp",
            "route replace 169.254.169.254/32 dev eth0 proto dhcp scope link",
            "route replace 1.0.0.0/8 via 10.9.9.9 dev eth0 proto dhcp onlink",
        ];
        assert_eq!(lines[2..], expected);
    }
}
