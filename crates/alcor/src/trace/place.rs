//! Where the switches of hosts can be asked.

use alcor_agent::AgentConfig;
use alcor_types::HostName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The sockets of one host's switch.
pub(super) struct Place {
    /// Where it is asked by words.
    pub(super) control: PathBuf,
    /// What the look at the host needs.
    pub(super) config: AgentConfig,
}

/// The switches that can be asked.
pub(super) struct Places {
    /// Control sockets by host.
    pub(super) controls: BTreeMap<String, PathBuf>,
    /// The host that the command runs on, where its folder is the default one.
    pub(super) here: Option<String>,
    pub(super) rundir: PathBuf,
    pub(super) region: String,
    pub(super) bridge: String,
}

impl Places {
    /// The host's, or why it cannot be asked.
    pub(super) fn of(&self, host: &str) -> Result<Place, String> {
        let control = match self.controls.get(host) {
            Some(control) => control.clone(),
            None if self.here.as_deref() == Some(host) => default_control(&self.rundir)?,
            None => return Err(format!("no --unixctl {host}=PATH was given")),
        };
        let folder = control.parent().unwrap_or(Path::new("/"));
        let ovsdb = format!("unix:{}", folder.join("db.sock").display());
        let (region, bridge) = (self.region.clone(), self.bridge.clone());
        let config = AgentConfig::to_look(HostName::from(host), region, ovsdb, bridge);
        Ok(Place { control, config })
    }
}

/// Open vSwitch names the socket by the daemon's process.
fn default_control(rundir: &Path) -> Result<PathBuf, String> {
    let pidfile = rundir.join("ovs-vswitchd.pid");
    let read = std::fs::read_to_string(&pidfile);
    let pid = read.map_err(|error| format!("{}: {error}", pidfile.display()))?;
    Ok(rundir.join(format!("ovs-vswitchd.{}.ctl", pid.trim())))
}

/// `HOST=PATH`, on the command line.
pub(super) fn parse(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((host, path)) if !host.is_empty() && path.starts_with('/') => {
            Ok((host.to_owned(), PathBuf::from(path)))
        }
        _ => Err("write HOST=/path/of/ovs-vswitchd.PID.ctl".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_where_the_operator_says() {
        assert!(parse("h1=relative").is_err() && parse("=/x").is_err() && parse("h1").is_err());
        let places = Places {
            controls: [parse("h1=/run/h1/vswitchd.ctl").unwrap()].into(),
            here: Some("h2".to_owned()),
            rundir: PathBuf::from("/nowhere"),
            region: String::new(),
            bridge: "br-int".to_owned(),
        };
        let one = places.of("h1").ok().unwrap();
        assert_eq!(one.config.ovsdb, "unix:/run/h1/db.sock");
        assert!(
            places
                .of("h2")
                .err()
                .unwrap()
                .contains("/nowhere/ovs-vswitchd.pid")
        );
        assert!(places.of("h3").err().unwrap().contains("--unixctl h3=PATH"));
    }
}
