//! Clients of DHCPv6 and of routers, with their files.

use super::{LONG, until};
use alcor::scenario::Scenario;
use anyhow::Context;
use std::path::PathBuf;
use std::process::Child;
use tempfile::TempDir;

/// Asks for what Neutron's DHCP gives, without the long first pauses of the defaults.
const DHCLIENT_CONF: &str = "\
also request dhcp6.bootfile-url;
option dhcp6.bootfile-url code 59 = text;
";

/// Takes what routers and servers say, and gets its address in one exchange where it can.
const DHCPCD_CONF: &str = "\
nodelay
duid
option rapid_commit
option dhcp6_name_servers, dhcp6_domain_search
ipv6rs
";

/// Routers and DHCPv6, the latter where routers say so.
const NETWORKD_CONF: &str = "[Match]\\nName=eth0\\n[Network]\\nIPv6AcceptRA=yes\\n[IPv6AcceptRA]\\nUseDomains=yes\\n\
     [DHCPv6]\\nUseDomains=yes\\n";

/// A client's files outside of its VM.
pub(crate) struct Desk {
    vm: String,
    files: TempDir,
}

impl Desk {
    pub(crate) fn new(vm: &str) -> anyhow::Result<Self> {
        let files = tempfile::tempdir()?;
        let desk = Self {
            vm: vm.to_owned(),
            files,
        };
        let events = desk.path("events");
        let hook = format!("#!/bin/sh\nenv >> {}\n", events.display());
        std::fs::write(desk.path("hook"), hook)?;
        std::fs::write(&events, "")?;
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(desk.path("hook"), executable)?;
        Ok(desk)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// All that the client has told its hook.
    pub(crate) fn events(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.path("events"))?)
    }

    /// What the client has said of itself.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    pub(crate) async fn hears(&self, word: &str) -> anyhow::Result<()> {
        let what = format!("the client of {} tells {word}", self.vm);
        let heard = until(&what, async || anyhow::Ok(self.events()?.contains(word))).await;
        heard.with_context(|| format!("{}\n{}", self.events().unwrap_or_default(), self.log()))
    }

    /// A shell's line in the VM; what it says is written down.
    async fn shell(&self, region: &Scenario, line: &str) -> anyhow::Result<()> {
        let line = format!("{line} >> {} 2>&1", self.path("log").display());
        let done = region
            .lab()
            .exec(&self.vm, ["sh", "-c", &line], LONG)
            .await?;
        let log = std::fs::read_to_string(self.path("log"))?;
        anyhow::ensure!(done.success(), "{line}: {done:?}\n{log}");
        Ok(())
    }

    /// ISC's client with one more word. Debian confines the one of the system to its own folders
    /// (AppArmor); a copy is a program like any other.
    pub(crate) async fn dhclient(&self, region: &Scenario, word: &str) -> anyhow::Result<()> {
        let program = self.path("dhclient");
        if !program.exists() {
            std::fs::copy("/usr/sbin/dhclient", &program)?;
            std::fs::write(self.path("conf"), DHCLIENT_CONF)?;
            std::fs::write(self.path("leases"), "")?;
        }
        let at = |name| self.path(name).display().to_string();
        let (hook, leases, pid, conf) = (at("hook"), at("leases"), at("pid"), at("conf"));
        let files = format!("-sf {hook} -lf {leases} -pf {pid} -cf {conf}");
        let line = format!("{} -6 {word} -v {files} eth0", program.display());
        self.shell(region, &line).await
    }

    /// Roy Marples' client, until it is dropped. It keeps its files in fixed places, so it gets its
    /// own.
    pub(crate) fn dhcpcd(&self, region: &Scenario) -> anyhow::Result<Running> {
        std::fs::write(self.path("conf"), DHCPCD_CONF)?;
        let (conf, hook, log) = (self.path("conf"), self.path("hook"), self.path("log"));
        let line = format!(
            "mount -t tmpfs lab /run; mount -t tmpfs lab /var/lib/dhcpcd; \
             exec dhcpcd -B -6 -d --config {} --script {} eth0 > {} 2>&1",
            conf.display(),
            hook.display(),
            log.display()
        );
        let client = region
            .lab()
            .command(&self.vm, ["sh", "-c", &line])?
            .spawn()?;
        Ok(Running(client))
    }

    /// systemd's client, until it is dropped. It waits for udev unless `/sys` is not to be written, as
    /// in a container.
    pub(crate) fn networkd(&self, region: &Scenario) -> anyhow::Result<Running> {
        let line = format!(
            "mount -t tmpfs lab /run; mount -o remount,ro /sys; \
             mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases; \
             chown -R systemd-network /run/systemd/netif; \
             printf '{NETWORKD_CONF}' > /run/systemd/network/10-alcor.network; \
             exec /lib/systemd/systemd-networkd > {} 2>&1",
            self.path("log").display()
        );
        let client = region
            .lab()
            .command(&self.vm, ["sh", "-c", &line])?
            .spawn()?;
        Ok(Running(client))
    }
}

/// A client that ends with its test.
pub(crate) struct Running(Child);

impl Running {
    /// What networkd has written down of its links; nothing before it is up.
    pub(crate) fn links(&self) -> anyhow::Result<String> {
        let folder = format!("/proc/{}/root/run/systemd/netif/links", self.0.id());
        let mut all = String::new();
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            // It writes a file anew under another name: one that is listed may be gone.
            all += &std::fs::read_to_string(file?.path()).or_else(gone)?;
        }
        Ok(all)
    }
}

/// Nothing of a file that is not there any more.
fn gone(error: std::io::Error) -> std::io::Result<String> {
    match error.kind() {
        std::io::ErrorKind::NotFound => Ok(String::new()),
        _ => Err(error),
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _gone = self.0.wait();
    }
}
