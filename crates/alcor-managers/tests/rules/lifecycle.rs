//! Random lives of networks, subnets, ports and addresses kept by hand against a model that only knows sets: what is
//! granted must be free and fitting, what is refused must be impossible, and a refusal must
//! leave no trace.

use crate::region::Region;
use alcor_managers::ip::lease::{self, CreateIpLease, IpPlace};
use alcor_managers::network::CreateNetwork;
use alcor_managers::port::{CreatePort, FixedIpRequest, UpdatePort};
use alcor_managers::subnet::{CreateSubnet, UpdateSubnet};
use alcor_managers::{
    ApiError, Caller, Provider, Settings, audit, network, records, schema, subnet,
};
use alcor_types::{FixedIp, IpPool, IpRangeId, Network, NetworkId, Port, PortId, Subnet, SubnetId};
use ipnet::IpNet;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Small blocks, some of which overlap.
const BLOCKS: [&str; 5] = [
    "10.0.0.0/29",
    "10.0.0.8/29",
    "10.0.0.0/28",
    "10.0.0.16/30",
    "fd00::/125",
];
/// Addresses inside and outside the blocks, some of them special.
const ADDRESSES: [&str; 8] = [
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.5",
    "10.0.0.10",
    "10.0.0.18",
    "fd00::3",
    "10.9.9.9",
];

#[derive(Debug, Clone)]
enum Ask {
    At(usize),
    AnyOf(usize),
}

#[derive(Debug, Clone)]
enum Step {
    MakeNetwork,
    DropNetwork(usize),
    MakeSubnet(usize, usize),
    NarrowPools(usize),
    DropSubnet(usize),
    MakePort(usize, Option<Vec<Ask>>),
    ChangePort(usize, Vec<Ask>),
    DropPort(usize),
    Keep(usize, Option<usize>),
    GiveBack(usize),
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let ask = prop_oneof![
        (0..ADDRESSES.len()).prop_map(Ask::At),
        any::<usize>().prop_map(Ask::AnyOf)
    ];
    prop::collection::vec(ask, 0..4)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::MakeNetwork),
        1 => any::<usize>().prop_map(Step::DropNetwork),
        3 => (any::<usize>(), 0..BLOCKS.len()).prop_map(|(at, block)| Step::MakeSubnet(at, block)),
        1 => any::<usize>().prop_map(Step::NarrowPools),
        1 => any::<usize>().prop_map(Step::DropSubnet),
        9 => (any::<usize>(), prop::option::of(asks())).prop_map(|(at, ips)| Step::MakePort(at, ips)),
        4 => (any::<usize>(), asks()).prop_map(|(at, ips)| Step::ChangePort(at, ips)),
        4 => any::<usize>().prop_map(Step::DropPort),
        4 => (any::<usize>(), prop::option::of(0..ADDRESSES.len())).prop_map(|(at, ip)| Step::Keep(at, ip)),
        2 => any::<usize>().prop_map(Step::GiveBack),
    ];
    prop::collection::vec(step, 1..60)
}

struct World {
    region: Region,
    networks: BTreeMap<NetworkId, Network>,
    subnets: BTreeMap<SubnetId, Subnet>,
    ports: BTreeMap<PortId, Port>,
    /// The addresses kept by hand.
    kept: BTreeSet<FixedIp>,
}

fn pick<K, V: Clone>(map: &BTreeMap<K, V>, at: usize) -> Option<V> {
    map.values().nth(at.checked_rem(map.len())?).cloned()
}

impl World {
    fn new() -> Self {
        let settings = Settings {
            provider: Provider::default().with_vnis(7..=9),
            ..Settings::default()
        };
        Self {
            region: Region::with(settings),
            networks: BTreeMap::new(),
            subnets: BTreeMap::new(),
            ports: BTreeMap::new(),
            kept: BTreeSet::new(),
        }
    }

