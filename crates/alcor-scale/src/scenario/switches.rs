//! What a scenario asks of real hosts among the emulated ones.

use alcor_lab::MAX_HOSTS;
use anyhow::ensure;
use serde::{Deserialize, Serialize};

/// Real hosts: namespaces with Open vSwitch, an agent and VMs in the largest network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switches {
    /// How many; 0 for none, else 3 at least. They need root.
    pub hosts: u16,
    /// VMs on each.
    pub vms_per_host: u16,
    /// First pings to cold neighbours, one after the other.
    pub one_by_one: u32,
    /// First pings to cold neighbours, all at once.
    pub at_once: u32,
    /// First packets to ports of emulated hosts, all at once.
    pub to_emulated: u32,
    /// Moves of a VM to another host while it is pinged.
    pub moves: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            hosts: 0,
            vms_per_host: 2,
            one_by_one: 60,
            at_once: 200,
            to_emulated: 50,
            moves: 5,
        }
    }
}

impl Switches {
    /// Pairs of VMs that are cold to each other, however many others of them have spoken: of two hosts,
    /// each VM of the one has one of the other for itself.
    pub(crate) fn pairs(&self) -> u32 {
        let hosts = u32::from(self.hosts);
        hosts * hosts.saturating_sub(1) / 2 * u32::from(self.vms_per_host)
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        if self.hosts == 0 {
            return Ok(());
        }
        let hosts = 3..=MAX_HOSTS;
        ensure!(
            hosts.contains(&self.hosts),
            "switches.hosts: none, or 3 to {MAX_HOSTS}: a VM moves from one to another under a ping from a third"
        );
        let vms = 1..=100;
        ensure!(
            vms.contains(&self.vms_per_host),
            "switches.vms-per-host: 1 to 100"
        );
        let (pairs, wanted) = (self.pairs(), self.one_by_one.saturating_add(self.at_once));
        ensure!(
            wanted <= pairs,
            "switches: {wanted} first pings (one-by-one and at-once) need as many pairs of VMs that have \
             never spoken, and {} hosts with {} VMs each have {pairs}",
            self.hosts,
            self.vms_per_host
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_pings_need_pairs_that_never_spoke() {
        let asked = |hosts, one_by_one| Switches {
            hosts,
            one_by_one,
            ..Switches::default()
        };
        assert!(asked(0, 1_000).validate().is_ok(), "there are none");
        assert!(asked(2, 0).validate().is_err());
        assert_eq!(asked(20, 0).pairs(), 380);
        assert!(asked(20, 180).validate().is_ok());
        let error = asked(20, 181).validate().unwrap_err().to_string();
        assert!(error.contains("381") && error.contains("380"), "{error}");
    }
}
