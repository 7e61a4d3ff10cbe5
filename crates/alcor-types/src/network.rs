//! A network: one layer-2 broadcast domain of a tenant (the first Alcor's VPC).

use crate::{NetworkId, NetworkType, ProjectId, QosPolicyId, Sharing, Standard, Transport, Vni};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// What a network offers its VMs when nobody asked for less: 1500 bytes of underlay less
/// the headers of VXLAN.
pub const DEFAULT_MTU: u16 = 1450;

/// A network as the store holds it. Which subnets it has is an index, not a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// While false, its ports forward nothing.
    pub admin_state_up: bool,
    /// Which projects may plug ports into it (`shared`: every one).
    pub shared: Sharing,
    /// Which projects may use it as the outside of their routers (`router:external`: any).
    pub external: Sharing,
    /// The largest IP packet a VM may send, in bytes.
    pub mtu: u16,
    /// How its frames travel between hosts: one entry for each of its segments, in the order in
    /// which they were added.
    pub segments: Vec<Transport>,
    /// Whether it is the external network of topologies that are made on request.
    pub is_default: bool,
    /// The block that all its subnets must lie within (the first Alcor's VPC CIDR).
    pub cidr: Option<IpNet>,
    /// Whether VMs may send VLAN tags, where somebody asked.
    pub vlan_transparent: Option<bool>,
    /// Whether VMs may send two VLAN tags, where somebody asked.
    pub qinq: Option<bool>,
    /// The default of its ports' `port_security_enabled`.
    pub port_security_enabled: bool,
    /// The domain of its ports' names; empty when none.
    pub dns_domain: String,
    /// Where the tenant would like its DHCP and routing to be; kept and shown.
    pub availability_zone_hints: Vec<String>,
    /// What its ports' traffic gets where they name no policy of their own.
    pub qos_policy_id: Option<QosPolicyId>,
    /// With more ports than this its hosts are told of a port only once they ask; where nothing is said,
    /// with more than the region's own number.
    pub on_demand_above: Option<u32>,
}

impl Network {
    /// A network of nobody without segments, with every attribute at its default.
    pub fn new(id: NetworkId) -> Self {
        Self {
            id,
            project_id: ProjectId::from(""),
            standard: Standard::default(),
            admin_state_up: true,
            shared: Sharing::default(),
            external: Sharing::default(),
            mtu: DEFAULT_MTU,
            segments: Vec::new(),
            is_default: false,
            cidr: None,
            vlan_transparent: None,
            qinq: None,
            port_security_enabled: true,
            dns_domain: String::new(),
            availability_zone_hints: Vec::new(),
            qos_policy_id: None,
            on_demand_above: None,
        }
    }

    /// The segment by which agents carry it: its first of a type that they know.
    pub fn carried_by(&self) -> Option<&Transport> {
        let mut segments = self.segments.iter();
        segments.find(|segment| segment.network_type.is_programmed())
    }

    /// Its VXLAN identifier; none where no segment is VXLAN.
    pub fn vni(&self) -> Option<Vni> {
        let vxlan = |segment: &&Transport| segment.network_type == NetworkType::Vxlan;
        let number = self.segments.iter().find(vxlan)?.segmentation_id?;
        Vni::new(number).ok()
    }
}
