//! A closed loop: so many clients, each with one connection, each sending its next request
//! when its last one has been answered.

use crate::meter::{Meter, Usage};
use crate::samples::Samples;
use crate::wire::Wire;
use futures::future::try_join_all;
use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What is sent, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) clients: usize,
    /// No request is sent after this time.
    pub(crate) time: Duration,
    /// Nor after so many.
    pub(crate) requests: u64,
    /// The status of every answer.
    pub(crate) status: u16,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    /// From a request's first byte to its answer's last one.
    pub(crate) latencies: Samples,
    pub(crate) usage: Usage,
}

impl Round {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.usage.wall
    }

    /// The server's processor time for one request, in microseconds.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.usage.watched * 1e6 / self.latencies.len().max(1) as f64
    }
}

/// Runs one round against the server with this process id. `make` gets a number that no
/// other request of the round has.
pub(crate) async fn run(
    plan: Plan,
    server: i32,
    make: impl Fn(u64) -> Vec<u8>,
) -> anyhow::Result<Round> {
    let connections = (0..plan.clients).map(|_| Wire::connect(plan.address));
    let connections = try_join_all(connections).await?;
    let sent = Cell::new(0);
    let meter = Meter::start([server]);
    let until = Instant::now() + plan.time;
    let clients = connections.into_iter().map(|wire| {
        let (make, sent) = (&make, &sent);
        async move { client(wire, plan, until, sent, make).await }
    });
    let all = try_join_all(clients).await?;
    let usage = meter.read();
    let mut latencies = Samples::default();
    for one in &all {
        latencies.extend(one);
    }
    Ok(Round { latencies, usage })
}

async fn client(
    mut wire: Wire,
    plan: Plan,
    until: Instant,
    sent: &Cell<u64>,
    make: impl Fn(u64) -> Vec<u8>,
) -> anyhow::Result<Samples> {
    let mut latencies = Samples::default();
    while Instant::now() < until && sent.get() < plan.requests {
        let request = make(sent.replace(sent.get() + 1));
        let began = Instant::now();
        wire.call(&request, plan.status).await?;
        latencies.add(began.elapsed());
    }
    Ok(latencies)
}
