//! Small regions to test with: resources named by numbers.

#![allow(dead_code, reason = "every test binary uses its own part")]
#![expect(clippy::unwrap_used, reason = "the numbers of tests are valid ones")]

use alcor_compiler::{Compiler, Delta, Fact};
use alcor_goalstate::{Goal, GoalKey, ScopeGoals, ScopeId};
use alcor_types::{
    AclAction, AclProtocol, Association, ExternalGateway, FixedIp, FloatingIp, FloatingIpId,
    FlowDirection, ForwardedProtocol, HostName, IpVersion, Network, NetworkAcl, NetworkAclId,
    NetworkAclRule, NetworkAclRuleId, NetworkId, NetworkType, Node, NodeId, Port, PortForwarding,
    PortForwardingId, PortId, PortRange, QosLimit, QosPolicyId, QosRule, QosRuleId, Revision,
    RouteTable, RouteTableId, RouteTableKind, RouteTarget, Router, RouterId, Sharing, Standard,
    SubPort, Subnet, SubnetId, SubnetPool, SubnetPoolId, TableRoute, TapDirection, TapFlow,
    TapFlowId, TapService, TapServiceId, Transport, Trunk, TrunkId, Vni,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn network_id(number: u8) -> NetworkId {
    NetworkId(Uuid::from_u128(0x1_0000 + u128::from(number)))
}

pub(crate) fn subnet_id(number: u8) -> SubnetId {
    SubnetId(Uuid::from_u128(0x2_0000 + u128::from(number)))
}

pub(crate) fn port_id(number: u8) -> PortId {
    PortId(Uuid::from_u128(0x3_0000 + u128::from(number)))
}

pub(crate) fn host(number: u8) -> HostName {
    HostName::from(format!("host-{number}"))
}

fn standard(name: String) -> Standard {
    Standard {
        name,
        ..Standard::default()
    }
}

pub(crate) fn network(number: u8) -> Network {
    Network {
        project_id: "p".into(),
        standard: standard(format!("net-{number}")),
        segments: vec![Transport {
            network_type: NetworkType::Vxlan,
            physical_network: None,
            segmentation_id: Some(100 + u32::from(number)),
        }],
        ..Network::new(network_id(number))
    }
}

/// Every network's subnets use the same blocks: `10.0.NUMBER.0/24`.
pub(crate) fn subnet(number: u8, network: u8) -> Subnet {
    Subnet {
        project_id: "p".into(),
        standard: standard(format!("sub-{number}")),
        gateway_ip: Some(IpAddr::V4(Ipv4Addr::new(10, 0, number, 1))),
        ..Subnet::new(
            subnet_id(number),
            network_id(network),
            format!("10.0.{number}.0/24").parse().unwrap(),
        )
    }
}

/// A port with one address, `10.0.SUBNET.NUMBER`.
pub(crate) fn port(number: u8, network: u8, subnet: u8, at: Option<u8>) -> Port {
    let mac = alcor_types::MacAddr([0xfa, 0x16, 0x3e, 0, 0, number]);
    Port {
        standard: standard(format!("port-{number}")),
        fixed_ips: vec![FixedIp {
            subnet_id: subnet_id(subnet),
            ip_address: IpAddr::V4(Ipv4Addr::new(10, 0, subnet, number)),
        }],
        host: at.map(host),
        ..Port::new(port_id(number), network_id(network), mac)
    }
}

pub(crate) fn router_id(number: u8) -> RouterId {
    RouterId(Uuid::from_u128(0x5_0000 + u128::from(number)))
}

pub(crate) fn router(number: u8) -> Router {
    Router {
        project_id: "p".into(),
        standard: standard(format!("router-{number}")),
        ..Router::new(router_id(number))
    }
}

/// A router's way to network 2.
pub(crate) fn gateway_of(router: u8, snat: bool) -> ExternalGateway {
    ExternalGateway {
        network_id: network_id(2),
        port_id: port_id(20 + router),
        enable_snat: snat,
        qos_policy_id: None,
    }
}

/// A floating IP of network 2, which stands for a port by way of a router.
pub(crate) fn floating(number: u8, at: Option<(u8, u8)>) -> FloatingIp {
    FloatingIp {
        id: FloatingIpId(Uuid::from_u128(0xc_0000 + u128::from(number))),
        project_id: "p".into(),
        standard: Standard::default(),
        floating_network_id: network_id(2),
        floating_ip_address: Ipv4Addr::new(10, 0, 2, 200 + number).into(),
        floating_port_id: port_id(30 + number),
        association: at.map(|(port, _)| Association {
            port_id: port_id(port),
            fixed_ip_address: Ipv4Addr::new(10, 0, 0, port).into(),
        }),
        router_id: at.map(|(_, router)| router_id(router)),
        dns_name: String::new(),
        dns_domain: String::new(),
        qos_policy_id: None,
    }
}

pub(crate) fn put_floating(floating: FloatingIp) -> Fact {
    Fact::FloatingIp(floating.id, Some(Arc::new(floating)))
}

pub(crate) fn forwarding_id(number: u8) -> PortForwardingId {
    PortForwardingId(Uuid::from_u128(0xd_0000 + u128::from(number)))
}

/// A forwarding of a floating IP. Never of another one later.
pub(crate) fn put_forwarding(number: u8, port: u8) -> Fact {
    let forwarding = PortForwarding {
        id: forwarding_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        floatingip_id: floating(number, None).id,
        protocol: ForwardedProtocol::Tcp,
        external_ports: PortRange::one(80),
        internal_port_id: port_id(port),
        internal_ip_address: Ipv4Addr::new(10, 0, 0, port),
        internal_ports: PortRange::one(8080),
    };
    Fact::PortForwarding(forwarding.id, Some(Arc::new(forwarding)))
}

/// A router's port with the gateway's address of a subnet.
pub(crate) fn interface(number: u8, network: u8, subnet: u8, router: u8) -> Port {
    Port {
        device_id: router_id(router).to_string(),
        device_owner: "network:router_interface".to_owned(),
        fixed_ips: vec![FixedIp {
            subnet_id: subnet_id(subnet),
            ip_address: IpAddr::V4(Ipv4Addr::new(10, 0, subnet, 1)),
        }],
        ..port(number, network, subnet, None)
    }
}

/// A network's table, which a router follows, or the one of a subnet.
pub(crate) fn table(network: u8, whole: bool, router: u8) -> RouteTable {
    let id = 0x6_0000 + 2 * u128::from(network) + u128::from(whole);
    RouteTable {
        id: RouteTableId(Uuid::from_u128(id)),
        project_id: "p".into(),
        standard: standard(format!("table-{id}")),
        network_id: network_id(network),
        subnet_id: (!whole).then(|| subnet_id(network)),
        router_id: whole.then(|| router_id(router)),
        kind: RouteTableKind::Vpc,
        routes: vec![TableRoute {
            id: Uuid::nil(),
            name: String::new(),
            description: String::new(),
            destination: "192.0.2.0/24".parse().unwrap(),
            target: RouteTarget::NextHop(IpAddr::V4(Ipv4Addr::new(10, 0, network, 7))),
            priority: 100,
        }],
    }
}

pub(crate) fn acl_id(number: u8) -> NetworkAclId {
    NetworkAclId(Uuid::from_u128(0x7_0000 + u128::from(number)))
}

pub(crate) fn acl_rule_id(acl: u8, number: u8) -> NetworkAclRuleId {
    let id = 0x8_0000 + 0x100 * u128::from(acl) + u128::from(number);
    NetworkAclRuleId(Uuid::from_u128(id))
}

/// An ACL of a network, perhaps its default, that names these subnets.
pub(crate) fn acl(
    number: u8,
    network: u8,
    is_default: bool,
    subnets: impl IntoIterator<Item = u8>,
) -> NetworkAcl {
    NetworkAcl {
        id: acl_id(number),
        project_id: "p".into(),
        standard: standard(format!("acl-{number}")),
        network_id: network_id(network),
        subnets: subnets.into_iter().map(subnet_id).collect(),
        is_default,
    }
}

pub(crate) fn put_acl(acl: NetworkAcl) -> Fact {
    Fact::NetworkAcl(acl.id, Some(Arc::new(acl)))
}

/// A rule that lets TCP in from anywhere. A rule never changes its ACL; the number is unique in it.
pub(crate) fn put_acl_rule(acl: u8, id: u8, number: u16) -> Fact {
    let rule = NetworkAclRule {
        id: acl_rule_id(acl, id),
        acl_id: acl_id(acl),
        name: String::new(),
        description: String::new(),
        number: 100 * u16::from(id) + number,
        direction: FlowDirection::Ingress,
        prefix: "10.0.0.0/8".parse().unwrap(),
        protocol: AclProtocol::Tcp(None),
        action: AclAction::Allow,
    };
    Fact::NetworkAclRule(rule.id, Some(Arc::new(rule)))
}

pub(crate) fn put_table(table: RouteTable) -> Fact {
    Fact::RouteTable(table.id, Some(Arc::new(table)))
}

pub(crate) fn put_router(router: Router) -> Fact {
    Fact::Router(router.id, Some(Arc::new(router)))
}

pub(crate) fn policy_id(number: u8) -> QosPolicyId {
    QosPolicyId(Uuid::from_u128(0xa_0000 + u128::from(number)))
}

/// A rule of a kind that goes with its number.
pub(crate) fn qos_rule(number: u8, policy: u8, rate: u32) -> QosRule {
    let direction = match number & 1 {
        0 => FlowDirection::Egress,
        _ => FlowDirection::Ingress,
    };
    let limit = match number {
        0 | 1 => QosLimit::BandwidthLimit {
            max_kbps: rate,
            max_burst_kbps: 0,
            direction,
        },
        2 => QosLimit::DscpMarking { dscp_mark: 46 },
        _ => QosLimit::PacketRateLimit {
            max_kpps: rate,
            max_burst_kpps: 0,
            direction,
        },
    };
    QosRule {
        id: QosRuleId(Uuid::from_u128(0xb_0000 + u128::from(number))),
        policy_id: policy_id(policy),
        limit,
    }
}

/// Port `number` looks on.
pub(crate) fn tap_service(number: u8) -> TapService {
    TapService {
        id: TapServiceId(Uuid::from_u128(0xe_0000 + u128::from(number))),
        project_id: "p".into(),
        name: String::new(),
        description: String::new(),
        port_id: port_id(number),
        vni: Vni::new(900 + u32::from(number)).unwrap(),
    }
}

pub(crate) fn put_tap_service(service: TapService) -> Fact {
    Fact::TapService(service.id, Some(Arc::new(service)))
}

/// A flow of a direction that goes with its number.
pub(crate) fn tap_flow(number: u8, service: u8, source: u8) -> TapFlow {
    TapFlow {
        id: TapFlowId(Uuid::from_u128(0xf_0000 + u128::from(number))),
        project_id: "p".into(),
        name: String::new(),
        description: String::new(),
        tap_service_id: tap_service(service).id,
        source_port: port_id(source),
        direction: match number % 3 {
            0 => TapDirection::In,
            1 => TapDirection::Out,
            _ => TapDirection::Both,
        },
    }
}

/// Port `number` carries others, each with a tag.
pub(crate) fn trunk(number: u8, carried: &[(u8, u16)]) -> Trunk {
    let carried = carried.iter().map(|(port, vlan)| SubPort {
        port_id: port_id(*port),
        vlan: *vlan,
    });
    Trunk {
        id: TrunkId(Uuid::from_u128(0x11_0000 + u128::from(number))),
        project_id: "p".into(),
        standard: standard(String::new()),
        admin_state_up: true,
        port_id: port_id(number),
        sub_ports: carried.collect(),
    }
}

pub(crate) fn put_trunk(trunk: Trunk) -> Fact {
    Fact::Trunk(trunk.id, Some(Arc::new(trunk)))
}

pub(crate) fn put_tap_flow(flow: TapFlow) -> Fact {
    Fact::TapFlow(flow.id, Some(Arc::new(flow)))
}

pub(crate) fn put_qos_rule(rule: QosRule) -> Fact {
    Fact::QosRule(rule.id, Some(Arc::new(rule)))
}

pub(crate) fn tunnel_ip(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 168, 100, number))
}