    /// Takes one step; `None` when there is nothing to take it on.
    fn step(&mut self, step: &Step) -> Option<()> {
        let before = self.region.store.revision();
        let granted = match step {
            Step::MakeNetwork => self.make_network(),
            Step::DropNetwork(at) => self.drop_network(&pick(&self.networks, *at)?),
            Step::MakeSubnet(at, block) => {
                self.make_subnet(&pick(&self.networks, *at)?, BLOCKS[*block])
            }
            Step::NarrowPools(at) => self.narrow_pools(&pick(&self.subnets, *at)?),
            Step::DropSubnet(at) => self.drop_subnet(&pick(&self.subnets, *at)?),
            Step::MakePort(at, asks) => {
                self.make_port(&pick(&self.networks, *at)?, asks.as_deref())
            }
            Step::ChangePort(at, asks) => self.change_port(&pick(&self.ports, *at)?, asks),
            Step::DropPort(at) => self.drop_port(&pick(&self.ports, *at)?),
            Step::Keep(at, chosen) => {
                let chosen = chosen.map(|at| ADDRESSES[at].parse().unwrap());
                self.keep(&pick(&self.subnets, *at)?, chosen)
            }
            Step::GiveBack(at) => {
                let at = at.checked_rem(self.kept.len())?;
                let given = *self.kept.iter().nth(at)?;
                self.give_back(given)
            }
        };
        assert_eq!(granted, self.region.store.revision() != before, "{step:?}");
        Some(())
    }

    fn make_network(&mut self) -> bool {
        let made = self.region.create_network(CreateNetwork::default());
        assert_eq!(made.is_ok(), self.networks.len() < 3);
        let Ok(network) = made else {
            return false;
        };
        assert!(
            self.networks
                .values()
                .all(|other| other.vni() != network.vni())
        );
        self.networks.insert(network.id, network).is_none()
    }

    fn drop_network(&mut self, network: &Network) -> bool {
        let id = network.id;
        let dropped = self
            .region
            .run(move |txn, _| network::delete(txn, id, &Caller::admin(), None));
        let used = self.ports.values().any(|port| port.network_id == id);
        assert_eq!(dropped.is_err(), used);
        if used {
            return false;
        }
        self.subnets.retain(|_, subnet| subnet.network_id != id);
        let subnets = &self.subnets;
        self.kept
            .retain(|kept| subnets.contains_key(&kept.subnet_id));
        self.networks.remove(&id).is_some()
    }

    fn make_subnet(&mut self, network: &Network, block: &str) -> bool {
        let block: IpNet = block.parse().unwrap();
        let request = CreateSubnet::new(network.id, block);
        let clear = self
            .on(network.id)
            .all(|subnet| !subnet.cidr.contains(&block) && !block.contains(&subnet.cidr));
        let made = self.region.create_subnet(request);
        assert_eq!(made.is_ok(), clear);
        made.is_ok_and(|subnet| self.subnets.insert(subnet.id, subnet).is_none())
    }

