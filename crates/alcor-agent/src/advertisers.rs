//! What the routers of this host's networks advertise, and to whom it is yet to be said: to who asks,
//! to all when it changes, to a VM that has just come, and to everybody now and then.

use crate::holdings::Holdings;
use alcor_goalstate::{Goal, GoalChange, GoalKey, InterfaceGoal, ScopeGoals, SubnetGoal, VpcGoal};
use alcor_responder::{Advertisement, Reason};
use alcor_types::{NetworkId, PortId};
use std::collections::{BTreeMap, BTreeSet};

/// How many times in its lifetime a router says that it is one: VMs may miss most of them.
const REPEATS: u16 = 9;
/// Frames remembered at most until the flows are in the switch; the next round says it anyhow.
const LIMIT: usize = 1000;

/// An advertisement and the frame that says it.
#[derive(Debug)]
struct Said {
    advertisement: Advertisement,
    frame: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Advertisers {
    /// Seconds from one round to the next.
    period: u16,
    said: BTreeMap<NetworkId, BTreeMap<PortId, Said>>,
    /// Networks of which something has changed.
    touched: Touched,
    /// For all VMs of a network.
    news: Vec<(NetworkId, Vec<u8>)>,
    /// VMs that have heard nothing yet.
    newcomers: BTreeSet<PortId>,
    /// Counts seconds.
    clock: u64,
}

/// A subnet that goes does not say of which network it was.
#[derive(Debug, Default)]
struct Touched {
    networks: BTreeSet<NetworkId>,
    all: bool,
}

impl Advertisers {
    /// Every VM hears of its routers once in so many seconds, at least one.
    pub(crate) fn new(period: u16) -> Self {
        Self {
            period: period.max(1),
            said: BTreeMap::new(),
            touched: Touched::default(),
            news: Vec::new(),
            newcomers: BTreeSet::new(),
            clock: 0,
        }
    }

    /// A goal has changed.
    pub(crate) fn note(&mut self, change: &GoalChange) {
        match change {
            GoalChange::Put(Goal::Vpc(goal)) => self.touch(goal.id),
            GoalChange::Put(Goal::Subnet(goal)) => self.touch(goal.vpc),
            GoalChange::Put(Goal::Interface(goal)) => self.touch(goal.vpc),
            GoalChange::Put(Goal::Port(goal)) => self.welcome(goal.id),
            GoalChange::Delete { key, .. } => match key {
                GoalKey::Vpc(id) => self.touch(*id),
                GoalKey::Subnet(_) | GoalKey::Interface(_) => self.touched.all = true,
                _ => {}
            },
            GoalChange::Put(_) => {}
        }
    }

    /// The port's interface has just come, or the port has.
    pub(crate) fn welcome(&mut self, port: PortId) {
        self.newcomers.insert(port);
    }

    /// Compares what was said with what is to be said now that all changes are held.
    pub(crate) fn settle(&mut self, holdings: &Holdings) {
        let Touched { mut networks, all } = std::mem::take(&mut self.touched);
        if all {
            networks.extend(self.said.keys());
        }
        for network in networks {
            self.compare(network, holdings.scope(network));
        }
    }

    /// The frames of all routers of a network.
    pub(crate) fn frames(&self, network: NetworkId) -> impl Iterator<Item = &[u8]> {
        let routers = self.said.get(&network).into_iter();
        let routers = routers.flat_map(BTreeMap::values);
        routers.map(|said| &said.frame[..])
    }

    /// Takes what all VMs of a network are to hear.
    pub(crate) fn take_news(&mut self) -> Vec<(NetworkId, Vec<u8>)> {
        std::mem::take(&mut self.news)
    }

    /// Takes the ports whose VMs are to hear of their routers.
    pub(crate) fn take_newcomers(&mut self) -> BTreeSet<PortId> {
        std::mem::take(&mut self.newcomers)
    }

    /// A second has passed: which of the ports are due? Each is once in a period, not all at once.
    pub(crate) fn tick(&mut self) -> impl Fn(PortId) -> bool + use<> {
        self.clock += 1;
        let period = u128::from(self.period);
        let now = u128::from(self.clock) % period;
        move |port| port.0.as_u128() % period == now
    }

    fn touch(&mut self, network: NetworkId) {
        self.touched.networks.insert(network);
    }

    fn compare(&mut self, network: NetworkId, goals: Option<&ScopeGoals>) {
        let lifetime = self.period.saturating_mul(REPEATS);
        let mut former = self.said.remove(&network).unwrap_or_default();
        let mut now = BTreeMap::new();
        for (port, advertisement) in goals.into_iter().flat_map(|goals| all(goals, lifetime)) {
            let old = former.remove(&port);
            let frame = match &old {
                Some(old) if old.advertisement == advertisement => None,
                Some(old) => Some(advertisement.instead_of(&old.advertisement)),
                None => Some(advertisement.frame()),
            };
            self.tell(network, frame);
            if let Ok(frame) = advertisement.frame() {
                now.insert(
                    port,
                    Said {
                        advertisement,
                        frame,
                    },
                );
            }
        }
        for gone in former.values() {
            self.tell(network, Some(gone.advertisement.farewell()));
        }
        if !now.is_empty() {
            self.said.insert(network, now);
        }
    }

