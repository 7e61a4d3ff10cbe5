//! What the generic parts (parsing, listing, views) need to know of each kind of resource.

mod address_group;
mod address_scope;
mod agent;
mod conntrack_helper;
#[cfg(test)]
mod consistency;
pub(crate) mod flavor;
mod floating_ip;
mod ip_availability;
mod metering;
mod network;
mod network_acl;
mod node;
mod port;
mod port_forwarding;
pub(crate) mod qos;
mod rbac_policy;
mod route_table;
mod router;
mod security_group;
mod segment;
mod segment_range;
mod subnet;
mod subnet_pool;
mod tap;
mod trunk;

pub(crate) use address_group::AddressGroups;
pub(crate) use address_scope::AddressScopes;
pub(crate) use agent::Agents;
pub(crate) use conntrack_helper::ConntrackHelpers;
pub(crate) use flavor::{Flavors, ServiceProfiles};
pub(crate) use floating_ip::FloatingIps;
pub(crate) use ip_availability::IpAvailabilities;
pub(crate) use metering::{MeteringLabels, MeteringRules};
pub(crate) use network::Networks;
pub(crate) use network_acl::{AclRules, NetworkAcls};
pub(crate) use node::Nodes;
pub(crate) use port::{Ports, Profile, VifDetails, profile_text};
pub(crate) use port_forwarding::PortForwardings;
pub(crate) use rbac_policy::RbacPolicies;
pub(crate) use route_table::RouteTables;
pub(crate) use router::{Routers, gateway_requests};
pub(crate) use security_group::SecurityGroups;
pub(crate) use security_group::rule::SecurityGroupRules;
pub(crate) use security_group::template::DefaultSecurityGroupRules;
pub(crate) use segment::Segments;
pub(crate) use segment_range::SegmentRanges;
pub(crate) use subnet::Subnets;
pub(crate) use subnet_pool::{SubnetPools, blocks};
pub(crate) use tap::{TapFlows, TapServices};
pub(crate) use trunk::{Trunks, sub_ports};

use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::Field;
use crate::list::{IndexRule, Lookup};
use crate::query::{Filter, QueryString};
use crate::state::{ApiState, Liveness};
use crate::view::Fields;
use alcor_managers::records::{self, Index, Record};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_store::{Snapshot, Txn};
use alcor_types::{FixedIp, Standard};
use serde::ser::SerializeMap;
use std::sync::Arc;
use uuid::Uuid;

/// One consistent view of the region while a request is answered.
#[derive(Clone)]
pub(crate) struct Reading {
    /// The store at one revision.
    pub(crate) snapshot: Snapshot,
    /// Which agents are alive now.
    pub(crate) liveness: Arc<dyn Liveness>,
    /// Who asks; some attributes depend on it.
    pub(crate) caller: Caller,
    /// The owner of the resource whose path this one lies below, where it lies below one.
    pub(crate) parent_project: Option<String>,
    /// The operator's choices.
    pub(crate) settings: Arc<Settings>,
}

impl Reading {
    /// The same question to the newest state of the region.
    pub(crate) fn renewed(&self, state: &ApiState) -> Self {
        Self {
            parent_project: self.parent_project.clone(),
            ..state.reading(&self.caller)
        }
    }

    /// The record with this key. A record that cannot be read is logged and counts as absent,
    /// because one damaged row must not hide all others.
    pub(crate) fn get<T: Record>(&self, key: &[u8]) -> Option<T> {
        records::get::<T>(&self.snapshot, key).unwrap_or_else(|error| {
            tracing::error!(%error, "unreadable record");
            None
        })
    }

    /// The records that an index has under `part`, in the order of their ids; those that cannot
    /// be read are left out, as in [`Reading::get`].
    pub(crate) fn records<T: Record>(&self, index: Index, part: &[u8]) -> Vec<T> {
        let found = records::lookup::<T>(&self.snapshot, index, &[part], None, false);
        let readable = found.filter_map(|record| match record {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(%error, "unreadable record");
                None
            }
        });
        readable.collect()
    }

    /// The ids of the records that an index has under `part`, in their order.
    pub(crate) fn keys<T: Record>(&self, index: Index, part: &[u8]) -> Vec<Uuid> {
        records::lookup_keys::<T>(&self.snapshot, index, &[part], None, false)
            .filter_map(|key| Uuid::from_slice(&key).ok())
            .collect()
    }
}

