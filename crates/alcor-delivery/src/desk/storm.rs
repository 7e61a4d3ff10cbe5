//! A pull storm: all hosts of a large network are cold at once, and ask for more than there is room for.

use super::{Desk, Places};
use crate::Dispatch;
use alcor_compiler::{Compiler, Fact};
use alcor_goalstate::Sought;
use alcor_goalstate::wire::Want;
use alcor_types::{
    FixedIp, HostName, MacAddr, Network, NetworkId, NetworkType, Node, NodeId, Port, PortId,
    Revision, SubnetId, Transport,
};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

const HOSTS: u16 = 400;
const ASKED: usize = 8;
const ROOM: usize = 64;

fn network_id() -> NetworkId {
    Uuid::from_u128(1).into()
}

fn host(number: u16) -> HostName {
    format!("h{number}").into()
}

fn address(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, 1, high, low).into()
}

/// A port on every host of one network.
fn facts() -> Vec<Fact> {
    let mut network = Network::new(network_id());
    network.segments = vec![Transport {
        network_type: NetworkType::Vxlan,
        physical_network: None,
        segmentation_id: Some(7),
    }];
    let mut facts = vec![Fact::Network(network.id, Some(Arc::new(network)))];
    for number in 0..HOSTS {
        let id = u128::from(number);
        let node = Node::new(NodeId(Uuid::from_u128(id)), host(number), address(number));
        facts.push(Fact::Node(host(number), Some(Arc::new(node))));
        let [high, low] = number.to_be_bytes();
        let id = PortId(Uuid::from_u128(1000 + id));
        let mut port = Port::new(id, network_id(), MacAddr([2, 0, 0, 0, high, low]));
        port.host = Some(host(number));
        port.fixed_ips = vec![FixedIp {
            subnet_id: SubnetId(Uuid::from_u128(2)),
            ip_address: address(number),
        }];
        facts.push(Fact::Port(id, Some(Arc::new(port))));
    }
    facts
}

/// One agent that asks for some neighbours until it has them.
struct Cold {
    number: u16,
    dispatch: Dispatch,
    places: Places,
    questions: u64,
    unread: VecDeque<alcor_goalstate::wire::Push>,
    warm: bool,
    put_off: u64,
}

impl Cold {
    fn start(number: u16, region: &Compiler) -> Self {
        let (mut dispatch, _) = Dispatch::start(host(number), region, &[]);
        while let Some(push) = dispatch.next(region) {
            dispatch.received(push.sequence);
        }
        let (places, unread) = (Places::default(), VecDeque::new());
        Self {
            number,
            dispatch,
            places,
            questions: 0,
            unread,
            warm: false,
            put_off: 0,
        }
    }

    /// What a session does with a question.
    fn ask(&mut self, region: &Compiler, desk: &Desk) {
        self.questions += 1;
        let peers = (1..).map(|step| (self.number + step) % HOSTS).take(ASKED);
        let want = Want {
            id: self.questions,
            network: network_id().to_string(),
            sought: peers
                .map(|peer| Sought::Address(address(peer)).to_bytes())
                .collect(),
            ..Want::default()
        };
        let places = desk.take(want.sought.len());
        self.dispatch.want(region, &want, places.is_none());
        if let Some(places) = places {
            self.places.taken(want.id, places);
        }
        while let Some(push) = self.dispatch.next(region) {
            if let Some(answer) = &push.answer {
                self.places.sent(answer.want, push.sequence);
            }
            self.unread.push_back(push);
        }
    }

    fn read(&mut self) {
        let Some(push) = self.unread.pop_front() else {
            return;
        };
        self.dispatch.received(push.sequence);
        self.places.arrived(push.sequence);
        let busy = push.answer.is_some_and(|answer| answer.busy);
        self.put_off += u64::from(busy);
        self.warm |= !busy;
    }
}

#[test]
fn a_pull_storm_is_answered_in_turns_and_passes_by_itself() {
    let region = Compiler::new(64).on_demand_above(16);
    let region = region.loaded(Revision(1), facts().into_iter());
    let desk = Desk::new(ROOM);
    let mut agents: Vec<_> = (0..HOSTS)
        .map(|number| Cold::start(number, &region))
        .collect();
    let mut rounds = 0;
    while agents.iter().any(|agent| !agent.warm) {
        rounds += 1;
        assert!(
            rounds <= usize::from(HOSTS) * ASKED / ROOM,
            "everybody's turn comes"
        );
        // All ask, and nobody reads before all have asked.
        for agent in agents.iter_mut().filter(|agent| !agent.warm) {
            agent.ask(&region, &desk);
        }
        let goals = agents.iter().flat_map(|agent| &agent.unread);
        let goals = goals.filter_map(|push| push.goal_state.as_ref());
        let under_way: usize = goals.map(|state| state.neighbor_states.len()).sum();
        assert!(under_way <= ROOM, "{under_way} answers are under way");
        agents.iter_mut().for_each(Cold::read);
    }
    assert!(agents.iter().any(|agent| agent.put_off > 0));
    assert!(desk.take(ROOM).is_some(), "all places are free again");
    for agent in &agents {
        let held = agent.dispatch.demand().of(network_id());
        assert_eq!(held.map(std::collections::BTreeSet::len), Some(ASKED));
    }
}
