//! An emulated agent holds what a real agent's holdings hold, push by push.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use alcor_agent::Holdings;
use alcor_compiler::{Compiler, Fact};
use alcor_delivery::Dispatch;
use alcor_goalstate::wire::{Hello, ScopeRevision, agent_message::Body};
use alcor_scale::Agent;
use alcor_types::{
    FixedIp, HostName, MacAddr, Network, NetworkId, NetworkType, Node, NodeId, Port, PortId,
    Revision, SubnetId, Transport,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

const NETWORK: NetworkId = NetworkId(Uuid::from_u128(1));

fn network() -> Fact {
    let network = Network {
        project_id: "p".into(),
        segments: vec![Transport {
            network_type: NetworkType::Vxlan,
            physical_network: None,
            segmentation_id: Some(7),
        }],
        ..Network::new(NETWORK)
    };
    Fact::Network(NETWORK, Some(Arc::new(network)))
}

fn host(number: u8) -> HostName {
    HostName::from(format!("host-{number}"))
}

fn node(number: u8) -> Fact {
    let node = Node::new(
        NodeId(Uuid::from_u128(number.into())),
        host(number),
        IpAddr::from([192, 0, 2, number]),
    );
    Fact::Node(host(number), Some(Arc::new(node)))
}

fn port_id(number: u8) -> PortId {
    PortId(Uuid::from_u128(100 + u128::from(number)))
}

fn port(number: u8, at: u8) -> Fact {
    let id = port_id(number);
    let port = Port {
        host: Some(host(at)),
        fixed_ips: vec![FixedIp {
            subnet_id: SubnetId(Uuid::from_u128(3)),
            ip_address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)),
        }],
        ..Port::new(id, NETWORK, MacAddr([2, 0, 0, 0, 0, number]))
    };
    Fact::Port(id, Some(Arc::new(port)))
}

/// A session's end of the region, and both agents at the other.
struct Pair {
    real: Holdings,
    emulated: Agent,
    dispatch: Dispatch,
}

impl Pair {
    /// Both come back with what they hold.
    fn greet(compiler: &Compiler, mut real: Holdings, mut emulated: Agent) -> Self {
        let known = real.known();
        let Body::Hello(hello) = emulated.hello(&Hello::default()) else {
            panic!("an agent greets by a Hello");
        };
        assert_eq!(sorted(hello.known), sorted(known.clone()));
        let (dispatch, welcome) = Dispatch::start(host(1), compiler, &known);
        real.welcome(&welcome.scopes);
        emulated.welcome(&welcome);
        Self {
            real,
            emulated,
            dispatch,
        }
    }

    fn settle(&mut self, compiler: &Compiler) {
        while let Some(push) = self.dispatch.next(compiler) {
            self.real.apply(&push).unwrap();
            let taken = self.emulated.push(&push).unwrap();
            assert!(!taken.verified.is_empty());
            self.dispatch.received(push.sequence);
        }
        assert_eq!(sorted(self.emulated.held()), sorted(self.real.known()));
        assert_eq!(self.emulated.len(), self.real.goals().count());
        assert_eq!(self.emulated.own_ports(), self.real.own_ports().count());
        assert!(self.emulated.is_complete() && self.real.is_complete());
    }
}

fn sorted(mut scopes: Vec<ScopeRevision>) -> Vec<ScopeRevision> {
    scopes.sort_by(|one, other| one.scope.cmp(&other.scope));
    scopes
}

#[test]
fn through_ports_that_come_and_go_and_sessions_that_end() {
    let mut compiler = Compiler::new(4);
    let first = [network(), node(1), node(2), port(1, 1), port(2, 2)];
    compiler.apply(Revision(1), &first);
    let mut pair = Pair::greet(&compiler, Holdings::default(), Agent::default());
    pair.settle(&compiler);
    for number in 3..40 {
        let facts = [
            port(number, number % 2 + 1),
            Fact::Port(port_id(number - 2), None),
        ];
        compiler.apply(Revision(number.into()), &facts);
        // Every third session breaks; the log is short, so some come back to a snapshot.
        if number % 3 == 0 {
            pair = Pair::greet(&compiler, pair.real, pair.emulated);
        }
        pair.dispatch.mark(NETWORK, None);
        if number % 7 != 0 {
            pair.settle(&compiler);
        }
    }
    // The last own port goes, and with it the network.
    let gone: Vec<_> = (1..40)
        .map(|number| Fact::Port(port_id(number), None))
        .collect();
    compiler.apply(Revision(50), &gone);
    pair.dispatch.mark(NETWORK, None);
    pair.settle(&compiler);
    assert!(pair.emulated.is_empty());
}
