//! Plugging taps into the integration bridge as Nova does it, and pulling them out.

use crate::host::vsctl;
use crate::layout::Layout;
use crate::{LabError, Role, VmSpec};

/// The bridge that the agent makes.
const BRIDGE: &str = "br-int";

/// Plugs the taps of VMs of one host, in one transaction. Waits for the bridge if the agent
/// has yet to make it, and for the switch to take the ports, if a switch runs.
pub(crate) async fn plug(layout: &Layout, host: u16, specs: &[&VmSpec]) -> Result<(), LabError> {
    let mut args = vec![
        "wait-until".to_owned(),
        "Bridge".to_owned(),
        BRIDGE.to_owned(),
    ];
    for spec in specs {
        let tap = spec.name.tap();
        let line = format!(
            "-- --may-exist add-port {BRIDGE} {tap} -- set Interface {tap} \
             external_ids:iface-id=\"{}\" external_ids:attached-mac=\"{}\" \
             external_ids:vm-id={} external_ids:iface-status=active",
            spec.port_id, spec.mac, spec.name
        );
        args.extend(line.split_whitespace().map(str::to_owned));
    }
    run(layout, host, args).await
}

/// Takes the taps of VMs of one host off the bridge. No error if one is not there.
pub(crate) async fn unplug(layout: &Layout, host: u16, specs: &[&VmSpec]) -> Result<(), LabError> {
    let taps = specs.iter().map(|spec| spec.name.tap());
    let commands = taps.map(|tap| format!("--if-exists del-port {tap}"));
    let line = commands.collect::<Vec<_>>().join(" -- ");
    let args = line.split_whitespace().map(str::to_owned).collect();
    run(layout, host, args).await
}

/// With a dead switch there is nobody to wait for: the database alone is changed.
async fn run(layout: &Layout, host: u16, args: Vec<String>) -> Result<(), LabError> {
    let runs = layout.read()?.running(Role::Vswitchd(host)).is_some();
    let no_wait = (!runs).then(|| "--no-wait".to_owned());
    vsctl(layout, host, no_wait.into_iter().chain(args))
        .run()
        .await?;
    Ok(())
}