    fn narrow_pools(&mut self, subnet: &Subnet) -> bool {
        let pools = subnet.allocation_pools.iter();
        let narrow = pools
            .map(|pool| IpPool {
                start: pool.end,
                end: pool.end,
            })
            .collect();
        let request = UpdateSubnet {
            allocation_pools: Some(narrow),
            ..UpdateSubnet::default()
        };
        let id = subnet.id;
        let update = move |txn: &mut alcor_store::Txn<'_>, settings: &Settings| {
            subnet::update(txn, id, &request, &Caller::admin(), settings)
        };
        let subnet = self.region.run(update).unwrap();
        self.subnets.insert(subnet.id, subnet).is_some()
    }

    fn drop_subnet(&mut self, subnet: &Subnet) -> bool {
        let id = subnet.id;
        let dropped = self
            .region
            .run(move |txn, _| subnet::delete(txn, id, &Caller::admin(), None));
        let used = self.of_ports(None).any(|fixed| fixed.subnet_id == id);
        assert_eq!(dropped.is_err(), used);
        if used {
            return false;
        }
        self.kept.retain(|kept| kept.subnet_id != id);
        self.subnets.remove(&id).is_some()
    }

    fn keep(&mut self, subnet: &Subnet, chosen: Option<IpAddr>) -> bool {
        let taken: BTreeSet<_> = self.taken(None).copied().collect();
        let of = |ip_address| FixedIp {
            subnet_id: subnet.id,
            ip_address,
        };
        let possible = match chosen {
            Some(address) => is_host(subnet, address) && !taken.contains(&of(address)),
            None => pooled(subnet).difference(&taken).next().is_some(),
        };
        let wishes = [CreateIpLease {
            range_id: Some(IpRangeId(subnet.id.0)),
            address: chosen,
            active: true,
            ..CreateIpLease::default()
        }];
        let project = subnet.project_id.clone();
        let made = self
            .region
            .run(move |txn, _| lease::create_many(txn, &wishes, &project, &Caller::admin()));
        assert_eq!(made.is_ok(), possible, "{made:?}");
        let Ok(made) = made else {
            return false;
        };
        let address = made[0].address;
        assert!(chosen.is_none_or(|chosen| chosen == address));
        assert!(chosen.is_some() || pooled(subnet).contains(&of(address)));
        assert!(!taken.contains(&of(address)), "{address} is taken");
        self.kept.insert(of(address))
    }

    fn give_back(&mut self, given: FixedIp) -> bool {
        let project = self.subnets[&given.subnet_id].project_id.clone();
        let place = [IpPlace {
            range_id: IpRangeId(given.subnet_id.0),
            address: given.ip_address,
        }];
        self.region
            .run(move |txn, _| lease::delete_many(txn, &place, &project, &Caller::admin()))
            .unwrap();
        self.kept.remove(&given)
    }

    fn make_port(&mut self, network: &Network, asks: Option<&[Ask]>) -> bool {
        let asked = asks.map(|asks| self.requests(network.id, asks));
        let possible = match &asked {
            Some(asked) => self.possible(network.id, asked, None),
            None => self.has_room(network.id),
        };
        let request = CreatePort {
            fixed_ips: asked.clone(),
            ..CreatePort::new(network.id)
        };
        let made = self.region.create_port(request);
        self.granted(made, possible, asked.as_deref(), None)
    }

    fn change_port(&mut self, port: &Port, asks: &[Ask]) -> bool {
        let asked = self.requests(port.network_id, asks);
        let possible = self.possible(port.network_id, &asked, Some(port));
        let fixed_ips = Some(asked.clone());
        let request = UpdatePort {
            fixed_ips,
            ..UpdatePort::default()
        };
        let changed = self.region.update_port(port, request);
        self.granted(changed, possible, Some(&asked), Some(port))
    }

    fn drop_port(&mut self, port: &Port) -> bool {
        self.region.delete_port(port).unwrap();
        self.ports.remove(&port.id).is_some()
    }

    /// Judges an outcome and takes it into the model.
    fn granted(
        &mut self,
        outcome: Result<Port, ApiError>,
        possible: bool,
        asked: Option<&[FixedIpRequest]>,
        own: Option<&Port>,
    ) -> bool {
        assert_eq!(outcome.is_ok(), possible, "{outcome:?} for {asked:?}");
        let Ok(port) = outcome else {
            return false;
        };
        let taken: BTreeSet<_> = self.taken(own).copied().collect();
        for (at, fixed) in port.fixed_ips.iter().enumerate() {
            assert!(!taken.contains(fixed), "{fixed:?} is another port's");
            let subnet = &self.subnets[&fixed.subnet_id];
            assert_eq!(subnet.network_id, port.network_id);
            let chosen = asked.and_then(|asked| asked[at].ip_address);
            let kept = own.is_some_and(|own| own.fixed_ips.contains(fixed));
            let pooled = subnet
                .allocation_pools
                .iter()
                .any(|pool| pool.contains(fixed.ip_address));
            assert!(
                pooled || kept || chosen == Some(fixed.ip_address),
                "{fixed:?}"
            );
        }
        assert!(asked.is_none_or(|asked| asked.len() == port.fixed_ips.len()));
        let same_mac = |other: &&Port| {
            other.network_id == port.network_id && other.mac_address == port.mac_address
        };
        assert!(
            !self
                .ports
                .values()
                .filter(|other| other.id != port.id)
                .any(|other| same_mac(&other))
        );
        self.ports.insert(port.id, port);
        true
    }

    fn requests(&self, network: NetworkId, asks: &[Ask]) -> Vec<FixedIpRequest> {
        let subnets: Vec<_> = self.on(network).map(|subnet| subnet.id).collect();
        let request = |ask: &Ask| match ask {
            Ask::At(at) => {
                let ip_address = Some(ADDRESSES[*at].parse().unwrap());
                FixedIpRequest {
                    subnet_id: None,
                    ip_address,
                }
            }
            Ask::AnyOf(at) => {
                let known = at.checked_rem(subnets.len()).map(|at| subnets[at]);
                // Without any subnet, one that does not exist.
                let subnet_id = Some(known.unwrap_or_else(SubnetId::random));
                FixedIpRequest {
                    subnet_id,
                    ip_address: None,
                }
            }
        };
        asks.iter().map(request).collect()
    }

    /// Whether the model has what is asked for.
    fn possible(&self, network: NetworkId, asked: &[FixedIpRequest], own: Option<&Port>) -> bool {
        let mut taken: BTreeSet<FixedIp> = self.taken(own).copied().collect();
        for address in asked.iter().filter_map(|one| one.ip_address) {
            let host = |subnet: &&Subnet| is_host(subnet, address);
            let Some(subnet) = self.on(network).find(host) else {
                return false;
            };
            if !taken.insert(FixedIp {
                subnet_id: subnet.id,
                ip_address: address,
            }) {
                return false;
            }
        }
        let mut wanted: BTreeMap<SubnetId, usize> = BTreeMap::new();
        for id in asked
            .iter()
            .filter(|one| one.ip_address.is_none())
            .filter_map(|one| one.subnet_id)
        {
            *wanted.entry(id).or_default() += 1;
        }
        wanted.into_iter().all(|(id, count)| {
            self.subnets.get(&id).is_some_and(|subnet| {
                let mut free = pooled(subnet);
                free.extend(
                    own.into_iter()
                        .flat_map(|own| &own.fixed_ips)
                        .filter(|fixed| fixed.subnet_id == id),
                );
                free.difference(&taken).count() >= count
            })
        })
    }

    /// Whether each family that the network has, has a free address.
    fn has_room(&self, network: NetworkId) -> bool {
        let taken: BTreeSet<_> = self.taken(None).copied().collect();
        [true, false].into_iter().all(|v4| {
            let mut family = self
                .on(network)
                .filter(|subnet| subnet.cidr.addr().is_ipv4() == v4)
                .peekable();
            family.peek().is_none()
                || family.any(|subnet| pooled(subnet).difference(&taken).next().is_some())
        })
    }

    fn on(&self, network: NetworkId) -> impl Iterator<Item = &Subnet> {
        self.subnets
            .values()
            .filter(move |subnet| subnet.network_id == network)
    }

    /// What nobody else may have: what other ports have, and what is kept by hand.
    fn taken(&self, but: Option<&Port>) -> impl Iterator<Item = &FixedIp> {
        self.of_ports(but).chain(&self.kept)
    }

    fn of_ports(&self, but: Option<&Port>) -> impl Iterator<Item = &FixedIp> {
        let but = but.map(|port| port.id);
        let others = self.ports.values().filter(move |port| Some(port.id) != but);
        others.flat_map(|port| &port.fixed_ips)
    }

    /// The store holds what the model holds, and the indexes lead to it.
    fn check(&self) {
        let read = self.region.store.snapshot();
        let networks: Vec<Network> = records::scan(&read, None, false)
            .map(Result::unwrap)
            .collect();
        let subnets: Vec<Subnet> = records::scan(&read, None, false)
            .map(Result::unwrap)
            .collect();
        let ports: Vec<Port> = records::scan(&read, None, false)
            .map(Result::unwrap)
            .collect();
        assert!(networks.iter().eq(self.networks.values()));
        assert!(subnets.iter().eq(self.subnets.values()));
        assert!(ports.iter().eq(self.ports.values()));
        for port in &ports {
            for fixed in &port.fixed_ips {
                let place: [&[u8]; 2] = [
                    fixed.subnet_id.as_bytes(),
                    &schema::ip_part(fixed.ip_address),
                ];
                let found = records::lookup_keys::<Port>(
                    &read,
                    schema::PORT_BY_SUBNET_IP,
                    &place,
                    None,
                    false,
                );
                assert!(found.eq([port.id.as_bytes().as_slice()]));
            }
        }
    }

    /// Removes everything; only the cursor of the VNIs may stay.
    fn clear(mut self) {
        for port in self.ports.clone().values() {
            self.drop_port(port);
        }
        for network in self.networks.clone().values() {
            assert!(self.drop_network(network));
        }
        let rows = self.region.rows();
        assert!(rows <= 1, "{rows} rows are left");
    }
}

/// The addresses of the subnet's pools.
fn pooled(subnet: &Subnet) -> BTreeSet<FixedIp> {
    let hosts = subnet.cidr.hosts().chain([subnet.cidr.broadcast()]);
    hosts
        .filter(|address| {
            subnet
                .allocation_pools
                .iter()
                .any(|pool| pool.contains(*address))
        })
        .map(|ip_address| FixedIp {
            subnet_id: subnet.id,
            ip_address,
        })
        .collect()
}

fn is_host(subnet: &Subnet, address: IpAddr) -> bool {
    let cidr = subnet.cidr;
    cidr.contains(&address)
        && address != cidr.network()
        && (address.is_ipv6() || address != cidr.broadcast())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn grants_and_refusals_agree_with_the_model(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.check();
            assert_eq!(audit(&world.region.store.snapshot()).unwrap(), [""; 0]);
        }
        world.clear();
    }
}
