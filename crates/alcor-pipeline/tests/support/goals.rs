//! Goals named by numbers.

use alcor_goalstate::{
    AclGoal, AclRule, AddressGroupGoal, Bounds, Carrier, DhcpGoal, Goal, GroupGoal, GroupRule,
    InterfaceGoal, Limits, MemberGoal, NeighborGoal, PortGoal, PortIdentity, Rate, RuleRemote,
    SubnetGoal, TapCopy, Taps, TunnelKind, VpcGoal,
};
use alcor_openflow::PortNo;
use alcor_types::{
    AclAction, AclProtocol, AddressGroupId, Direction, EtherType, FixedIp, Ipv6Mode, MacAddr,
    NetworkAclId, NetworkId, PortId, Revision, RouterId, SecurityGroupId, SecurityGroupRuleId,
    SubnetId, TapDirection, Vni,
};
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

pub(crate) const TUNNEL: PortNo = PortNo(10);
/// Where Geneve tunnels begin.
pub(crate) const GENEVE: PortNo = PortNo(12);

/// The port of tunnels of a kind.
pub(crate) fn tunnel_port(kind: TunnelKind) -> PortNo {
    match kind {
        TunnelKind::Vxlan => TUNNEL,
        TunnelKind::Geneve => GENEVE,
    }
}

pub(crate) fn vpc_id(number: u8) -> NetworkId {
    NetworkId(Uuid::from_u128(0x1_0000 + u128::from(number)))
}

pub(crate) fn subnet_id(number: u8) -> SubnetId {
    SubnetId(Uuid::from_u128(0x2_0000 + u128::from(number)))
}

pub(crate) fn port_id(number: u8) -> PortId {
    PortId(Uuid::from_u128(0x3_0000 + u128::from(number)))
}

pub(crate) fn mac(number: u8) -> MacAddr {
    MacAddr([0xfa, 0x16, 0x3e, 0, 0, number])
}

pub(crate) fn ip(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, number)
}

pub(crate) fn host_ip(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 168, 100, number))
}

pub(crate) fn vni(number: u8) -> Vni {
    Vni::new(100 + u32::from(number)).unwrap()
}

fn fixed(number: u8) -> Vec<FixedIp> {
    vec![FixedIp {
        subnet_id: subnet_id(1),
        ip_address: IpAddr::V4(ip(number)),
    }]
}

pub(crate) fn vpc(number: u8) -> VpcGoal {
    VpcGoal {
        id: vpc_id(number),
        revision: Revision(1),
        project_id: "p".into(),
        name: String::new(),
        carrier: Carrier::Vxlan(vni(number)),
        mtu: 1450,
        admin_state_up: true,
        dns_domain: String::new(),
        on_demand: false,
    }
}

/// `10.0.0.0/24` with its router at `.1`, on every network.
pub(crate) fn subnet(number: u8, vpc: u8) -> SubnetGoal {
    SubnetGoal {
        id: subnet_id(number),
        revision: Revision(1),
        vpc: vpc_id(vpc),
        cidr: "10.0.0.0/24".parse().unwrap(),
        gateway_ip: Some(IpAddr::V4(ip(1))),
        dhcp: true,
        dns_nameservers: Vec::new(),
        host_routes: Vec::new(),
        ipv6_address_mode: None,
        ipv6_ra_mode: None,
        address_scope: None,
    }
}

/// `fd00::/64` whose VMs get their addresses in this way.
pub(crate) fn subnet6(number: u8, vpc: u8, mode: Option<Ipv6Mode>) -> SubnetGoal {
    SubnetGoal {
        cidr: "fd00::/64".parse().unwrap(),
        gateway_ip: None,
        ipv6_address_mode: mode,
        ipv6_ra_mode: mode,
        ..subnet(number, vpc)
    }
}

/// The address of a number in such a subnet.
pub(crate) fn fixed6(number: u8, subnet: u8) -> [FixedIp; 1] {
    [FixedIp {
        subnet_id: subnet_id(subnet),
        ip_address: IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, u16::from(number)]),
    }]
}

/// Port, MAC address and IP address of one number.
pub(crate) fn port(number: u8, vpc: u8) -> PortGoal {
    PortGoal {
        id: port_id(number),
        revision: Revision(1),
        vpc: vpc_id(vpc),
        name: String::new(),
        mac: mac(number),
        admin_state_up: true,
        fixed_ips: fixed(number),
        device_id: String::new(),
        device_owner: String::new(),
        extra_dhcp_opts: Vec::new(),
        port_security_enabled: false,
        security_groups: Vec::new(),
        allowed_address_pairs: Vec::new(),
        identity: Box::new(PortIdentity {
            project_id: "project".into(),
            dns_name: String::new(),
            trunk: None,
        }),
        limits: Box::default(),
        taps: None,
    }
}

pub(crate) fn lease(number: u8, subnet: u8) -> DhcpGoal {
    DhcpGoal {
        port: port_id(number),
        subnet: subnet_id(subnet),
        revision: Revision(1),
        mac: mac(number),
        ipv4: ip(number),
        host_name: String::new(),
    }
}

pub(crate) fn neighbor(number: u8, vpc: u8, at: u8) -> NeighborGoal {
    NeighborGoal {
        port: port_id(number),
        revision: Revision(1),
        vpc: vpc_id(vpc),
        mac: mac(number),
        host_ip: host_ip(at),
        fixed_ips: fixed(number),
        dns_name: String::new(),
        security_groups: Vec::new(),
    }
}

pub(crate) fn router_id(number: u8) -> RouterId {
    RouterId(Uuid::from_u128(0x5_0000 + u128::from(number)))
}

