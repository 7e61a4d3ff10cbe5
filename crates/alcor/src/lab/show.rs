//! `alcor lab status`: what runs, for people and for programs.

use alcor_lab::{Lab, ProcessStatus};
use comfy_table::{Table, presets};

/// Prints it.
pub(crate) fn run(lab: &Lab, json: bool) -> anyhow::Result<()> {
    let status = lab.status()?;
    if json {
        println!("{}", serde_json::to_string_pretty(&status)?);
        return Ok(());
    }
    println!("lab {} in {}", status.name, status.dir.display());
    println!(
        "API {}   agents connect to {}\n",
        status.rest_url, status.region_url
    );
    let mut processes = table(&["process", "pid", "log"]);
    let hosts = status.hosts.iter().flat_map(|host| &host.processes);
    for process in std::iter::once(&status.region).chain(hosts) {
        processes.add_row(process_row(process));
    }
    println!("{processes}\n");
    let mut vms = table(&["VM", "host", "port", "MAC", "plugged"]);
    for vm in &status.vms {
        vms.add_row([
            vm.spec.name.to_string(),
            lab.host_id(vm.spec.host),
            vm.spec.port_id.to_string(),
            vm.spec.mac.to_string(),
            if vm.plugged { "yes" } else { "no" }.to_owned(),
        ]);
    }
    println!("{vms}");
    Ok(())
}

fn process_row(process: &ProcessStatus) -> [String; 3] {
    let pid = process
        .pid
        .map_or("not running".to_owned(), |pid| pid.to_string());
    [
        process.role.to_string(),
        pid,
        process.log.display().to_string(),
    ]
}

/// A table as all of ours look: no lines, columns aligned.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(header.iter().copied());
    table
}
