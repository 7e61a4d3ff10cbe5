//! Subnets in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::tag::Tagged;
use crate::value::{Cidr, PoolId};
use crate::view::Fields;
use alcor_managers::records::Index;
use alcor_managers::subnet::{self, CreateSubnet, UpdateSubnet};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::{Key, Txn};
use alcor_types::{
    HostRoute, IpPool, IpVersion, Ipv6Mode, Network, NetworkId, ProjectId, SegmentId, Standard,
    Subnet, SubnetId, SubnetPoolId,
};
use serde::ser::SerializeMap;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

/// `/v2.0/subnets`.
pub(crate) struct Subnets;

const ATTRIBUTES: &[Attribute<Subnets>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("network_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.network_id.0)),
    Attribute::new("ip_version", Kind::Number)
        .post::<IpVersion>()
        .read(|row| Field::Number(row.record.ip_version().number().into())),
    Attribute::new("cidr", Kind::Block)
        .post::<Option<Cidr>>()
        .read(|row| Field::Block(row.record.cidr)),
    Attribute::new("gateway_ip", Kind::Address)
        .write::<Option<IpAddr>>()
        .read(|row| Field::or_null(row.record.gateway_ip, Field::Address)),
    Attribute::new("enable_dhcp", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.enable_dhcp)),
    Attribute::new("dns_nameservers", Kind::Compound).write::<Vec<IpAddr>>(),
    Attribute::new("allocation_pools", Kind::Compound).write::<Vec<IpPool>>(),
    Attribute::new("host_routes", Kind::Compound).write::<Vec<HostRoute>>(),
    Attribute::new("ipv6_address_mode", Kind::Text)
        .post::<Option<Ipv6Mode>>()
        .read(|row| Field::or_null(row.record.ipv6_address_mode, mode)),
    Attribute::new("ipv6_ra_mode", Kind::Text)
        .post::<Option<Ipv6Mode>>()
        .read(|row| Field::or_null(row.record.ipv6_ra_mode, mode)),
    Attribute::new("service_types", Kind::Compound).write::<Vec<String>>(),
    Attribute::new("dns_publish_fixed_ip", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.dns_publish_fixed_ip)),
    Attribute::new("subnetpool_id", Kind::Id)
        .post::<Option<PoolId>>()
        .read(|row| Field::or_null(row.record.subnetpool_id, |id| id_field(id.0))),
    Attribute::new("prefixlen", Kind::Number)
        .post::<Option<u8>>()
        .hidden(),
    Attribute::new("use_default_subnetpool", Kind::Flag)
        .post::<bool>()
        .hidden(),
    Attribute::new("segment_id", Kind::Id)
        .write::<Option<Uuid>>()
        .admin()
        .read(|row| Field::or_null(row.record.segment_id, |id| id_field(id.0))),
    Attribute::new("router:external", Kind::Flag).read(|row| Field::Flag(
        row.network()
            .is_some_and(|network| network.external.targets().next().is_some())
    )),
    Attribute::new("shared", Kind::Flag)
        .hidden()
        .read(|row| Field::Flag(
            row.network()
                .is_some_and(|network| network.shared.includes(&row.reading.caller.project_id))
        )),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("network_id", schema::SUBNET_BY_NETWORK, 2),
    IndexRule::new("cidr", schema::SUBNET_BY_CIDR, 4),
    IndexRule::new("gateway_ip", schema::SUBNET_BY_GATEWAY, 4),
    IndexRule::new("segment_id", schema::SUBNET_BY_SEGMENT, 5),
    IndexRule::new("subnetpool_id", schema::SUBNET_BY_POOL, 6),
    IndexRule::new("ip_version", schema::SUBNET_BY_VERSION, 9),
    IndexRule::new("name", schema::SUBNET_BY_NAME, 3),
    IndexRule::new("project_id", schema::SUBNET_BY_PROJECT, 7),
];

fn mode(mode: Ipv6Mode) -> Field<'static> {
    Field::text(match mode {
        Ipv6Mode::Dhcpv6Stateful => "dhcpv6-stateful",
        Ipv6Mode::Dhcpv6Stateless => "dhcpv6-stateless",
        Ipv6Mode::Slaac => "slaac",
    })
}

fn pool_id(body: &Attributes) -> Result<Option<SubnetPoolId>, RequestError> {
    let id = body.some::<PoolId>("subnetpool_id")?;
    Ok(id.map(|id| SubnetPoolId(id.0)))
}

impl Row<'_, Subnets> {
    fn network(&self) -> Option<&Network> {
        let network = self
            .extra
            .get_or_init(|| self.reading.get(self.record.network_id.as_bytes()));
        network.as_ref()
    }
}