/// A record with what is looked up beside it, when somebody asks.
pub(crate) struct Row<'a, R: Resource> {
    /// The record.
    pub(crate) record: R::Record,
    /// Where further facts are looked up.
    pub(crate) reading: &'a Reading,
    /// The facts that were.
    pub(crate) extra: R::Extra,
}

impl<'a, R: Resource> Row<'a, R> {
    /// A row of which nothing has been looked up.
    pub(crate) fn new(record: R::Record, reading: &'a Reading) -> Self {
        Self {
            record,
            reading,
            extra: R::Extra::default(),
        }
    }

    /// The primary key.
    pub(crate) fn key(&self) -> Vec<u8> {
        R::id(&self.record).as_bytes().to_vec()
    }
}

/// Writes what a list must find in the store, in a transaction of its own before the list is read.
pub(crate) type Preparation = Box<dyn FnMut(&mut Txn<'_>) -> Result<(), ApiError> + Send>;

/// A kind of resource that can be listed and shown.
pub(crate) trait Resource: Sized + Send + Sync + 'static {
    /// The envelope of one: `network`.
    const SINGULAR: &'static str;
    /// The envelope of many: `networks`.
    const PLURAL: &'static str;
    /// Its path below `/v2.0`, where it differs from the envelope: `security-groups`.
    const PATH: &'static str = Self::PLURAL;
    /// Its name in the policy's rules, where it differs from the envelope: `create_port_binding`.
    const POLICY: &'static str = Self::SINGULAR;
    /// The attribute that holds its id.
    const ID: &'static str = "id";
    /// Whether it has tags and times, and the filters that go with them.
    const HAS_STANDARD: bool;
    /// Whether it has the filter `fixed_ips`.
    const HAS_FIXED_IPS: bool = false;
    /// The index of tags, where there is one.
    const TAG_INDEX: Option<Index> = None;

    /// What the store holds, keyed by the sixteen bytes of its id.
    type Record: Record + Send + Sync + 'static;
    /// What is looked up beside it.
    type Extra: Default;

    /// The attribute table.
    fn attributes() -> &'static [Attribute<Self>];

    /// Which indexes answer which filters, the most selective first.
    fn indexes() -> &'static [IndexRule] {
        &[]
    }

    /// Its id.
    fn id(record: &Self::Record) -> Uuid;

    /// Its standard attributes.
    fn standard(_: &Self::Record) -> Option<&Standard> {
        None
    }

    /// Its addresses.
    fn fixed_ips(_: &Self::Record) -> &[FixedIp] {
        &[]
    }

    /// Whether the caller sees it.
    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool;

    /// Index entries that together hold every row such a caller may see; none: look at all.
    fn scope(_caller: &Caller, _reading: &Reading) -> Option<Vec<Lookup>> {
        None
    }

    /// What must be written before a list of it is right; none: nothing.
    fn prepare(_caller: &Caller, _query: &QueryString, _reading: &Reading) -> Option<Preparation> {
        None
    }

    /// Leaves in a row of a list what the filters ask for, where they reach into the row.
    fn narrow(_row: &mut Row<'_, Self>, _filters: &[Filter<Self>]) {}

    /// The error for an id that does not exist.
    fn not_found(id: &str) -> RequestError;

    /// Writes every attribute.
    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error>;
}

/// A kind of resource that callers make, change and remove through a manager.
pub(crate) trait Managed: Resource {
    /// A checked create request.
    type Create: Send + 'static;
    /// A checked update request.
    type Update: Send + 'static;

    /// Builds a create request from a body.
    fn create_request(body: &Attributes) -> Result<Self::Create, RequestError>;

    /// Builds an update request from a body and `If-Match`.
    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<Self::Update, RequestError>;

    /// Makes them all, or none.
    fn create(
        txn: &mut Txn<'_>,
        requests: &[Self::Create],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Self::Record>, ApiError>;

    /// Changes one.
    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &Self::Update,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Self::Record, ApiError>;

    /// Removes one.
    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError>;
}

/// A resource that lives under another one's path: `/v2.0/floatingips/{parent}/...`.
pub(crate) trait Nested: Managed {
    /// The resource it belongs to. Who sees that sees this.
    type Parent: Resource;
    /// The attribute that holds the parent's id, in the table and for filters, even where views
    /// do not show it.
    const PARENT: &'static str;

    /// The parent of this one.
    fn parent(record: &Self::Record) -> Uuid;
}

/// Reads an id of any kind as a field.
pub(crate) fn id_field<'a>(id: impl Into<Uuid>) -> Field<'a> {
    Field::Id(id.into())
}
