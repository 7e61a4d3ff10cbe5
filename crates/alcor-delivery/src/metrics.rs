//! Counters of delivery, for `/metrics`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Handles to delivery's metrics; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Open sessions.
    pub sessions: Gauge,
    /// Pushes sent.
    pub pushes: Counter,
    /// Bytes of pushes sent.
    pub bytes: Counter,
    /// Scopes sent whole.
    pub snapshots: Counter,
    /// Pushes that agents refused.
    pub refused: Counter,
    /// Scopes in which an agent held something else than it should.
    pub mismatches: Counter,
    /// Port states written to the store.
    pub port_states: Counter,
    /// What agents ask for in large networks.
    pub demand: DemandMetrics,
}

/// Counters of what agents ask for in large networks.
#[derive(Clone, Debug, Default)]
pub struct DemandMetrics {
    /// Messages that asked.
    pub wants: Counter,
    /// Addresses looked up.
    pub lookups: Counter,
    /// Addresses that nobody had.
    pub absent: Counter,
    /// Messages that were told to ask again later.
    pub shed: Counter,
    /// Neighbours that agents gave back.
    pub released: Counter,
}

impl DemandMetrics {
    fn register(&self, group: &mut Registry) {
        let counters = [
            ("wants", "Questions of agents for neighbours", &self.wants),
            ("lookups", "Addresses looked up for agents", &self.lookups),
            ("absent", "Addresses that nobody had", &self.absent),
            (
                "shed",
                "Questions put off while too many waited",
                &self.shed,
            ),
            ("released", "Neighbours given back", &self.released),
        ];
        for (name, help, counter) in counters {
            group.register(name, help, counter.clone());
        }
    }
}

impl Metrics {
    /// Makes the metrics and registers them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let group = registry.sub_registry_with_prefix("alcor_delivery");
        group.register(
            "sessions",
            "Open sessions of agents",
            metrics.sessions.clone(),
        );
        group.register("pushes", "Pushes sent to agents", metrics.pushes.clone());
        group.register("push_bytes", "Bytes of pushes sent", metrics.bytes.clone());
        group.register(
            "snapshots",
            "Pushes that completed a snapshot",
            metrics.snapshots.clone(),
        );
        group.register(
            "refused",
            "Pushes refused by agents",
            metrics.refused.clone(),
        );
        group.register(
            "audit_mismatches",
            "Scopes that differed",
            metrics.mismatches.clone(),
        );
        group.register(
            "port_states",
            "Port states written",
            metrics.port_states.clone(),
        );
        metrics.demand.register(group);
        metrics
    }
}
