//! From intent to packet: a port is created over REST, its host's switch forwards for it.
//!
//! Everything is real but the wires: region, agents, one Open vSwitch a host. A port's
//! interface is plugged before the port is created, under the id that the port will have, and
//! the pings run before it, so that none of the lab's own tools is in any figure. The ports
//! that are there already are bound to the hosts without interfaces: they make flows on all
//! other hosts, and none on their own.

mod bulk;
mod field;
mod probe;
mod restart;

use crate::Scale;
use crate::report::{Report, Row};
use field::Field;

pub(crate) async fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let hosts = scale.hosts.max(2);
    report.add(Row::once("emulated hosts", f64::from(hosts), "hosts"));
    let field = Field::up(hosts).await?;
    for size in [10, 1_000] {
        field.grow(size).await?;
        probe::measure(scale, &field, size, report).await?;
    }
    field.down().await?;

    let field = Field::up(hosts).await?;
    let size = scale.pick(10_000, 2_000);
    bulk::measure(&field, size, report).await?;
    probe::measure(scale, &field, size, report).await?;
    restart::measure(&field, report).await?;
    field.down().await
}