impl Resource for Subnets {
    const SINGULAR: &'static str = "subnet";
    const PLURAL: &'static str = "subnets";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::SUBNET_BY_TAG);
    type Record = Subnet;
    type Extra = OnceCell<Option<Network>>;

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Subnet) -> Uuid {
        record.id.0
    }

    fn standard(record: &Subnet) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        subnet::visible(&row.reading.snapshot, &row.record, caller).unwrap_or(false)
    }

    fn scope(caller: &Caller, reading: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let own = Lookup::new(schema::SUBNET_BY_PROJECT, &[project]);
        let mut networks = vec![Lookup::new(schema::NETWORK_BY_PROJECT, &[project])];
        networks.extend(granted(schema::NETWORK_BY_SHARED, caller));
        networks.extend(granted(schema::NETWORK_BY_EXTERNAL, caller));
        let networks: BTreeSet<Key> = networks
            .iter()
            .flat_map(|lookup| lookup.keys::<Network>(reading))
            .collect();
        let on = |network: Key| Lookup::new(schema::SUBNET_BY_NETWORK, &[&network]);
        let on_these = networks.into_iter().map(on);
        Some(std::iter::once(own).chain(on_these).collect())
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "SubnetNotFound",
            what: "Subnet",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let subnet = &row.record;
        fields.put("id", &subnet.id)?;
        fields.put_project(subnet.project_id.as_str())?;
        fields.put_standard(&subnet.standard)?;
        fields.put("network_id", &subnet.network_id)?;
        fields.put("ip_version", &subnet.ip_version().number())?;
        fields.put("cidr", &subnet.cidr)?;
        fields.put("gateway_ip", &subnet.gateway_ip)?;
        fields.put("enable_dhcp", &subnet.enable_dhcp)?;
        fields.put("dns_nameservers", &subnet.dns_nameservers)?;
        fields.put("allocation_pools", &subnet.allocation_pools)?;
        fields.put("host_routes", &subnet.host_routes)?;
        fields.put("ipv6_address_mode", &subnet.ipv6_address_mode)?;
        fields.put("ipv6_ra_mode", &subnet.ipv6_ra_mode)?;
        fields.put("service_types", &subnet.service_types)?;
        fields.put("dns_publish_fixed_ip", &subnet.dns_publish_fixed_ip)?;
        fields.put("subnetpool_id", &subnet.subnetpool_id)?;
        fields.put("segment_id", &subnet.segment_id)?;
        fields.put_with("router:external", || {
            row.network()
                .is_some_and(|network| network.external.targets().next().is_some())
        })
    }
}

impl Managed for Subnets {
    type Create = CreateSubnet;
    type Update = UpdateSubnet;

    fn create_request(body: &Attributes) -> Result<CreateSubnet, RequestError> {
        Ok(CreateSubnet {
            id: body.get::<Uuid>("id")?.map(SubnetId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            network_id: NetworkId(body.required("network_id")?),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            ip_version: body.get("ip_version")?,
            cidr: body.some::<Cidr>("cidr")?.map(|cidr| cidr.0),
            prefixlen: body.some("prefixlen")?,
            subnetpool_id: pool_id(body)?,
            use_default_subnetpool: body.get("use_default_subnetpool")?.unwrap_or(false),
            gateway_ip: body.get("gateway_ip")?,
            enable_dhcp: body.get("enable_dhcp")?,
            dns_nameservers: body.get("dns_nameservers")?.unwrap_or_default(),
            allocation_pools: body.some("allocation_pools")?,
            host_routes: body.get("host_routes")?.unwrap_or_default(),
            ipv6_address_mode: body.some("ipv6_address_mode")?,
            ipv6_ra_mode: body.some("ipv6_ra_mode")?,
            service_types: body.get("service_types")?.unwrap_or_default(),
            dns_publish_fixed_ip: body.get("dns_publish_fixed_ip")?.unwrap_or(false),
            segment_id: body.some::<Uuid>("segment_id")?.map(SegmentId),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateSubnet, RequestError> {
        let segment = body.get::<Option<Uuid>>("segment_id")?;
        Ok(UpdateSubnet {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            gateway_ip: body.get("gateway_ip")?,
            enable_dhcp: body.get("enable_dhcp")?,
            dns_nameservers: body.get("dns_nameservers")?,
            allocation_pools: body.some("allocation_pools")?,
            host_routes: body.get("host_routes")?,
            service_types: body.get("service_types")?,
            dns_publish_fixed_ip: body.get("dns_publish_fixed_ip")?,
            segment_id: segment.map(|segment| segment.map(SegmentId)),
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateSubnet],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Subnet>, ApiError> {
        subnet::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateSubnet,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Subnet, ApiError> {
        subnet::update(txn, SubnetId(id), request, caller, settings)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        subnet::delete(txn, SubnetId(id), caller, expected)
    }
}

impl Tagged for Subnets {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<Subnet, ApiError> {
        subnet::get(txn, SubnetId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateSubnet {
        UpdateSubnet {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateSubnet::default()
        }
    }
}
