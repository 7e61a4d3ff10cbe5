//! Floating IPs in the API.

mod view;

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_unnamed_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::tag::Tagged;
use crate::view::Fields;
use alcor_managers::floating_ip::{self, CreateFloatingIp, FloatingIpView, UpdateFloatingIp};
use alcor_managers::records::Index;
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{
    Association, FloatingIp, FloatingIpId, NetworkId, PortId, PortStatus, ProjectId, QosPolicyId,
    Standard, SubnetId,
};
use serde::ser::SerializeMap;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

/// `/v2.0/floatingips`.
pub(crate) struct FloatingIps;

const ATTRIBUTES: &[Attribute<FloatingIps>] = with_unnamed_standard![
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("floating_network_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.floating_network_id.0)),
    Attribute::new("floating_ip_address", Kind::Address)
        .post::<Option<IpAddr>>()
        .read(|row| Field::Address(row.record.floating_ip_address)),
    Attribute::new("subnet_id", Kind::Id)
        .post::<Option<Uuid>>()
        .hidden(),
    Attribute::new("port_id", Kind::Id)
        .write::<Option<Uuid>>()
        .read(|row| Field::or_null(port(&row.record), |id| id_field(id.0))),
    Attribute::new("fixed_ip_address", Kind::Address)
        .write::<Option<IpAddr>>()
        .read(|row| Field::or_null(fixed_ip(&row.record), Field::Address)),
    Attribute::new("router_id", Kind::Id)
        .read(|row| Field::or_null(row.record.router_id, |id| id_field(id.0))),
    Attribute::new("status", Kind::Text).read(|row| Field::text(row.state().status.as_str())),
    Attribute::new("status_reason", Kind::Text).read(|row| Field::text(&row.state().reason)),
    Attribute::new("dns_name", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(&row.record.dns_name)),
    Attribute::new("dns_domain", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(&row.record.dns_domain)),
    Attribute::new("qos_policy_id", Kind::Id)
        .write::<Option<Uuid>>()
        .read(|row| Field::or_null(row.record.qos_policy_id, |id| id_field(id.0))),
    Attribute::new("port_details", Kind::Compound),
    Attribute::new("port_forwardings", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("floating_ip_address", schema::FLOATING_IP_BY_ADDRESS, 1),
    IndexRule::new("port_id", schema::FLOATING_IP_BY_PORT, 1),
    IndexRule::new("fixed_ip_address", schema::FLOATING_IP_BY_FIXED_IP, 2),
    IndexRule::new("router_id", schema::FLOATING_IP_BY_ROUTER, 4),
    IndexRule::new("qos_policy_id", schema::FLOATING_IP_BY_QOS_POLICY, 6),
    IndexRule::new("project_id", schema::FLOATING_IP_BY_PROJECT, 7),
    IndexRule::new("floating_network_id", schema::FLOATING_IP_BY_NETWORK, 9),
];

fn port(floating_ip: &FloatingIp) -> Option<PortId> {
    floating_ip
        .association
        .map(|association: Association| association.port_id)
}

fn fixed_ip(floating_ip: &FloatingIp) -> Option<IpAddr> {
    let association = floating_ip.association;
    association.map(|association: Association| association.fixed_ip_address)
}

impl Row<'_, FloatingIps> {
    /// The floating IP's status, looked up once.
    fn state(&self) -> &FloatingIpView {
        self.extra.get_or_init(|| {
            let state = floating_ip::state(&self.reading.snapshot, &self.record);
            state.unwrap_or_else(|error| {
                let id = self.record.id;
                tracing::error!(floating_ip = %id, %error, "unreadable state of a floating IP");
                FloatingIpView {
                    status: PortStatus::Error,
                    reason: "the region cannot read the floating IP's state".to_owned(),
                }
            })
        })
    }
}

impl Resource for FloatingIps {
    const SINGULAR: &'static str = "floatingip";
    const PLURAL: &'static str = "floatingips";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::FLOATING_IP_BY_TAG);
    type Record = FloatingIp;
    type Extra = OnceCell<FloatingIpView>;

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &FloatingIp) -> Uuid {
        record.id.0
    }

    fn standard(record: &FloatingIp) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        floating_ip::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(
            schema::FLOATING_IP_BY_PROJECT,
            &[project],
        )])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "FloatingIPNotFound",
            what: "Floating IP",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let floating_ip = &row.record;
        fields.put("id", &floating_ip.id)?;
        fields.put_project(floating_ip.project_id.as_str())?;
        fields.put_unnamed_standard(&floating_ip.standard)?;
        fields.put("floating_network_id", &floating_ip.floating_network_id)?;
        fields.put("floating_ip_address", &floating_ip.floating_ip_address)?;
        fields.put("port_id", &port(floating_ip))?;
        fields.put("fixed_ip_address", &fixed_ip(floating_ip))?;
        fields.put("router_id", &floating_ip.router_id)?;
        fields.put_with("status", || row.state().status.as_str())?;
        fields.put_with("status_reason", || &row.state().reason)?;
        fields.put("dns_name", &floating_ip.dns_name)?;
        fields.put("dns_domain", &floating_ip.dns_domain)?;
        fields.put("qos_policy_id", &floating_ip.qos_policy_id)?;
        fields.put_with("port_details", || view::port_details(row))?;
        fields.put_with("port_forwardings", || view::port_forwardings(row))
    }
}

impl Managed for FloatingIps {
    type Create = CreateFloatingIp;
    type Update = UpdateFloatingIp;

    fn create_request(body: &Attributes) -> Result<CreateFloatingIp, RequestError> {
        Ok(CreateFloatingIp {
            id: None,
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            floating_network_id: NetworkId(body.required("floating_network_id")?),
            subnet_id: body.some::<Uuid>("subnet_id")?.map(SubnetId),
            floating_ip_address: body.some("floating_ip_address")?,
            port_id: body.some::<Uuid>("port_id")?.map(PortId),
            fixed_ip_address: body.some("fixed_ip_address")?,
            dns_name: body.get("dns_name")?.unwrap_or_default(),
            dns_domain: body.get("dns_domain")?.unwrap_or_default(),
            qos_policy_id: body.some::<Uuid>("qos_policy_id")?.map(QosPolicyId),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateFloatingIp, RequestError> {
        let port = body.get::<Option<Uuid>>("port_id")?;
        let policy = body.get::<Option<Uuid>>("qos_policy_id")?;
        Ok(UpdateFloatingIp {
            description: body.get("description")?,
            tags: None,
            port_id: port.map(|id| id.map(PortId)),
            fixed_ip_address: body.get("fixed_ip_address")?,
            qos_policy_id: policy.map(|id| id.map(QosPolicyId)),
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateFloatingIp],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<FloatingIp>, ApiError> {
        floating_ip::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateFloatingIp,
        caller: &Caller,
        _: &Settings,
    ) -> Result<FloatingIp, ApiError> {
        floating_ip::update(txn, FloatingIpId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        floating_ip::delete(txn, FloatingIpId(id), caller, expected)
    }
}

impl Tagged for FloatingIps {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<FloatingIp, ApiError> {
        floating_ip::get(txn, FloatingIpId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateFloatingIp {
        UpdateFloatingIp {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateFloatingIp::default()
        }
    }
}