    fn tell(&mut self, network: NetworkId, frame: Option<Result<Vec<u8>, Reason>>) {
        match frame {
            Some(Ok(frame)) if self.news.len() < LIMIT => self.news.push((network, frame)),
            Some(Err(reason)) => {
                tracing::warn!(%network, reason = reason.as_str(), "router not advertised");
            }
            _ => {}
        }
    }
}

/// What all routers of a scope are to say.
fn all(goals: &ScopeGoals, lifetime: u16) -> impl Iterator<Item = (PortId, Advertisement)> {
    goals.interfaces().filter_map(move |interface| {
        let advertisement = of(goals, interface, lifetime)?;
        Some((interface.port, advertisement))
    })
}

fn of(goals: &ScopeGoals, interface: &InterfaceGoal, lifetime: u16) -> Option<Advertisement> {
    let vpc: &VpcGoal = match goals.get(&GoalKey::Vpc(interface.vpc))? {
        Goal::Vpc(vpc) => vpc,
        _ => return None,
    };
    let served: BTreeSet<_> = interface.fixed_ips.iter().map(|ip| ip.subnet_id).collect();
    let subnets = served.iter().filter_map(|id| subnet(goals, *id));
    Advertisement::of(vpc, interface, subnets, lifetime)
}

fn subnet(goals: &ScopeGoals, id: alcor_types::SubnetId) -> Option<&SubnetGoal> {
    match goals.get(&GoalKey::Subnet(id))? {
        Goal::Subnet(subnet) => Some(subnet),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_goalstate::wire::{Push, PushKind};
    use alcor_goalstate::{Carrier, GoalChange, encode};
    use alcor_types::{FixedIp, Ipv6Mode, MacAddr, ProjectId, Revision, RouterId, SubnetId, Vni};
    use uuid::Uuid;

    const NETWORK: NetworkId = NetworkId(Uuid::from_u128(1));
    const SUBNET: SubnetId = SubnetId(Uuid::from_u128(2));
    const ROUTER: PortId = PortId(Uuid::from_u128(3));

    fn goals(mode: Option<Ipv6Mode>) -> [GoalChange; 3] {
        let (id, vpc, revision) = (NETWORK, NETWORK, Revision(1));
        let network = VpcGoal {
            id,
            revision,
            project_id: ProjectId::from("p"),
            name: String::new(),
            carrier: Carrier::Vxlan(Vni::MIN),
            mtu: 1450,
            admin_state_up: true,
            dns_domain: String::new(),
        };
        let subnet = SubnetGoal {
            id: SUBNET,
            revision,
            vpc,
            cidr: "fd00::/64".parse().unwrap(),
            gateway_ip: None,
            dhcp: true,
            dns_nameservers: Vec::new(),
            host_routes: Vec::new(),
            ipv6_address_mode: mode,
            ipv6_ra_mode: mode,
            address_scope: None,
        };
        let router = InterfaceGoal {
            port: ROUTER,
            revision,
            vpc,
            router: RouterId::random(),
            mac: MacAddr([2, 0, 0, 0, 0, 1]),
            fixed_ips: vec![FixedIp {
                subnet_id: SUBNET,
                ip_address: "fd00::1".parse().unwrap(),
            }],
            admin_state_up: true,
            routes: Vec::new(),
            tables: Vec::new(),
            dns_name: String::new(),
            gateways: Vec::new(),
        };
        [
            Goal::Vpc(network),
            Goal::Subnet(subnet),
            Goal::Interface(router),
        ]
        .map(GoalChange::Put)
    }

    /// What is news when these changes have come.
    fn news(
        advertisers: &mut Advertisers,
        holdings: &mut Holdings,
        changes: &[GoalChange],
    ) -> Vec<(NetworkId, Vec<u8>)> {
        let push = Push {
            scope: NETWORK.to_string(),
            kind: PushKind::DeltaOfScope.into(),
            goal_state: Some(encode::goal_state(changes)),
            ..Push::default()
        };
        for change in holdings.apply(&push).unwrap() {
            advertisers.note(&change);
        }
        advertisers.settle(holdings);
        advertisers.take_news()
    }

    /// The lifetime that a router gives itself.
    fn lifetime(frame: &[u8]) -> u16 {
        u16::from_be_bytes([frame[60], frame[61]])
    }

    #[test]
    fn a_router_is_told_once_and_taken_back_when_it_goes() {
        let (mut all, mut holdings) = (Advertisers::new(10), Holdings::default());
        let changes = goals(Some(Ipv6Mode::Slaac));
        let told = news(&mut all, &mut holdings, &changes);
        assert_eq!(told.len(), 1);
        assert_eq!(lifetime(&told[0].1), 90);
        assert_eq!(all.frames(NETWORK).count(), 1);
        assert_eq!(news(&mut all, &mut holdings, &changes), []);
        for key in [GoalKey::Interface(ROUTER), GoalKey::Subnet(SUBNET)] {
            let revision = Revision(2);
            let gone = [GoalChange::Delete { key, revision }];
            let last = news(&mut all, &mut holdings, &gone);
            let expected = usize::from(key == GoalKey::Interface(ROUTER));
            assert_eq!(last.len(), expected, "{key:?}");
            assert!(last.iter().all(|(_, frame)| lifetime(frame) == 0));
        }
        assert_eq!(all.frames(NETWORK).count(), 0);
    }

    #[test]
    fn a_router_without_a_mode_says_nothing() {
        let (mut all, mut holdings) = (Advertisers::new(10), Holdings::default());
        assert_eq!(news(&mut all, &mut holdings, &goals(None)), []);
        assert_eq!(all.frames(NETWORK).count(), 0);
    }

    #[test]
    fn every_port_is_due_once_in_a_period() {
        let mut all = Advertisers::new(7);
        let ports: Vec<_> = (0..100).map(|_| PortId::random()).collect();
        let mut heard = BTreeMap::new();
        for _ in 0..7 {
            let due = all.tick();
            for port in ports.iter().filter(|port| due(**port)) {
                *heard.entry(*port).or_insert(0) += 1;
            }
        }
        assert_eq!(heard.len(), 100);
        assert!(heard.values().all(|times| *times == 1));
    }
}
