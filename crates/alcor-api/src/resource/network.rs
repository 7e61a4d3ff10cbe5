//! Networks in the API.

mod provider;

pub(crate) use provider::SegmentWish;

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::tag::Tagged;
use crate::value::Cidr;
use crate::view::Fields;
use alcor_managers::network::{self, CreateNetwork, UpdateNetwork};
use alcor_managers::records::Index;
use alcor_managers::segment::TransportRequest;
use alcor_managers::{ApiError, Caller, Settings, schema, subnet};
use alcor_store::Txn;
use alcor_types::{
    AddressScopeId, IpVersion, Network, NetworkId, ProjectId, QosPolicyId, Standard, Subnet,
};
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/networks`.
pub(crate) struct Networks;

const STATUS: &str = "ACTIVE";

const ATTRIBUTES: &[Attribute<Networks>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("admin_state_up", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.admin_state_up)),
    Attribute::new("status", Kind::Text).read(|_| Field::text(STATUS)),
    Attribute::new("shared", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.is_shared())),
    Attribute::new("router:external", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.is_external())),
    Attribute::new("mtu", Kind::Number)
        .write::<u32>()
        .read(|row| Field::Number(row.record.mtu.into())),
    Attribute::new("port_security_enabled", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.port_security_enabled)),
    Attribute::new("dns_domain", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.dns_domain)),
    Attribute::new("availability_zone_hints", Kind::Compound).post::<Vec<String>>(),
    Attribute::new("subnets", Kind::Compound),
    Attribute::new("ipv4_address_scope", Kind::Id)
        .read(|row| Field::or_null(row.address_scope(IpVersion::V4), |id| id_field(id.0))),
    Attribute::new("ipv6_address_scope", Kind::Id)
        .read(|row| Field::or_null(row.address_scope(IpVersion::V6), |id| id_field(id.0))),
    Attribute::new("qos_policy_id", Kind::Id)
        .write::<Option<Uuid>>()
        .read(|row| Field::or_null(row.record.qos_policy_id, |id| id_field(id.0))),
    Attribute::new("availability_zones", Kind::Compound),
    Attribute::new("provider:network_type", Kind::Text)
        .post::<Option<String>>()
        .admin()
        .read_each(Kind::Text, |row| {
            let segments = row.record.segments.iter();
            segments
                .map(|one| Field::text(one.network_type.as_str()))
                .collect()
        }),
    Attribute::new("provider:physical_network", Kind::Text)
        .post::<Option<String>>()
        .admin()
        .read_each(Kind::Text, |row| {
            let names = row
                .record
                .segments
                .iter()
                .map(|one| one.physical_network.as_deref());
            names
                .map(|name| Field::or_null(name, Field::text))
                .collect()
        }),
    Attribute::new("provider:segmentation_id", Kind::Number)
        .write::<Option<i64>>()
        .admin()
        .read_each(Kind::Number, |row| {
            let ids = row.record.segments.iter().map(|one| one.segmentation_id);
            ids.map(|id| Field::or_null(id, |id| Field::Number(id.into())))
                .collect()
        }),
    Attribute::new("segments", Kind::Compound)
        .post::<Vec<SegmentWish>>()
        .admin(),
    Attribute::new("is_default", Kind::Flag)
        .write::<Option<bool>>()
        .read(|row| Field::Flag(row.record.is_default)),
    Attribute::new("l2_adjacency", Kind::Flag),
    Attribute::new("cidr", Kind::Block)
        .write::<Option<Cidr>>()
        .read(|row| Field::or_null(row.record.cidr, Field::Block)),
    Attribute::new("on_demand_above", Kind::Number)
        .write::<Option<u32>>()
        .admin()
        .read(
            |row| Field::or_null(row.record.on_demand_above, |above| Field::Number(
                above.into()
            ))
        ),
    Attribute::new("vlan_transparent", Kind::Flag)
        .post::<Option<bool>>()
        .read(|row| Field::or_null(row.record.vlan_transparent, Field::Flag)),
    Attribute::new("qinq", Kind::Flag)
        .post::<Option<bool>>()
        .read(|row| Field::or_null(row.record.qinq, Field::Flag)),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("is_default", schema::NETWORK_IS_DEFAULT, 1),
    IndexRule::new(
        "provider:segmentation_id",
        schema::NETWORK_BY_SEGMENTATION_ID,
        1,
    ),
    IndexRule::new("name", schema::NETWORK_BY_NAME, 3),
    IndexRule::new("project_id", schema::NETWORK_BY_PROJECT, 7),
    IndexRule::new("qos_policy_id", schema::NETWORK_BY_QOS_POLICY, 4),
    IndexRule::granted("shared", schema::NETWORK_BY_SHARED, 6),
    IndexRule::new("router:external", schema::NETWORK_IS_EXTERNAL, 6),
    IndexRule::new(
        "provider:physical_network",
        schema::NETWORK_BY_PHYSICAL_NETWORK,
        6,
    ),
    IndexRule::new("provider:network_type", schema::NETWORK_BY_TYPE, 9),
];

impl Row<'_, Networks> {
    /// Whether everyone, or the caller by a grant, may plug ports into it; as Neutron shows it.
    fn is_shared(&self) -> bool {
        let project = &self.reading.caller.project_id;
        self.record.shared.includes(project)
    }

    /// The address scope of its subnets of the family.
    fn address_scope(&self, version: IpVersion) -> Option<AddressScopeId> {
        let scope = subnet::address_scope(&self.reading.snapshot, self.record.id, version);
        scope.ok().flatten()
    }

    /// Whether its subnets lie in one broadcast domain: none of them on a segment of its own.
    fn is_adjacent(&self) -> bool {
        let network = self.record.id.as_bytes();
        let subnets: Vec<Subnet> = self.reading.records(schema::SUBNET_BY_NETWORK, network);
        subnets.iter().all(|subnet| subnet.segment_id.is_none())
    }

    fn is_external(&self) -> bool {
        self.record.external.targets().next().is_some()
    }
}

impl Resource for Networks {
    const SINGULAR: &'static str = "network";
    const PLURAL: &'static str = "networks";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::NETWORK_BY_TAG);
    type Record = Network;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Network) -> Uuid {
        record.id.0
    }

    fn standard(record: &Network) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        network::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = vec![Lookup::new(schema::NETWORK_BY_PROJECT, &[project])];
        lookups.extend(granted(schema::NETWORK_BY_SHARED, caller));
        lookups.extend(granted(schema::NETWORK_BY_EXTERNAL, caller));
        Some(lookups)
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
        fields.put("id", &network.id)?;
        fields.put_project(network.project_id.as_str())?;
        fields.put_standard(&network.standard)?;
        fields.put("admin_state_up", &network.admin_state_up)?;
        fields.put("status", STATUS)?;
        fields.put("shared", &row.is_shared())?;
        fields.put("router:external", &row.is_external())?;
        fields.put("mtu", &network.mtu)?;
        fields.put("port_security_enabled", &network.port_security_enabled)?;
        fields.put("dns_domain", &network.dns_domain)?;
        fields.put("availability_zone_hints", &network.availability_zone_hints)?;
        fields.put("qos_policy_id", &network.qos_policy_id)?;
        fields.put_with("subnets", || {
            row.reading
                .keys::<Subnet>(schema::SUBNET_BY_NETWORK, network.id.as_bytes())
        })?;
        fields.put_with("ipv4_address_scope", || row.address_scope(IpVersion::V4))?;
        fields.put_with("ipv6_address_scope", || row.address_scope(IpVersion::V6))?;
        // Zones belong to agents that serve networks, and every agent serves every network here.
        fields.put("availability_zones", &[""; 0])?;
        fields.put("is_default", &network.is_default)?;
        fields.put_with("l2_adjacency", || row.is_adjacent())?;
        fields.put("cidr", &network.cidr)?;
        fields.put("on_demand_above", &network.on_demand_above)?;
        fields.put("vlan_transparent", &network.vlan_transparent)?;
        fields.put("qinq", &network.qinq)?;
        provider::write(&network.segments, fields)
    }
}

/// The QoS policy that a body names; null is none.
#[expect(
    clippy::option_option,
    reason = "not sent, none and a policy are three things"
)]
fn qos_policy(body: &Attributes) -> Result<Option<Option<QosPolicyId>>, RequestError> {
    let asked = body.get::<Option<Uuid>>("qos_policy_id")?;
    Ok(asked.map(|policy| policy.map(QosPolicyId)))
}

impl Managed for Networks {
    type Create = CreateNetwork;
    type Update = UpdateNetwork;

    fn create_request(body: &Attributes) -> Result<CreateNetwork, RequestError> {
        Ok(CreateNetwork {
            id: body.get::<Uuid>("id")?.map(NetworkId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            admin_state_up: body.get("admin_state_up")?,
            shared: body.get("shared")?,
            external: body.get("router:external")?,
            mtu: body.get("mtu")?,
            provider: TransportRequest {
                network_type: body.some("provider:network_type")?,
                physical_network: body.some("provider:physical_network")?,
                segmentation_id: body.some("provider:segmentation_id")?,
            },
            segments: provider::wishes(body)?,
            is_default: body.some("is_default")?,
            cidr: body.some::<Cidr>("cidr")?.map(|cidr| cidr.0),
            vlan_transparent: body.some("vlan_transparent")?,
            qinq: body.some("qinq")?,
            on_demand_above: body.some("on_demand_above")?,
            port_security_enabled: body.get("port_security_enabled")?,
            dns_domain: body.get("dns_domain")?.unwrap_or_default(),
            availability_zone_hints: body.get("availability_zone_hints")?.unwrap_or_default(),
            qos_policy_id: qos_policy(body)?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateNetwork, RequestError> {
        Ok(UpdateNetwork {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            admin_state_up: body.get("admin_state_up")?,
            shared: body.get("shared")?,
            external: body.get("router:external")?,
            mtu: body.get("mtu")?,
            segmentation_id: body.some("provider:segmentation_id")?,
            is_default: body.some("is_default")?,
            cidr: body
                .get::<Option<Cidr>>("cidr")?
                .map(|cidr| cidr.map(|cidr| cidr.0)),
            port_security_enabled: body.get("port_security_enabled")?,
            dns_domain: body.get("dns_domain")?,
            qos_policy_id: qos_policy(body)?,
            on_demand_above: body.get("on_demand_above")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateNetwork],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Network>, ApiError> {
        network::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateNetwork,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Network, ApiError> {
        network::update(txn, NetworkId(id), request, caller, settings)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        network::delete(txn, NetworkId(id), caller, expected)
    }
}

impl Tagged for Networks {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<Network, ApiError> {
        network::get(txn, NetworkId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateNetwork {
        UpdateNetwork {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateNetwork::default()
        }
    }
}
