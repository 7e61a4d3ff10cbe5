//! Follows the interfaces of one bridge.
//!
//! Events are the difference between two pictures of the bridge, not a translation of row
//! changes: a slow reader gets fewer events, never wrong ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::monitor::Monitor;
use crate::vswitch::view::{BridgePort, BridgeView, Vif};

/// A change on the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BridgeEvent {
    /// The bridge appeared (true) or was removed (false).
    Present(bool),
    /// An interface with a new `iface-id` appeared; it may have no OpenFlow port yet.
    Plugged(Vif),
    /// Something about the interface of an `iface-id` changed, maybe which interface it is.
    Changed {
        /// Before.
        old: Vif,
        /// Now.
        new: Vif,
    },
    /// No interface has this `iface-id` any more; this was its last state.
    Unplugged(Vif),
    /// The interfaces that share an `iface-id` with a preferred one changed.
    Duplicates {
        /// The id.
        iface_id: String,
        /// Interfaces that are ignored; empty when the id is unique again.
        ignored: BTreeSet<String>,
    },
    /// The ways to physical networks are these now.
    Wires(BTreeMap<String, BridgePort>),
    /// The bridge's own `external_ids` are these now.
    Ids(BTreeMap<String, String>),
    /// The tunnel ports are these now, by their names.
    Tunnels(BTreeMap<String, BridgePort>),
}

/// The interfaces of one bridge, kept current.
#[derive(Debug)]
pub struct BridgeWatch {
    monitor: Monitor,
    bridge: String,
    tunnels: Vec<String>,
    view: BridgeView,
}

impl BridgeWatch {
    pub(crate) fn new(monitor: Monitor, bridge: &str, tunnels: &[&str]) -> Self {
        let tunnels: Vec<_> = tunnels.iter().map(|name| (*name).to_owned()).collect();
        let view = BridgeView::read(&monitor.tables(), bridge, &tunnels);
        Self {
            monitor,
            bridge: bridge.to_owned(),
            tunnels,
            view,
        }
    }

    /// The bridge as of the last event; right after [`Vswitch::watch`](super::Vswitch::watch)
    /// as it was then. Events lead from this picture to the next.
    pub fn view(&self) -> &BridgeView {
        &self.view
    }

    /// Waits for changes; never an empty list. Safe to drop while waiting. Fails when the
    /// connection ends.
    pub async fn next(&mut self) -> Result<Vec<BridgeEvent>, Error> {
        loop {
            // Which rows changed does not matter: the tables are read as a whole.
            self.monitor.next().await?;
            let view = BridgeView::read(&self.monitor.tables(), &self.bridge, &self.tunnels);
            let events = events(&self.view, &view);
            self.view = view;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }
}

/// What leads from one picture to the next.
fn events(old: &BridgeView, new: &BridgeView) -> Vec<BridgeEvent> {
    let mut events = Vec::new();
    if old.present != new.present {
        events.push(BridgeEvent::Present(new.present));
    }
    if old.tunnels != new.tunnels {
        events.push(BridgeEvent::Tunnels(new.tunnels.clone()));
    }
    if old.ids != new.ids {
        events.push(BridgeEvent::Ids(new.ids.clone()));
    }
    if old.wires != new.wires {
        events.push(BridgeEvent::Wires(new.wires.clone()));
    }
    // Gone first, so that an OpenFlow port number is free before it is given anew.
    let gone = old
        .vifs
        .iter()
        .filter(|(id, _)| !new.vifs.contains_key(*id));
    events.extend(gone.map(|(_, vif)| BridgeEvent::Unplugged(vif.clone())));
    events.extend(
        new.vifs
            .iter()
            .filter_map(|(id, vif)| arrived(old.vifs.get(id), vif)),
    );
    events.extend(duplicates(&old.duplicates, &new.duplicates));
    events
}

fn arrived(old: Option<&Vif>, new: &Vif) -> Option<BridgeEvent> {
    match old {
        None => Some(BridgeEvent::Plugged(new.clone())),
        Some(old) if old == new => None,
        Some(old) => Some(BridgeEvent::Changed {
            old: old.clone(),
            new: new.clone(),
        }),
    }
}

type Duplicates = BTreeMap<String, BTreeSet<String>>;

fn duplicates(old: &Duplicates, new: &Duplicates) -> Vec<BridgeEvent> {
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changed = ids.into_iter().filter(|id| old.get(*id) != new.get(*id));
    let event = |id: &String| BridgeEvent::Duplicates {
        iface_id: id.clone(),
        ignored: new.get(id).cloned().unwrap_or_default(),
    };
    changed.map(event).collect()
}
