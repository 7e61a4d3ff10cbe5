//! The bridge that carries the virtual machines.

use std::collections::{BTreeMap, BTreeSet};

use crate::clause::{Condition, Mutation, Mutator};
use crate::error::Error;
use crate::operation::Operation;
use crate::row::Row;
use crate::value::Datum;
use crate::vswitch::change::{Effect, Goal, Plan};

/// The columns of an existing bridge that are read, tested and corrected.
const COLUMNS: [&str; 4] = ["datapath_type", "fail_mode", "protocols", "other_config"];

/// Without a controller nothing is forwarded and flows stay: `fail_mode` of every bridge
/// made here.
const FAIL_MODE: &str = "secure";

/// How a bridge must be. Its `fail_mode` is always `secure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeSpec {
    /// The bridge's name, at most 15 bytes as for any interface.
    pub name: String,
    /// `system` or `netdev`; `None` leaves the choice to Open vSwitch, and an existing
    /// bridge as it is. Changing it makes ovs-vswitchd build the bridge anew.
    pub datapath_type: Option<String>,
    /// OpenFlow versions that must be enabled, such as `OpenFlow13`. Further versions of an
    /// existing bridge stay enabled; one that names none is limited to these.
    pub protocols: BTreeSet<String>,
    /// Keys of `other_config` that must have these values; other keys stay.
    pub other_config: BTreeMap<String, String>,
}

impl BridgeSpec {
    /// A bridge with OpenFlow 1.3 to 1.5, without hidden in-band control flows.
    pub fn new(name: &str) -> Self {
        let protocols = ["OpenFlow13", "OpenFlow14", "OpenFlow15"];
        let in_band = ("disable-in-band".to_owned(), "true".to_owned());
        Self {
            name: name.to_owned(),
            datapath_type: None,
            protocols: protocols.map(str::to_owned).into(),
            other_config: [in_band].into(),
        }
    }

    fn by_name(&self) -> Vec<Condition> {
        vec![Condition::equal("name", self.name.as_str())]
    }

    fn test(&self, found: &[Row]) -> Operation {
        Operation::require("Bridge", self.by_name(), &COLUMNS, found.to_vec())
    }

    /// The columns of the found bridge that must change.
    fn correction(&self, found: &Row) -> Row {
        let mut protocols: BTreeSet<_> = found.texts("protocols").collect();
        protocols.extend(self.protocols.iter().map(String::as_str));
        let mut other_config: BTreeMap<_, _> = found.text_pairs("other_config").collect();
        other_config.extend(pairs(&self.other_config));
        let mut wanted = Row::new()
            .with("fail_mode", FAIL_MODE)
            .with("protocols", Datum::set(protocols))
            .with("other_config", Datum::map(other_config));
        if let Some(kind) = &self.datapath_type {
            wanted.set("datapath_type", kind.as_str());
        }
        difference(&wanted, found)
    }

    /// A bridge with its local port, as `ovs-vsctl add-br` makes it.
    fn creation(&self) -> Vec<Operation> {
        let name = self.name.as_str();
        let bridge = Row::new()
            .with("name", name)
            .with(
                "datapath_type",
                self.datapath_type.as_deref().unwrap_or_default(),
            )
            .with("fail_mode", FAIL_MODE)
            .with(
                "protocols",
                Datum::set(self.protocols.iter().map(String::as_str)),
            )
            .with("other_config", Datum::map(pairs(&self.other_config)))
            .with("ports", Datum::named("port"));
        let port = Row::new()
            .with("name", name)
            .with("interfaces", Datum::named("interface"));
        let interface = Row::new().with("name", name).with("type", "internal");
        let attach = Mutation::new("bridges", Mutator::Insert, Datum::named("bridge"));
        vec![
            self.test(&[]),
            Operation::insert("Interface", "interface", interface),
            Operation::insert("Port", "port", port),
            Operation::insert("Bridge", "bridge", bridge),
            Operation::mutate("Open_vSwitch", vec![], vec![attach]),
        ]
    }
}

impl Goal for BridgeSpec {
    fn describe(&self) -> String {
        format!("bridge {}", self.name)
    }

    fn reads(&self) -> Vec<Operation> {
        vec![Operation::select("Bridge", self.by_name(), &COLUMNS)]
    }

    fn plan(&self, found: &[&[Row]]) -> Result<Plan, Error> {
        let bridges = found.first().copied().unwrap_or_default();
        let Some(bridge) = bridges.first() else {
            return Ok(Plan {
                effect: Effect::Created,
                operations: self.creation(),
            });
        };
        let correction = self.correction(bridge);
        if correction.is_empty() {
            return Ok(Plan::nothing());
        }
        let update = Operation::update("Bridge", self.by_name(), correction);
        Ok(Plan {
            effect: Effect::Corrected,
            operations: vec![self.test(bridges), update],
        })
    }
}

/// The wanted columns whose value is not the found one.
pub(crate) fn difference(wanted: &Row, found: &Row) -> Row {
    let mut row = Row::new();
    for (column, value) in wanted.columns() {
        if found.get(column) != Some(value) {
            row.set(column, value.clone());
        }
    }
    row
}

fn pairs(map: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    map.iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
}
