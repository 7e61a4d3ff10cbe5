//! One emulated host: its own Open vSwitch in its own namespace, and the bridge `br-phy`
//! that holds the underlay cable and the tunnel address. A bridge `br-int` is none of its
//! business: the agent makes it.

use crate::LabError;
use crate::command::Tool;
use crate::layout::{Layout, MARK, UNDERLAY_PREFIX, tunnel_ip, tunnel_mac};
use crate::process::ProcessId;
use crate::role::Role;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Starting a switch on a crowded machine; 0.1 s on an idle one.
const DEADLINE: Duration = Duration::from_mins(1);

/// The processes of a host that has been booted.
pub(crate) type Booted = [(Role, ProcessId); 2];

/// Makes the empty database of which every host gets a copy.
pub(crate) async fn make_template(layout: &Layout) -> Result<(), LabError> {
    let template = template(layout);
    Tool::new("ovsdb-tool", ["create", &template]).run().await?;
    Ok(())
}

/// Boots a host whose namespace and cable exist.
pub(crate) async fn boot(layout: &Layout, host: u16, mtu: u16) -> Result<Booted, LabError> {
    let dir = layout.host_dir(host);
    fs::create_dir(&dir).map_err(LabError::io(&dir))?;
    let database = dir.join("conf.db");
    fs::copy(template(layout), &database).map_err(LabError::io(&database))?;
    // Checksum offload off: OVS in user space would see packets whose checksums the kernel
    // meant to fill in later. No IPv6 on the host's own interfaces: a tap that talks would
    // be heard by the VM.
    let script = "ip link set lo up
        echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
        echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
        ethtool -K eth0 tx off
        ip link set eth0 up";
    let namespace = layout.host_namespace(host);
    Tool::script_in(&namespace, script).run().await?;
    let ovsdb = start_ovsdb(layout, host).await?;
    configure(layout, host, mtu).await?;
    let vswitchd = start_vswitchd(layout, host, mtu).await?;
    Ok([(Role::Ovsdb(host), ovsdb), (Role::Vswitchd(host), vswitchd)])
}

/// Starts the database server; it answers when this returns.
pub(crate) async fn start_ovsdb(layout: &Layout, host: u16) -> Result<ProcessId, LabError> {
    let dir = layout.host_dir(host);
    let database = dir.join("conf.db").display().to_string();
    let remote = format!("--remote=punix:{}", layout.ovsdb_socket(host).display());
    let args = vec!["ovsdb-server".to_owned(), database, remote];
    start_daemon(layout, host, Role::Ovsdb(host), args).await
}

/// Starts the switch; its bridges exist when this returns, and the tunnel address is on
/// `br-phy` (a switch that was killed has taken the interface with it).
pub(crate) async fn start_vswitchd(
    layout: &Layout,
    host: u16,
    mtu: u16,
) -> Result<ProcessId, LabError> {
    let database = format!("unix:{}", layout.ovsdb_socket(host).display());
    let args = ["ovs-vswitchd", &database, "--disable-system"];
    let args = args.map(str::to_owned).to_vec();
    let process = start_daemon(layout, host, Role::Vswitchd(host), args).await?;
    let address = tunnel_ip(host);
    let script = format!(
        "ethtool -K br-phy tx off
        ip address replace {address}/{UNDERLAY_PREFIX} dev br-phy
        ip link set br-phy mtu {mtu} up"
    );
    Tool::script_in(&layout.host_namespace(host), &script)
        .run()
        .await?;
    Ok(process)
}

/// Tells the other switches the host's tunnel address by gratuitous ARP.
pub(crate) async fn announce(layout: &Layout, host: u16) -> Result<(), LabError> {
    let ip = tunnel_ip(host);
    let script = format!("busybox arping -A -c 1 -w 1 -I br-phy -s {ip} {ip}");
    Tool::script_in(&layout.host_namespace(host), &script)
        .run()
        .await?;
    Ok(())
}

/// `ovs-vsctl` against a host's database.
pub(crate) fn vsctl<S: Into<String>>(
    layout: &Layout,
    host: u16,
    args: impl IntoIterator<Item = S>,
) -> Tool {
    let database = format!("--db=unix:{}", layout.ovsdb_socket(host).display());
    let limits = [database, "--timeout=30".to_owned()];
    let args = limits.into_iter().chain(args.into_iter().map(Into::into));
    Tool::new("ovs-vsctl", args).deadline(DEADLINE)
}

/// Says what the switch shall make of itself, before it starts.
async fn configure(layout: &Layout, host: u16, mtu: u16) -> Result<(), LabError> {
    let text = format!(
        "--no-wait init \
         -- set Open_vSwitch . external_ids:system-id=h{host} external_ids:hostname=h{host} \
         -- add-br br-phy \
         -- set Bridge br-phy datapath_type=netdev fail_mode=standalone other_config:hwaddr={} \
         -- set Interface br-phy mtu_request={mtu} \
         -- add-port br-phy eth0",
        tunnel_mac(host)
    );
    vsctl(layout, host, text.split_whitespace()).run().await?;
    Ok(())
}

/// Starts an OVS daemon in the host's namespace. With `--detach` the command ends when the
/// daemon is ready, and what goes wrong before is on its standard error.
async fn start_daemon(
    layout: &Layout,
    host: u16,
    role: Role,
    mut args: Vec<String>,
) -> Result<ProcessId, LabError> {
    let dir = layout.host_dir(host);
    let file = |ending: &str| {
        let log = layout.log_file(role);
        log.with_extension(ending).display().to_string()
    };
    args.extend([
        format!("--pidfile={}", file("pid")),
        format!("--unixctl={}", file("ctl")),
        format!("--log-file={}", file("log")),
        "-vconsole:off".to_owned(),
        "--detach".to_owned(),
        "--no-chdir".to_owned(),
    ]);
    let enter = ["netns", "exec", &layout.host_namespace(host)].map(str::to_owned);
    let tool = Tool::new("ip", enter.into_iter().chain(args)).deadline(DEADLINE);
    at_home(tool, layout, &dir).run().await?;
    let pidfile = file("pid");
    ProcessId::of_pidfile(Path::new(&pidfile)).ok_or_else(|| LabError::Exited {
        role,
        log: crate::program::log_tail(&layout.log_file(role)),
    })
}

/// OVS looks for its folders in the environment.
fn at_home(tool: Tool, layout: &Layout, dir: &Path) -> Tool {
    ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR"]
        .iter()
        .fold(tool, |tool, name| tool.env(name, dir))
        .env(MARK, &layout.dir)
}

fn template(layout: &Layout) -> String {
    layout.dir.join("empty.db").display().to_string()
}
