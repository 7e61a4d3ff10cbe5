//! The steps of a packet that leaves the region or comes in, in words.

use super::Words;
use alcor_compiler::oracle::{Step, Translator};
use alcor_goalstate::Carrier;
use alcor_types::{NetworkId, PortId};

impl Words<'_> {
    /// What the step is about, and what it says.
    pub(super) fn outside(&self, step: &Step) -> (&'static str, String) {
        match step {
            Step::Came { network } => (
                "outside",
                format!("it comes by the wire of {}", self.wire(*network)),
            ),
            Step::Taken {
                network,
                address,
                host,
            } => (
                "outside",
                format!(
                    "{address} in network {} is on host {host}",
                    self.network(*network)
                ),
            ),
            Step::Outward { was, now, by } => (
                "nat",
                format!("its source {was} becomes {now}, {}", self.translator(*by)),
            ),
            Step::Inward { was, now, by } => (
                "nat",
                format!(
                    "its destination {was} becomes {now}, {}",
                    self.translator(*by)
                ),
            ),
            Step::NoGateway { router, network } => (
                "gateway",
                format!(
                    "the gateway of router {} to network {} is on no host that can be reached",
                    self.router(*router),
                    self.network(*network)
                ),
            ),
            Step::Untranslated { address } => (
                "nat",
                format!("{address} leads nowhere inside: give it a floating IP"),
            ),
            Step::OwnOutside { router, address } => (
                "router",
                format!(
                    "{address} is {}'s own address outside; it answers pings alone",
                    self.router(*router)
                ),
            ),
            Step::Left { network, from, hop } => (
                "outside",
                format!(
                    "from {from} to {hop} on the wire of {}",
                    self.wire(*network)
                ),
            ),
            other => ("", format!("{other:?}")),
        }
    }

    fn translator(&self, by: Translator) -> String {
        match by {
            Translator::Floating(id) => format!("floating IP {id}"),
            Translator::Router(id) => format!("the address of router {}", self.router(id)),
            Translator::Outlet(id) => self.outlet(id),
        }
    }

    /// A host's own address of a router, by its port.
    fn outlet(&self, port: PortId) -> String {
        let port = self.intent.port(port);
        let router = port.and_then(|port| port.device_id.parse().ok());
        let router = router.map_or_else(String::new, |id| self.router(id));
        format!("this host's own address of router {router}")
    }

    /// The network, and what carries it.
    pub(super) fn wire(&self, network: NetworkId) -> String {
        let carrier = self.intent.network(network).and_then(Carrier::of);
        let named = self.network(network);
        match carrier {
            Some(Carrier::Vlan {
                physical_network,
                tag,
            }) => {
                format!("network {named}: VLAN {tag} of {physical_network}")
            }
            Some(Carrier::Flat { physical_network }) => {
                format!("network {named}: {physical_network}, untagged")
            }
            _ => format!("network {named}"),
        }
    }
}
