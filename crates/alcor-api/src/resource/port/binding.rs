//! The parts of a port's view that are objects of their own: binding details, the binding's
//! profile, and address pairs.

use super::Ports;
use crate::resource::{Reading, Row};
use crate::value::Object;
use alcor_managers::records;
use alcor_managers::schema;
use alcor_types::{AllowedAddressPair, HostName, MacAddr, Node, Port};
use ipnet::IpNet;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// The bridge that VMs are plugged into where the host's agent named no other.
const BRIDGE: &str = "br-int";

/// `binding:vif_details`: how Nova plugs the port. Empty while the port is not bound.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum VifDetails {
    /// Bound to Open vSwitch.
    Ovs {
        /// Whether traffic is filtered: hosts enforce security groups themselves.
        port_filter: bool,
        /// The layer the network connects on.
        connectivity: &'static str,
        /// The bridge to plug into.
        bridge_name: Cow<'static, str>,
        /// The kind of OVS datapath.
        datapath_type: &'static str,
        /// Whether a Linux bridge sits between VM and OVS.
        ovs_hybrid_plug: bool,
    },
    /// Not bound.
    None {},
}

impl VifDetails {
    /// The details of a port.
    pub(super) fn of(row: &Row<'_, Ports>) -> Self {
        match &row.record.host {
            Some(host) => Self::at(row.reading, host, row.state().vif_type),
            None => Self::None {},
        }
    }

    /// The details of a binding to a host.
    pub(crate) fn at(reading: &Reading, host: &HostName, vif_type: &str) -> Self {
        if vif_type != "ovs" {
            return Self::None {};
        }
        Self::Ovs {
            port_filter: true,
            connectivity: "l2",
            bridge_name: bridge(reading, host).map_or(Cow::Borrowed(BRIDGE), Cow::Owned),
            datapath_type: "system",
            ovs_hybrid_plug: false,
        }
    }
}

/// The bridge that the host's agent registered.
fn bridge(reading: &Reading, host: &HostName) -> Option<String> {
    let mut nodes = records::lookup::<Node>(
        &reading.snapshot,
        schema::NODE_BY_NAME,
        &[host.as_str().as_bytes()],
        None,
        false,
    );
    let node = nodes.next()?.ok()?;
    (!node.bridge.is_empty() && node.bridge != BRIDGE).then_some(node.bridge)
}

/// `binding:profile` of a port. Nova reads in it whether the VIF of a bound port is trusted.
pub(super) fn profile(row: &Row<'_, Ports>) -> Value {
    let mut profile = object(&row.record.binding_profile);
    if let (Some(_), Some(trusted)) = (&row.record.host, row.record.hardware.trusted) {
        profile.insert("trusted".to_owned(), trusted.into());
    }
    profile.into()
}

/// An object that is stored as text.
pub(crate) struct Profile<'a>(pub(crate) &'a str);

impl Serialize for Profile<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        object(self.0).serialize(to)
    }
}

fn object(text: &str) -> Map<String, Value> {
    if text.is_empty() || text == "{}" {
        return Map::new();
    }
    serde_json::from_str(text).unwrap_or_default()
}

/// The text that is stored for a profile.
pub(crate) fn profile_text(profile: Object) -> String {
    Value::Object(profile.0).to_string()
}

/// An address pair as Neutron shows it: a single address without its prefix length, and the
/// port's own MAC where none was named.
#[derive(Serialize)]
pub(super) struct Pair {
    #[serde(serialize_with = "short")]
    ip_address: IpNet,
    mac_address: MacAddr,
}

/// The port's address pairs.
pub(super) fn pairs(port: &Port) -> Vec<Pair> {
    let pair = |pair: &AllowedAddressPair| Pair {
        ip_address: pair.ip_address,
        mac_address: pair.mac_address.unwrap_or(port.mac_address),
    };
    port.allowed_address_pairs.iter().map(pair).collect()
}

fn short<S: Serializer>(block: &IpNet, to: S) -> Result<S::Ok, S::Error> {
    let text: &dyn fmt::Display = if block.prefix_len() == block.max_prefix_len() {
        &block.addr()
    } else {
        block
    };
    to.collect_str(text)
}