pub(crate) fn node(number: u8) -> Node {
    Node::new(
        NodeId(Uuid::from_u128(0x4_0000 + u128::from(number))),
        host(number),
        tunnel_ip(number),
    )
}

pub(crate) fn put_network(network: Network) -> Fact {
    Fact::Network(network.id, Some(Arc::new(network)))
}

pub(crate) fn put_subnet(subnet: Subnet) -> Fact {
    Fact::Subnet(subnet.id, Some(Arc::new(subnet)))
}

pub(crate) fn pool_id(number: u8) -> SubnetPoolId {
    SubnetPoolId(Uuid::from_u128(0x21_0000 + u128::from(number)))
}

/// A pool in an address scope, or in none.
pub(crate) fn put_pool(number: u8, scope: Option<u8>) -> Fact {
    let scope = scope.map(|scope| Uuid::from_u128(0x22_0000 + u128::from(scope)));
    let pool = SubnetPool {
        id: pool_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        ip_version: IpVersion::V4,
        prefixes: Vec::new(),
        min_prefixlen: 8,
        max_prefixlen: 32,
        default_prefixlen: 24,
        default_quota: None,
        shared: Sharing::default(),
        is_default: false,
        address_scope_id: scope.map(Into::into),
    };
    Fact::SubnetPool(pool.id, Some(Arc::new(pool)))
}

