//! The interfaces of one bridge, read from the monitored tables. Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::row::Row;
use crate::tables::Tables;

/// The columns of Interface that a view is made of.
pub(crate) const INTERFACE_COLUMNS: [&str; 6] = [
    "name",
    "ofport",
    "error",
    "admin_state",
    "link_state",
    "external_ids",
];

/// The key of an interface's `external_ids` that names the physical network behind it.
pub const WIRE: &str = "alcor-physical-network";

/// The highest OpenFlow port number: OFPP_LOCAL in the 16-bit numbers of Open vSwitch.
const MAX_OFPORT: i64 = 65534;

/// A state of an interface as Open vSwitch reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// `up`
    Up,
    /// `down`
    Down,
    /// Not reported (yet).
    Unknown,
}

impl LinkState {
    fn read(row: &Row, column: &str) -> Self {
        match row.text(column) {
            Some("up") => Self::Up,
            Some("down") => Self::Down,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// One interface of the bridge, whatever it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgePort {
    /// The interface's name.
    pub name: String,
    /// The OpenFlow port number, 1 to 65534; `None` until Open vSwitch has opened the
    /// interface, or when it cannot.
    pub ofport: Option<u16>,
    /// `admin_state`
    pub admin_state: LinkState,
    /// `link_state`
    pub link_state: LinkState,
    /// Why Open vSwitch could not open the interface.
    pub error: Option<String>,
}

impl BridgePort {
    fn read(row: &Row) -> Option<Self> {
        let ofport = row
            .integer("ofport")
            .filter(|number| (1..=MAX_OFPORT).contains(number));
        Some(Self {
            name: row.text("name")?.to_owned(),
            ofport: ofport.and_then(|number| u16::try_from(number).ok()),
            admin_state: LinkState::read(row, "admin_state"),
            link_state: LinkState::read(row, "link_state"),
            error: row.text("error").map(str::to_owned),
        })
    }
}

/// An interface that somebody marked as a virtual machine's by `external_ids:iface-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vif {
    /// `external_ids:iface-id`: the id of the Neutron port.
    pub iface_id: String,
    /// `external_ids:attached-mac` as it was written.
    pub attached_mac: Option<String>,
    /// The bridge it is plugged into.
    pub bridge: String,
    /// The interface itself.
    pub port: BridgePort,
}

impl Vif {
    fn read(bridge: &str, row: &Row) -> Option<Self> {
        let iface_id = row
            .text_at("external_ids", "iface-id")
            .filter(|id| !id.is_empty())?;
        Some(Self {
            iface_id: iface_id.to_owned(),
            attached_mac: row
                .text_at("external_ids", "attached-mac")
                .map(str::to_owned),
            bridge: bridge.to_owned(),
            port: BridgePort::read(row)?,
        })
    }

    /// The order among interfaces with the same id: one with an OpenFlow port first, then
    /// by name.
    fn rank(&self) -> (Reverse<bool>, &str) {
        (Reverse(self.port.ofport.is_some()), &self.port.name)
    }
}

/// A consistent picture of one bridge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BridgeView {
    /// Whether the bridge exists.
    pub present: bool,
    /// Virtual machines' interfaces by `iface-id`.
    pub vifs: BTreeMap<String, Vif>,
    /// Names of interfaces that are not in `vifs` because another one with the same
    /// `iface-id` was preferred.
    pub duplicates: BTreeMap<String, BTreeSet<String>>,
    /// The tunnel ports that are on the bridge, by their names.
    pub tunnels: BTreeMap<String, BridgePort>,
    /// The ways to physical networks, by the names that [`WIRE`] gives.
    pub wires: BTreeMap<String, BridgePort>,
    /// The bridge's own `external_ids`.
    pub ids: BTreeMap<String, String>,
}

impl BridgeView {
    /// Reads the picture of `bridge`, with the tunnel ports of these names.
    pub(crate) fn read(tables: &Tables, bridge: &str, tunnels: &[String]) -> Self {
        let found = tables
            .rows("Bridge")
            .find(|(_, row)| row.text("name") == Some(bridge));
        let Some((_, row)) = found else {
            return Self::default();
        };
        let ids = row.text_pairs("external_ids");
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let mut view = Self {
            present: true,
            ids: ids.map(owned).collect(),
            ..Self::default()
        };
        for interface in interfaces(tables, row) {
            let own = |name: &&str| tunnels.iter().any(|tunnel| tunnel == name);
            if let Some(name) = interface.text("name").filter(own) {
                let port = BridgePort::read(interface);
                let named = port.map(|port| (name.to_owned(), port));
                view.tunnels.extend(named);
            } else if let Some(name) = interface.text_at("external_ids", WIRE) {
                let port = BridgePort::read(interface);
                view.wires.extend(port.map(|port| (name.to_owned(), port)));
            } else if let Some(vif) = Vif::read(bridge, interface) {
                view.add(vif);
            }
        }
        view
    }

    fn add(&mut self, mut vif: Vif) {
        let id = vif.iface_id.clone();
        if let Some(other) = self.vifs.remove(&id) {
            let (preferred, spare) = if other.rank() <= vif.rank() {
                (other, vif)
            } else {
                (vif, other)
            };
            self.duplicates
                .entry(id.clone())
                .or_default()
                .insert(spare.port.name);
            vif = preferred;
        }
        self.vifs.insert(id, vif);
    }
}

fn interfaces<'a>(tables: &'a Tables, bridge: &'a Row) -> impl Iterator<Item = &'a Row> {
    let ports = bridge
        .uuids("ports")
        .filter_map(|uuid| tables.row("Port", uuid));
    let interfaces = ports.flat_map(|port| port.uuids("interfaces"));
    interfaces.filter_map(|uuid| tables.row("Interface", uuid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, ofport: i64, id: &str) -> Row {
        let ids = crate::value::Datum::map([("iface-id", id)]);
        Row::new()
            .with("name", name)
            .with("ofport", ofport)
            .with("external_ids", ids)
    }

    fn view_of(rows: &[Row]) -> BridgeView {
        let mut view = BridgeView::default();
        for vif in rows.iter().filter_map(|row| Vif::read("br-int", row)) {
            view.add(vif);
        }
        view
    }

    #[test]
    fn an_ofport_outside_the_range_is_none() {
        let ofport = |number| {
            BridgePort::read(&interface("a", number, "id"))
                .unwrap()
                .ofport
        };
        assert_eq!([-1, 0, 65535, 65537].map(ofport), [None; 4]);
        assert_eq!([1, 65534].map(ofport), [Some(1), Some(65534)]);
    }

    #[test]
    fn the_winner_does_not_depend_on_the_order() {
        let rows = [
            interface("a", -1, "id"),
            interface("b", 7, "id"),
            interface("c", 3, "id"),
        ];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let view = view_of(&order.map(|index: usize| rows[index].clone()));
            assert_eq!(view.vifs["id"].port.name, "b");
            assert_eq!(
                view.duplicates["id"],
                BTreeSet::from(["a".to_owned(), "c".to_owned()])
            );
        }
    }

    #[test]
    fn an_empty_id_is_no_id() {
        assert_eq!(view_of(&[interface("a", 1, "")]), BridgeView::default());
    }
}
