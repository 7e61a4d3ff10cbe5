//! Metering: labels under which routers count a project's traffic, and the rules that choose
//! which traffic.

use crate::{FlowDirection, MeteringLabelId, MeteringRuleId, ProjectId};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A metering label as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MeteringLabel {
    /// Its id.
    pub id: MeteringLabelId,
    /// Whose traffic is counted.
    pub project_id: ProjectId,
    /// A label for people.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether the traffic of every project is counted.
    pub shared: bool,
}

/// Which addresses a rule speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MeteredPrefix {
    /// The other side's, whichever way the traffic goes.
    Remote(IpNet),
    /// Those in the packets' headers; at least one is there.
    Header {
        /// Where packets come from.
        source: Option<IpNet>,
        /// Where packets go.
        destination: Option<IpNet>,
    },
}

/// A rule of a metering label as the store holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MeteringRule {
    /// Its id.
    pub id: MeteringRuleId,
    /// The label it belongs to.
    pub label_id: MeteringLabelId,
    /// Which way the counted traffic goes.
    pub direction: FlowDirection,
    /// Which addresses it has.
    pub prefix: MeteredPrefix,
    /// Whether the traffic is left out of the count instead.
    pub excluded: bool,
}
