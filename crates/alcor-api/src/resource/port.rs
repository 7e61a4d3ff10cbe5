//! Ports in the API.

mod binding;
mod carried;
mod names;
mod placement;
mod request;

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::tag::Tagged;
use crate::value::{DhcpOptionWish, FixedIpWish, Object};
use crate::view::Fields;
use alcor_managers::port::{self, CreatePort, PortView, UpdatePort};
use alcor_managers::records::{self, Index};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::{Key, Txn};
use alcor_types::{
    AllowedAddressPair, DataPlaneStatus, FixedIp, HostName, IpAllocation, MacAddr, Network,
    NumaPolicy, Port, PortId, PortStatus, QosPolicyId, Standard,
};
pub(crate) use binding::{Profile, VifDetails, profile_text};
use serde::ser::SerializeMap;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/ports`.
pub(crate) struct Ports;

const ATTRIBUTES: &[Attribute<Ports>] = with_standard![
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
    Attribute::new("admin_state_up", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.admin_state_up)),
    Attribute::new("status", Kind::Text).read(|row| Field::text(row.state().status.as_str())),
    Attribute::new("status_reason", Kind::Text).read(|row| Field::text(&row.state().reason)),
    Attribute::new("mac_address", Kind::Mac)
        .write::<Option<MacAddr>>()
        .read(|row| Field::Mac(row.record.mac_address)),
    Attribute::new("fixed_ips", Kind::Compound).write::<Vec<FixedIpWish>>(),
    Attribute::new("device_id", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.device_id)),
    Attribute::new("device_owner", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.device_owner)),
    Attribute::new("allowed_address_pairs", Kind::Compound).write::<Vec<AllowedAddressPair>>(),
    Attribute::new("extra_dhcp_opts", Kind::Compound).write::<Vec<DhcpOptionWish>>(),
    Attribute::new("port_security_enabled", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.port_security_enabled)),
    Attribute::new("security_groups", Kind::Compound)
        .write::<Vec<Uuid>>()
        .read_each(Kind::Id, |row| {
            let groups = row.record.security_groups.iter();
            groups.map(|id| id_field(id.0)).collect()
        }),
    Attribute::new("dns_name", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.dns_name)),
    Attribute::new("dns_domain", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.dns_domain)),
    Attribute::new("dns_assignment", Kind::Compound),
    Attribute::new("ip_allocation", Kind::Text).read(|row| Field::text(row.ip_allocation())),
    Attribute::new("data_plane_status", Kind::Text).put::<Option<DataPlaneStatus>>(),
    Attribute::new("propagate_uplink_status", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.propagate_uplink_status)),
    Attribute::new("resource_request", Kind::Compound).admin(),
    Attribute::new("trunk_details", Kind::Compound),
    Attribute::new("numa_affinity_policy", Kind::Text).write::<Option<NumaPolicy>>(),
    Attribute::new("hints", Kind::Compound)
        .write::<Option<Object>>()
        .admin(),
    Attribute::new("device_profile", Kind::Text)
        .post::<Option<String>>()
        .read(|row| Field::or_null(row.record.hardware.device_profile.as_deref(), Field::text)),
    Attribute::new("hardware_offload_type", Kind::Text).post::<Option<String>>(),
    Attribute::new("trusted", Kind::Flag)
        .write::<Option<bool>>()
        .admin(),
    Attribute::new("qos_policy_id", Kind::Id)
        .write::<Option<Uuid>>()
        .read(|row| Field::or_null(row.record.qos_policy_id, |id| id_field(id.0))),
    Attribute::new("qos_network_policy_id", Kind::Id)
        .read(|row| Field::or_null(row.network_qos_policy(), |id| id_field(id.0))),
    Attribute::new("binding:host_id", Kind::Text)
        .write::<Option<String>>()
        .admin()
        .read(|row| Field::text(host(&row.record))),
    Attribute::new("binding:vnic_type", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.vnic_type)),
    Attribute::new("binding:profile", Kind::Compound)
        .write::<Option<Object>>()
        .admin(),
    Attribute::new("binding:vif_type", Kind::Text)
        .admin()
        .read(|row| Field::text(row.state().vif_type)),
    Attribute::new("binding:vif_details", Kind::Compound).admin(),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("mac_address", schema::PORT_BY_MAC, 1),
    IndexRule::new("device_id", schema::PORT_BY_DEVICE, 2),
    IndexRule::new("name", schema::PORT_BY_NAME, 3),
    IndexRule::new("binding:host_id", schema::PORT_BY_HOST, 4),
    IndexRule::new("qos_policy_id", schema::PORT_BY_QOS_POLICY, 4),
    IndexRule::new("network_id", schema::PORT_BY_NETWORK, 5),
    IndexRule::new("security_groups", schema::PORT_BY_SECURITY_GROUP, 6),
    IndexRule::new("project_id", schema::PORT_BY_PROJECT, 7),
    IndexRule::new("device_owner", schema::PORT_BY_DEVICE_OWNER, 9),
    IndexRule::named("status", with_status, 10),
];

/// Where ports of a status are found: by what hosts said of them, or by what they are for.
fn with_status(status: &Field<'_>) -> Option<Vec<Lookup>> {
    let Field::Text(status) = status else {
        return None;
    };
    let owners = port::owners_with(status)?.iter();
    let owners = owners.map(|owner| Lookup::new(schema::PORT_BY_DEVICE_OWNER, &[owner.as_bytes()]));
    let (table, index) = (schema::PORT_STATES, schema::PORT_STATE_BY_STATUS);
    let said = Lookup::beside(table, index, &[status.as_bytes()]);
    Some(std::iter::once(said).chain(owners).collect())
}

fn host(port: &Port) -> &str {
    port.host.as_ref().map_or("", HostName::as_str)
}

impl Row<'_, Ports> {
    /// When it gets addresses.
    fn ip_allocation(&self) -> &'static str {
        match self.record.ip_allocation {
            IpAllocation::Immediate => "immediate",
            IpAllocation::Deferred => "deferred",
            IpAllocation::None => "none",
        }
    }

    /// The QoS policy of the port's network.
    fn network_qos_policy(&self) -> Option<QosPolicyId> {
        let network = self
            .reading
            .get::<Network>(self.record.network_id.as_bytes())?;
        network.qos_policy_id
    }

    /// What the data plane says of the port.
    fn state(&self) -> &PortView {
        self.extra.get_or_init(|| {
            port::state(&self.reading.snapshot, &self.record).unwrap_or_else(|error| {
                tracing::error!(port = %self.record.id, %error, "unreadable port state");
                PortView {
                    status: PortStatus::Error,
                    reason: "the region cannot read the port's state".to_owned(),
                    vif_type: "binding_failed",
                }
            })
        })
    }
}

impl Resource for Ports {
    const SINGULAR: &'static str = "port";
    const PLURAL: &'static str = "ports";
    const HAS_STANDARD: bool = true;
    const HAS_FIXED_IPS: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::PORT_BY_TAG);
    type Record = Port;
    type Extra = OnceCell<PortView>;

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Port) -> Uuid {
        record.id.0
    }

    fn standard(record: &Port) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn fixed_ips(record: &Port) -> &[FixedIp] {
        &record.fixed_ips
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        port::visible(&row.reading.snapshot, &row.record, caller).unwrap_or(false)
    }

    fn scope(caller: &Caller, reading: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let networks = records::lookup_keys::<Network>(
            &reading.snapshot,
            schema::NETWORK_BY_PROJECT,
            &[project],
            None,
            false,
        );
        let own = Lookup::new(schema::PORT_BY_PROJECT, &[project]);
        let on = |network: Key| Lookup::new(schema::PORT_BY_NETWORK, &[&network]);
        Some(std::iter::once(own).chain(networks.map(on)).collect())
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "PortNotFound",
            what: "Port",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let port = &row.record;
        fields.put("id", &port.id)?;
        fields.put_project(port.project_id.as_str())?;
        fields.put_standard(&port.standard)?;
        fields.put("network_id", &port.network_id)?;
        fields.put("qos_policy_id", &port.qos_policy_id)?;
        fields.put_with("qos_network_policy_id", || row.network_qos_policy())?;
        fields.put("admin_state_up", &port.admin_state_up)?;
        fields.put_with("status", || row.state().status.as_str())?;
        fields.put_with("status_reason", || row.state().reason.as_str())?;
        fields.put("mac_address", &port.mac_address)?;
        fields.put("fixed_ips", &port.fixed_ips)?;
        fields.put("device_id", &port.device_id)?;
        fields.put("device_owner", &port.device_owner)?;
        fields.put("allowed_address_pairs", binding::pairs(port).as_slice())?;
        fields.put("extra_dhcp_opts", &port.extra_dhcp_opts)?;
        fields.put("port_security_enabled", &port.port_security_enabled)?;
        fields.put("security_groups", &port.security_groups)?;
        fields.put("dns_name", &port.dns_name)?;
        fields.put("dns_domain", &port.dns_domain)?;
        fields.put_with("dns_assignment", || names::assignment(row))?;
        fields.put("ip_allocation", &port.ip_allocation)?;
        fields.put("data_plane_status", &port.data_plane_status)?;
        fields.put("propagate_uplink_status", &port.propagate_uplink_status)?;
        fields.put_with("resource_request", || placement::of(row))?;
        fields.put_with("trunk_details", || carried::details(row))?;
        fields.put("numa_affinity_policy", &port.hardware.numa_affinity_policy)?;
        fields.put("hints", &port.hardware.hints.as_deref().map(Profile))?;
        fields.put("device_profile", &port.hardware.device_profile)?;
        fields.put("hardware_offload_type", &port.hardware.offload_type)?;
        fields.put("trusted", &port.hardware.trusted)?;
        fields.put("binding:host_id", host(port))?;
        fields.put("binding:vnic_type", &port.vnic_type)?;
        fields.put_with("binding:profile", || binding::profile(row))?;
        fields.put_with("binding:vif_type", || row.state().vif_type)?;
        fields.put_with("binding:vif_details", || VifDetails::of(row))
    }
}

impl Managed for Ports {
    type Create = CreatePort;
    type Update = UpdatePort;

    fn create_request(body: &Attributes) -> Result<CreatePort, RequestError> {
        request::create(body)
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdatePort, RequestError> {
        request::update(body, expected)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreatePort],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Port>, ApiError> {
        port::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdatePort,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Port, ApiError> {
        port::update(txn, PortId(id), request, caller, settings)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        port::delete(txn, PortId(id), caller, expected)
    }
}

impl Tagged for Ports {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<Port, ApiError> {
        port::get(txn, PortId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdatePort {
        UpdatePort {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdatePort::default()
        }
    }
}
