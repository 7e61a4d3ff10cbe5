//! Which port is on which network and host: worked out, not stored.

use crate::scenario::{Profile, Scenario};
use ipnet::Ipv4Net;
use std::net::Ipv4Addr;

/// The layout of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    hosts: u32,
    networks: Vec<NetworkPlan>,
}

/// One network of the layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NetworkPlan {
    /// Its ports.
    pub(crate) size: u32,
    /// Hosts that its ports are on.
    pub(crate) span: u32,
    /// The first of these hosts; the others follow it.
    first: u32,
}

impl Plan {
    /// Lays a scenario out.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut first = 0;
        let networks = sizes(scenario).into_iter().map(|size| {
            let span = size.div_ceil(scenario.pack).clamp(1, scenario.hosts);
            let network = NetworkPlan { size, span, first };
            first = (first + span) % scenario.hosts;
            network
        });
        Self {
            networks: networks.collect(),
            hosts: scenario.hosts,
        }
    }

    /// Its networks.
    pub(crate) fn networks(&self) -> &[NetworkPlan] {
        &self.networks
    }

    /// The host of a network's port.
    pub(crate) fn host_of(&self, network: u32, port: u32) -> u32 {
        let plan = &self.networks[network as usize];
        (plan.first + port % plan.span) % self.hosts
    }

    /// The hosts that the first `ports` ports of a network are on.
    pub(crate) fn hosts_of(&self, network: u32, ports: u32) -> impl Iterator<Item = u32> {
        let span = self.networks[network as usize].span.min(ports);
        (0..span).map(move |port| self.host_of(network, port))
    }
}

impl NetworkPlan {
    /// A block that has room for twice the network's ports.
    pub(crate) fn block(&self) -> String {
        format!("10.0.0.0/{}", self.prefix())
    }

    /// The length of the block's prefix.
    pub(crate) fn prefix(&self) -> u32 {
        let room = (2 * u64::from(self.size) + 16).next_power_of_two();
        (32 - room.trailing_zeros()).clamp(8, 24)
    }
}

/// The name that ports are bound to a host by.
pub(crate) fn host_name(host: u32) -> String {
    format!("scale-{host:06}")
}

/// Where tunnels to a host would end: of the block shared by carriers, which nobody routes to.
pub(crate) fn tunnel_ip(host: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(tunnels().network()) + 1 + host)
}

/// The block of all such addresses.
pub(crate) fn tunnels() -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10)
}

/// The sizes of networks; they add up to all ports.
fn sizes(scenario: &Scenario) -> Vec<u32> {
    let count = match scenario.profile {
        Profile::OneLarge => 1,
        _ => scenario.vpcs,
    };
    let weight = |number: u32| match scenario.profile {
        Profile::Mixed => 1.0 / f64::from(number + 1),
        _ => 1.0,
    };
    let total: f64 = (0..count).map(weight).sum();
    let (mut sum, mut given) = (0.0, 0);
    let mut sizes = Vec::with_capacity(count as usize);
    for number in 0..count {
        sum += weight(number);
        // One at least for this network and each that follows.
        let most = scenario.ports - (count - number - 1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of ports"
        )]
        let until = (f64::from(scenario.ports) * sum / total).round() as u32;
        let until = until.clamp(given + 1, most);
        sizes.push(until - given);
        given = until;
    }
    if let Some(last) = sizes.last_mut() {
        *last += scenario.ports - given;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_profile_has_all_its_ports_and_a_port_in_every_network() {
        for profile in [Profile::OneLarge, Profile::ManySmall, Profile::Mixed] {
            for (ports, vpcs) in [(1, 1), (10, 10), (1_003, 7), (500, 100)] {
                let scenario = Scenario {
                    profile,
                    ports,
                    vpcs,
                    hosts: 13,
                    ..Scenario::default()
                };
                let plan = Plan::new(&scenario);
                let sizes = plan.networks().iter().map(|network| network.size);
                assert_eq!(sizes.clone().sum::<u32>(), ports, "{profile:?}");
                assert!(sizes.clone().all(|size| size > 0), "{profile:?}");
            }
        }
    }

    #[test]
    fn a_network_spans_the_hosts_of_its_ports() {
        let scenario = Scenario {
            ports: 40,
            vpcs: 4,
            hosts: 6,
            pack: 2,
            ..Scenario::default()
        };
        let plan = Plan::new(&scenario);
        for network in 0..4 {
            let placed: BTreeSet<_> = (0..10).map(|port| plan.host_of(network, port)).collect();
            let span: BTreeSet<_> = plan.hosts_of(network, 10).collect();
            assert_eq!(placed, span);
            assert_eq!(span.len(), 5);
        }
    }

    #[test]
    fn a_block_has_room_for_its_ports() {
        let block = |size| {
            NetworkPlan {
                size,
                span: 1,
                first: 0,
            }
            .block()
        };
        assert_eq!(block(10), "10.0.0.0/24");
        assert_eq!(block(100_000), "10.0.0.0/14");
        assert_eq!(block(1_000_000), "10.0.0.0/11");
    }
}