pub(crate) fn put_port(port: Port) -> Fact {
    Fact::Port(port.id, Some(Arc::new(port)))
}

pub(crate) fn put_node(node: Node) -> Fact {
    Fact::Node(node.name.clone(), Some(Arc::new(node)))
}

/// A host that takes what delivery would send it of one scope.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    pub(crate) goals: ScopeGoals,
    pub(crate) snapshots: usize,
    holds: bool,
}

impl Follower {
    /// Catches up, and answers the keys that travelled in a delta.
    pub(crate) fn follow(
        &mut self,
        region: &Compiler,
        scope: impl Into<ScopeId>,
        host: &HostName,
    ) -> Vec<GoalKey> {
        let scope = scope.into();
        if !self.holds {
            self.restart(region, scope, host);
            return Vec::new();
        }
        match region.changes_since(scope, host, self.goals.revision()) {
            Delta::Current => Vec::new(),
            Delta::TooOld => {
                self.restart(region, scope, host);
                Vec::new()
            }
            Delta::Gone => {
                *self = Self::default();
                Vec::new()
            }
            Delta::Changes { revision, changes } => {
                for change in &changes {
                    self.goals.apply(change);
                }
                self.goals.complete(revision);
                changes
                    .iter()
                    .map(alcor_goalstate::GoalChange::key)
                    .collect()
            }
        }
    }

