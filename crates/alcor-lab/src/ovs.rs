//! Open vSwitch's own tools against a host of the lab: for a test that looks behind the
//! agent, and for a person who debugs a flow.

use crate::command::Tool;
use crate::host::vsctl;
use crate::{Lab, LabError};

impl Lab {
    /// `ovs-vsctl` against the database of a host; returns what it prints.
    pub async fn vsctl<S: Into<String>>(
        &self,
        host: u16,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, LabError> {
        self.layout.read()?.check_host(host)?;
        vsctl(&self.layout, host, args).run().await
    }

    /// `ovs-ofctl` (OpenFlow 1.3) against a host; bridges go by their names, and a file `-`
    /// is the input. Returns what it prints.
    pub async fn ofctl<S: Into<String>>(
        &self,
        host: u16,
        args: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Result<String, LabError> {
        self.layout.read()?.check_host(host)?;
        let version = ["-O".to_owned(), "OpenFlow13".to_owned()];
        let args = version.into_iter().chain(args.into_iter().map(Into::into));
        let home = self.layout.host_dir(host);
        let tool = Tool::new("ovs-ofctl", args).env("OVS_RUNDIR", &home);
        tool.input(input).run().await
    }

    /// How many flows the integration bridge of a host holds.
    pub async fn flow_count(&self, host: u16) -> Result<u64, LabError> {
        let text = self.ofctl(host, ["dump-aggregate", "br-int"], "").await?;
        let count = text.split_once("flow_count=");
        let count = count.and_then(|(_, count)| count.trim().parse().ok());
        count.ok_or_else(|| LabError::Command {
            command: format!("ovs-ofctl dump-aggregate br-int of h{host}"),
            status: "no count".to_owned(),
            stderr: text,
        })
    }

    /// `ovs-appctl` against the switch of a host, like `ofproto/trace br-int ...`; returns
    /// what it prints.
    pub async fn appctl<S: Into<String>>(
        &self,
        host: u16,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, LabError> {
        self.layout.read()?.check_host(host)?;
        let control = self.layout.host_dir(host).join("vswitchd.ctl");
        let target = ["-t".to_owned(), control.display().to_string()];
        let args = target.into_iter().chain(args.into_iter().map(Into::into));
        Tool::new("ovs-appctl", args).run().await
    }
}