/// A router's port with the address and the MAC of its number, in a subnet of the network.
pub(crate) fn interface(number: u8, vpc: u8, subnet: u8, router: u8) -> InterfaceGoal {
    let mut fixed_ips = fixed(number);
    fixed_ips[0].subnet_id = subnet_id(subnet);
    InterfaceGoal {
        port: port_id(number),
        revision: Revision(1),
        vpc: vpc_id(vpc),
        router: router_id(router),
        mac: mac(number),
        fixed_ips,
        admin_state_up: true,
        routes: Vec::new(),
        tables: Vec::new(),
        dns_name: String::new(),
        gateways: Vec::new(),
    }
}

pub(crate) fn group_id(number: u8) -> SecurityGroupId {
    SecurityGroupId(Uuid::from_u128(0x4_0000 + u128::from(number)))
}

pub(crate) fn address_group_id(number: u8) -> AddressGroupId {
    AddressGroupId(Uuid::from_u128(0x5_0000 + u128::from(number)))
}

/// Rule `number` of a group: nothing but TCP to port 80 to anybody.
pub(crate) fn rule(group: u8, number: u8) -> GroupRule {
    let id = 0x6_0000 + 0x100 * u128::from(group) + u128::from(number);
    GroupRule {
        id: SecurityGroupRuleId(Uuid::from_u128(id)),
        direction: Direction::Ingress,
        ethertype: EtherType::Ipv4,
        protocol: Some(6),
        port_min: Some(80),
        port_max: Some(80),
        remote: RuleRemote::Any,
    }
}

pub(crate) fn group(number: u8, rules: Vec<GroupRule>) -> GroupGoal {
    GroupGoal {
        id: group_id(number),
        revision: Revision(1),
        stateful: true,
        rules,
    }
}

pub(crate) fn member(group: u8, number: u8, blocks: &[&str]) -> MemberGoal {
    MemberGoal {
        group: group_id(group),
        port: port_id(number),
        revision: Revision(1),
        addresses: blocks.iter().map(|block| block.parse().unwrap()).collect(),
    }
}

pub(crate) fn acl_id(number: u8) -> NetworkAclId {
    NetworkAclId(Uuid::from_u128(0x7_0000 + u128::from(number)))
}

/// An ACL of the network of the same number.
pub(crate) fn acl(number: u8, subnets: &[u8], rules: Vec<AclRule>) -> AclGoal {
    AclGoal {
        id: acl_id(number),
        revision: Revision(1),
        vpc: vpc_id(number),
        subnets: subnets.iter().copied().map(subnet_id).collect(),
        rules,
    }
}

/// A rule that lets everything of IPv4 in.
pub(crate) fn acl_rule(number: u16) -> AclRule {
    AclRule {
        number,
        direction: Direction::Ingress,
        prefix: "0.0.0.0/0".parse().unwrap(),
        protocol: AclProtocol::All,
        action: AclAction::Allow,
    }
}

pub(crate) fn address_group(number: u8, blocks: &[&str]) -> AddressGroupGoal {
    AddressGroupGoal {
        id: address_group_id(number),
        revision: Revision(1),
        addresses: blocks.iter().map(|block| block.parse().unwrap()).collect(),
    }
}

/// A port of groups, whose addresses are checked.
pub(crate) fn secured(number: u8, vpc: u8, groups: &[u8]) -> PortGoal {
    PortGoal {
        port_security_enabled: true,
        security_groups: groups.iter().map(|group| group_id(*group)).collect(),
        ..port(number, vpc)
    }
}

pub(crate) fn put(goal: impl Into<Shaped>) -> alcor_pipeline::Input {
    alcor_pipeline::Input::Put(goal.into().0)
}

/// Any kind of goal.
pub(crate) struct Shaped(Goal);

macro_rules! shaped {
    ($($kind:ident: $goal:ty;)*) => {
        $(impl From<$goal> for Shaped {
            fn from(goal: $goal) -> Self {
                Self(Goal::$kind(goal))
            }
        })*
    };
}

shaped! {
    Vpc: VpcGoal;
    Subnet: SubnetGoal;
    Acl: AclGoal;
    Port: PortGoal;
    Dhcp: DhcpGoal;
    Neighbor: NeighborGoal;
    Interface: InterfaceGoal;
    Group: GroupGoal;
    Member: MemberGoal;
    AddressGroup: AddressGroupGoal;
}

/// No part in taps, copies for a port here, for one on another host, or a tap service.
pub(crate) fn taps(number: u8, id: u8) -> Option<Box<Taps>> {
    let copy = |port, direction| TapCopy {
        port: port_id(port),
        vni: vni(70),
        host_ip: host_ip(3),
        direction,
    };
    let taps = match number {
        0 => return None,
        1 => Taps {
            service: Some(vni(70 + id)),
            copies: Vec::new(),
        },
        _ => Taps {
            service: None,
            copies: vec![copy(2, TapDirection::Both), copy(9, TapDirection::Out)],
        },
    };
    Some(Box::new(taps))
}

/// Limits of every shape; none at all for 0.
pub(crate) fn limits(number: u8) -> Limits {
    let rate = |bit: u8| {
        let rate = Rate {
            rate: 1000 + u32::from(number >> 4),
            burst: 0,
        };
        (number & bit != 0).then_some(rate)
    };
    Limits {
        egress: Bounds {
            bandwidth: rate(1),
            packets: rate(2),
        },
        ingress: Bounds {
            bandwidth: rate(4),
            packets: rate(2),
        },
        dscp: (number & 8 != 0).then_some(46),
    }
}
