//! The port through which a bridge reaches all other hosts: flows choose the far end and
//! the virtual network of each packet.

use std::collections::BTreeMap;
use std::net::IpAddr;

use uuid::Uuid;

use crate::clause::{Condition, Mutation, Mutator};
use crate::error::Error;
use crate::operation::Operation;
use crate::row::Row;
use crate::value::Datum;
use crate::vswitch::bridge::difference;
use crate::vswitch::change::{Effect, Goal, Plan};

/// The columns of the interface that are read, tested and corrected.
const COLUMNS: [&str; 3] = ["type", "options", "ofport_request"];

/// How the tunnel port must be: `remote_ip=flow`, `key=flow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TunnelSpec {
    /// The bridge that the port belongs to.
    pub bridge: String,
    /// The name of port and interface, at most 15 bytes.
    pub name: String,
    /// The tunnel type: `vxlan` or `geneve`.
    pub kind: String,
    /// The source address of tunnel packets: this host's tunnel end point.
    pub local_ip: IpAddr,
    /// The OpenFlow port number to ask for; `None` leaves the choice to Open vSwitch.
    pub ofport_request: Option<u16>,
}

impl TunnelSpec {
    /// A port of this kind, whose number Open vSwitch chooses.
    pub fn new(bridge: &str, name: &str, kind: &str, local_ip: IpAddr) -> Self {
        Self {
            bridge: bridge.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            local_ip,
            ofport_request: None,
        }
    }

    fn by_name(&self) -> Vec<Condition> {
        vec![Condition::equal("name", self.name.as_str())]
    }

    /// The wanted columns; options that somebody else has set stay.
    fn wanted(&self, found: &Row) -> Row {
        let local_ip = self.local_ip.to_string();
        let mut options: BTreeMap<_, _> = found.text_pairs("options").collect();
        options.extend([
            ("remote_ip", "flow"),
            ("key", "flow"),
            ("local_ip", local_ip.as_str()),
        ]);
        let mut row = Row::new()
            .with("type", self.kind.as_str())
            .with("options", Datum::map(options));
        if let Some(number) = self.ofport_request {
            row.set("ofport_request", i64::from(number));
        }
        row
    }

    fn creation(&self, bridge: Uuid) -> Vec<Operation> {
        let interface = self.wanted(&Row::new()).with("name", self.name.as_str());
        let port = Row::new()
            .with("name", self.name.as_str())
            .with("interfaces", Datum::named("interface"));
        let attach = Mutation::new("ports", Mutator::Insert, Datum::named("port"));
        let same_bridge = Row::new().with("name", self.bridge.as_str());
        let on_bridge = vec![Condition::row(bridge)];
        vec![
            Operation::require("Bridge", on_bridge.clone(), &["name"], vec![same_bridge]),
            Operation::require("Port", self.by_name(), &["name"], vec![]),
            Operation::require("Interface", self.by_name(), &["name"], vec![]),
            Operation::insert("Interface", "interface", interface),
            Operation::insert("Port", "port", port),
            Operation::mutate("Bridge", on_bridge, vec![attach]),
        ]
    }

    fn correction(&self, interfaces: &[Row], found: &Row) -> Plan {
        let correction = difference(&self.wanted(found), found);
        if correction.is_empty() {
            return Plan::nothing();
        }
        let expected = interfaces.iter().map(|row| only(row, &COLUMNS)).collect();
        let operations = vec![
            Operation::require("Interface", self.by_name(), &COLUMNS, expected),
            Operation::update("Interface", self.by_name(), correction),
        ];
        Plan {
            effect: Effect::Corrected,
            operations,
        }
    }

    fn conflict<T>(&self, why: &str) -> Result<T, Error> {
        let (name, bridge) = (&self.name, &self.bridge);
        Err(Error::Conflict(format!(
            "cannot make tunnel port {name} on bridge {bridge}: {why}"
        )))
    }
}

impl Goal for TunnelSpec {
    fn describe(&self) -> String {
        format!("tunnel port {} on bridge {}", self.name, self.bridge)
    }

    fn reads(&self) -> Vec<Operation> {
        let interface = ["_uuid", COLUMNS[0], COLUMNS[1], COLUMNS[2]];
        vec![
            Operation::select("Bridge", vec![], &["_uuid", "name", "ports"]),
            Operation::select("Port", self.by_name(), &["_uuid", "interfaces"]),
            Operation::select("Interface", self.by_name(), &interface),
        ]
    }

    fn plan(&self, found: &[&[Row]]) -> Result<Plan, Error> {
        let &[bridges, ports, interfaces] = found else {
            return self.conflict("the database gave no answer to the reads");
        };
        let bridge = bridges
            .iter()
            .find(|row| row.text("name") == Some(&self.bridge));
        let Some((bridge, uuid)) = bridge.and_then(|row| Some((row, row.uuid("_uuid")?))) else {
            return self.conflict("there is no such bridge; ensure it first");
        };
        match (ports, interfaces) {
            ([], []) => Ok(Plan {
                effect: Effect::Created,
                operations: self.creation(uuid),
            }),
            ([port], [interface]) => {
                if !holds(bridge, "ports", port) {
                    return self.conflict(&format!("it belongs to {}", owner(bridges, port)));
                }
                if port.uuids("interfaces").ne(interface.uuid("_uuid")) {
                    return self.conflict("a port of this name has other interfaces");
                }
                Ok(self.correction(interfaces, interface))
            }
            _ => self.conflict("a port and an interface of this name do not belong together"),
        }
    }
}

/// Whether a set column refers to the row.
fn holds(holder: &Row, column: &str, row: &Row) -> bool {
    row.uuid("_uuid")
        .is_some_and(|uuid| holder.uuids(column).any(|held| held == uuid))
}

fn owner(bridges: &[Row], port: &Row) -> String {
    let owner = bridges.iter().find(|bridge| holds(bridge, "ports", port));
    let name = owner.and_then(|bridge| bridge.text("name"));
    name.map_or_else(|| "no bridge".to_owned(), |name| format!("bridge {name}"))
}

fn only(row: &Row, columns: &[&str]) -> Row {
    let mut kept = Row::new();
    for (column, value) in row.columns().filter(|(column, _)| columns.contains(column)) {
        kept.set(column, value.clone());
    }
    kept
}
