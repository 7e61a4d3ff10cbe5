//! A cable between two bridges: a pair of patch ports.

use crate::clause::{Condition, Mutation, Mutator};
use crate::error::Error;
use crate::operation::Operation;
use crate::row::Row;
use crate::value::Datum;
use crate::vswitch::change::{Effect, Goal, Plan};

/// A pair of patch ports, each the other's peer. Ports of these names that are there already are
/// left as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchSpec {
    /// The first bridge, and the name of its port.
    pub here: (String, String),
    /// The second bridge, and the name of its port.
    pub there: (String, String),
    /// A key of `external_ids` that the first bridge's interface gets, and its value.
    pub mark: (String, String),
}

impl PatchSpec {
    fn creation(
        &self,
        (bridge, name): &(String, String),
        peer: &str,
        handle: &str,
    ) -> Vec<Operation> {
        let by_name = |text: &str| vec![Condition::equal("name", text)];
        let (interface_handle, port_handle) = (format!("i{handle}"), format!("p{handle}"));
        let mut interface = Row::new()
            .with("name", name.as_str())
            .with("type", "patch")
            .with("options", Datum::map([("peer", peer)]));
        if *name == self.here.1 {
            let (key, value) = &self.mark;
            interface.set("external_ids", Datum::map([(key.as_str(), value.as_str())]));
        }
        let port = Row::new()
            .with("name", name.as_str())
            .with("interfaces", Datum::named(&interface_handle));
        let attach = Mutation::new("ports", Mutator::Insert, Datum::named(&port_handle));
        vec![
            Operation::require("Port", by_name(name), &["name"], vec![]),
            Operation::insert("Interface", &interface_handle, interface),
            Operation::insert("Port", &port_handle, port),
            Operation::mutate("Bridge", by_name(bridge), vec![attach]),
        ]
    }
}

impl Goal for PatchSpec {
    fn describe(&self) -> String {
        format!(
            "patch ports from bridge {} to {}",
            self.here.0, self.there.0
        )
    }

    fn reads(&self) -> Vec<Operation> {
        vec![
            Operation::select("Bridge", vec![], &["name"]),
            Operation::select("Port", vec![], &["name"]),
        ]
    }

    fn plan(&self, found: &[&[Row]]) -> Result<Plan, Error> {
        let named = |index: usize, name: &str| {
            let rows = found.get(index).copied().unwrap_or_default();
            rows.iter().any(|row| row.text("name") == Some(name))
        };
        for (bridge, _) in [&self.here, &self.there] {
            if !named(0, bridge) {
                return Err(Error::Conflict(format!(
                    "{}: there is no bridge {bridge}; make it, or correct the mapping",
                    self.describe()
                )));
            }
        }
        let mut operations = Vec::new();
        if !named(1, &self.here.1) {
            operations.extend(self.creation(&self.here, &self.there.1, "here"));
        }
        if !named(1, &self.there.1) {
            operations.extend(self.creation(&self.there, &self.here.1, "there"));
        }
        let effect = if operations.is_empty() {
            Effect::Unchanged
        } else {
            Effect::Created
        };
        Ok(Plan { effect, operations })
    }
}
