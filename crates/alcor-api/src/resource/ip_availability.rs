//! How many addresses of a network are in use: `/v2.0/network-ip-availabilities`.
//!
//! A view of networks and their subnets; nothing of its own is stored.

use super::{Reading, Resource, Row, id_field};
use crate::attribute::Attribute;
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::query::Filter;
use crate::view::Fields;
use alcor_managers::availability::{self, Availability, Details};
use alcor_managers::{Caller, schema};
use alcor_types::{Network, Subnet};
use serde::Serialize;
use serde::ser::SerializeMap;
use std::net::IpAddr;
use uuid::Uuid;

/// `/v2.0/network-ip-availabilities`.
pub(crate) struct IpAvailabilities;

const ATTRIBUTES: &[Attribute<IpAvailabilities>] = &[
    Attribute::new("network_id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("network_name", Kind::Text).read(|row| Field::text(&row.record.standard.name)),
    Attribute::new("project_id", Kind::Text)
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("total_ips", Kind::Number),
    Attribute::new("used_ips", Kind::Number),
    Attribute::new("subnet_ip_availability", Kind::Compound),
    Attribute::new("ip_availability_details", Kind::Compound),
    Attribute::new("ip_version", Kind::Number)
        .hidden()
        .read_each(Kind::Number, |row| {
            let versions = row.subnets().into_iter().map(|subnet| version(&subnet));
            versions.map(Field::Number).collect()
        }),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("network_name", schema::NETWORK_BY_NAME, 3),
    IndexRule::new("project_id", schema::NETWORK_BY_PROJECT, 7),
];

/// One subnet's share.
#[derive(Serialize)]
struct Shown<'a> {
    subnet_id: Uuid,
    subnet_name: &'a str,
    cidr: String,
    ip_version: i64,
    total_ips: u128,
    used_ips: u128,
    ip_availability_details: Details,
}

impl Row<'_, IpAvailabilities> {
    fn subnets(&self) -> Vec<Subnet> {
        let network = self.record.id.as_bytes();
        let mut subnets = self
            .reading
            .records::<Subnet>(schema::SUBNET_BY_NETWORK, network);
        subnets.retain(|one| self.extra.is_empty() || self.extra.contains(&version(one)));
        subnets
    }
}

fn version(subnet: &Subnet) -> i64 {
    match subnet.cidr.addr() {
        IpAddr::V4(_) => 4,
        IpAddr::V6(_) => 6,
    }
}

impl Resource for IpAvailabilities {
    const SINGULAR: &'static str = "network_ip_availability";
    const PLURAL: &'static str = "network_ip_availabilities";
    const PATH: &'static str = "network-ip-availabilities";
    const ID: &'static str = "network_id";
    const HAS_STANDARD: bool = false;
    type Record = Network;
    /// The IP versions that are counted; none means all.
    type Extra = Vec<i64>;

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Network) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.owns(&row.record.project_id)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(schema::NETWORK_BY_PROJECT, &[project])])
    }

    /// A list by IP version counts the subnets of that version only, as Neutron's does.
    fn narrow(row: &mut Row<'_, Self>, filters: &[Filter<Self>]) {
        let versions = filters.iter().flat_map(|one| one.numbers("ip_version"));
        row.extra = versions.collect();
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "NetworkNotFound",
            what: "Network",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let network = &row.record;
        let subnets = row.subnets();
        let counts: Vec<Availability> = subnets.iter().map(|one| row.count(one)).collect();
        let sum = counts.iter().copied().sum::<Availability>();
        fields.put("network_id", &network.id)?;
        fields.put("network_name", &network.standard.name)?;
        fields.put_project(network.project_id.as_str())?;
        fields.put("total_ips", &sum.total)?;
        fields.put("used_ips", &sum.used)?;
        fields.put("ip_availability_details", &sum.details)?;
        fields.put_with("subnet_ip_availability", || {
            let pairs = subnets.iter().zip(&counts);
            pairs
                .map(|(one, count)| shown(one, count))
                .collect::<Vec<_>>()
        })
    }
}

impl Row<'_, IpAvailabilities> {
    /// Counts a subnet. A damaged row is logged and counts as nothing, because it must not hide
    /// the rest.
    fn count(&self, subnet: &Subnet) -> Availability {
        availability::of(&self.reading.snapshot, subnet).unwrap_or_else(|error| {
            tracing::error!(%error, "unreadable addresses");
            Availability::default()
        })
    }
}

fn shown<'a>(subnet: &'a Subnet, count: &Availability) -> Shown<'a> {
    Shown {
        subnet_id: subnet.id.0,
        subnet_name: &subnet.standard.name,
        cidr: subnet.cidr.to_string(),
        ip_version: version(subnet),
        total_ips: count.total,
        used_ips: count.used,
        ip_availability_details: count.details,
    }
}