    fn restart(&mut self, region: &Compiler, scope: ScopeId, host: &HostName) {
        *self = Self {
            snapshots: self.snapshots + 1,
            ..Self::default()
        };
        let Some(view) = region.snapshot(scope, host) else {
            return;
        };
        self.holds = true;
        for goal in view.goals {
            self.goals.apply(&alcor_goalstate::GoalChange::Put(goal));
        }
        self.goals.complete(view.revision);
    }

    /// The goals held, in the order of their keys.
    pub(crate) fn held(&self) -> Vec<Goal> {
        self.goals.iter().cloned().collect()
    }
}

/// What the host is to hold, in the order of the keys.
pub(crate) fn wanted(region: &Compiler, scope: impl Into<ScopeId>, host: &HostName) -> Vec<Goal> {
    let view = region.snapshot(scope, host);
    let mut goals = view.map_or_else(Vec::new, |view| view.goals);
    goals.sort_by_key(Goal::key);
    goals
}

/// Feeds facts one revision each, the first at `from`.
pub(crate) fn feed(region: &mut Compiler, from: u64, facts: impl IntoIterator<Item = Fact>) -> u64 {
    let mut revision = from;
    for fact in facts {
        region.apply(Revision(revision), &[fact]);
        revision += 1;
    }
    revision
}
