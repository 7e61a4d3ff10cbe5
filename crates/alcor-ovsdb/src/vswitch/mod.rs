//! What a host agent asks of the `Open_vSwitch` database, ovs-vswitchd.conf.db(5).
//!
//! Every change is one transaction that first tests that what was read is still so. Two
//! agents, or an agent and a person with `ovs-vsctl`, cannot overwrite each other unseen;
//! the loser reads again. Only the keys and columns asked for are changed.

mod bridge;
mod change;
mod patch;
mod tunnel;
mod view;
mod watch;

use std::time::Duration;

pub use bridge::BridgeSpec;
pub use change::{Effect, Ensured};
pub use patch::PatchSpec;
pub use tunnel::TunnelSpec;
pub use view::{BridgePort, BridgeView, LinkState, Vif, WIRE};
pub use watch::{BridgeEvent, BridgeWatch};

use crate::clause::{Condition, Function, Mutation, Mutator};
use crate::connection::Connection;
use crate::error::Error;
use crate::monitor::MonitorRequest;
use crate::operation::{Operation, Until, Wait};
use crate::value::Datum;

/// The name of the database.
pub const DATABASE: &str = "Open_vSwitch";

/// What our call may take beyond the time that the server is asked to wait.
const ANSWER_MARGIN: Duration = Duration::from_secs(5);

/// The `Open_vSwitch` database behind a connection.
#[derive(Debug, Clone)]
pub struct Vswitch {
    connection: Connection,
}

impl Vswitch {
    /// Uses this connection; nothing is sent yet.
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// The connection, for whatever this type does not offer.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Creates the bridge, or corrects the columns of an existing one that differ from the
    /// specification. Ports and other columns of an existing bridge are left alone.
    ///
    /// Returns when the database holds the change; [`Vswitch::applied`] waits for
    /// ovs-vswitchd.
    pub async fn ensure_bridge(&self, spec: &BridgeSpec) -> Result<Ensured, Error> {
        change::ensure(&self.connection, spec).await
    }

    /// Creates the tunnel port on its bridge, or corrects its type and options. Fails with
    /// [`Error::Conflict`] when the bridge is missing or the name is used elsewhere.
    pub async fn ensure_tunnel_port(&self, spec: &TunnelSpec) -> Result<Ensured, Error> {
        change::ensure(&self.connection, spec).await
    }

    /// Connects two bridges by patch ports. Fails with [`Error::Conflict`] when one is missing.
    pub async fn ensure_patch(&self, spec: &PatchSpec) -> Result<Ensured, Error> {
        change::ensure(&self.connection, spec).await
    }

    /// Sets keys of the bridge's `external_ids`, or takes them away; other keys stay.
    pub async fn set_bridge_ids(
        &self,
        bridge: &str,
        ids: &[(String, Option<String>)],
    ) -> Result<(), Error> {
        let keys = Datum::set(ids.iter().map(|(key, _)| key.as_str()));
        let values = ids.iter().filter_map(|(key, value)| {
            let value = value.as_ref()?;
            Some((key.as_str(), value.as_str()))
        });
        let changes = vec![
            Mutation::new("external_ids", Mutator::Delete, keys),
            Mutation::new("external_ids", Mutator::Insert, Datum::map(values)),
        ];
        let by_name = vec![Condition::equal("name", bridge)];
        let operation = Operation::mutate("Bridge", by_name, changes);
        self.connection.transact(DATABASE, &[operation]).await?;
        Ok(())
    }

    /// Waits until ovs-vswitchd has applied configuration `cfg` (an [`Ensured::cfg`]) or a
    /// later one; [`Error::NotApplied`] when it has not done so within `allowed`.
    pub async fn applied(&self, cfg: i64, allowed: Duration) -> Result<(), Error> {
        // Rows that still lag behind are selected; the wait is for there being none.
        let lagging = Operation::Wait(Wait {
            table: "Open_vSwitch".to_owned(),
            conditions: vec![Condition::new("cur_cfg", Function::Less, cfg)],
            columns: vec!["cur_cfg".to_owned()],
            until: Until::Equal,
            rows: vec![],
            timeout: allowed,
        });
        let within = allowed.saturating_add(ANSWER_MARGIN);
        match self
            .connection
            .transact_within(DATABASE, &[lagging], within)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.is_unmet_wait() => Err(Error::NotApplied {
                cfg,
                after: allowed,
            }),
            Err(error) => Err(error),
        }
    }

    /// Follows the interfaces of one bridge, and its tunnel ports of these names.
    ///
    /// The bridge need not exist yet. Interfaces of other bridges never appear.
    pub async fn watch(&self, bridge: &str, tunnels: &[&str]) -> Result<BridgeWatch, Error> {
        let request = MonitorRequest::new()
            .table("Bridge", &["name", "ports", "external_ids"])
            .table("Port", &["interfaces"])
            .table("Interface", &view::INTERFACE_COLUMNS);
        let monitor = self.connection.monitor(DATABASE, &request).await?;
        Ok(BridgeWatch::new(monitor, bridge, tunnels))
    }
}
