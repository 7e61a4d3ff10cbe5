//! A region for one test: a store, settings, and short names for the usual steps.

use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::node::{self, CreateNode};
use alcor_managers::port::{self, CreatePort, FixedIpRequest, UpdatePort};
use alcor_managers::subnet::{self, CreateSubnet};
use alcor_managers::{ApiError, Caller, Settings, quota, schema};
use alcor_store::{Store, TransactError, Txn};
use alcor_types::{Network, Node, Port, Subnet};
use tokio::runtime::Runtime;

/// A store of its own and a runtime to wait on it.
pub(crate) struct Region {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    runtime: Runtime,
}

impl Region {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            store: Store::ephemeral(),
            settings,
            runtime: runtime.unwrap(),
        }
    }

    /// Runs one transaction with the region's settings.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        mut rule: impl FnMut(&mut Txn<'_>, &Settings) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let settings = self.settings.clone();
        let done = self.store.transact(move |txn| rule(txn, &settings));
        match self.runtime.block_on(done) {
            Ok(done) => Ok(done.value),
            Err(TransactError::Aborted(error)) => Err(error),
            Err(TransactError::Store(error)) => panic!("the store failed: {error}"),
        }
    }

    /// Waits for something of the store's.
    pub(crate) fn wait<F: Future>(&self, what: F) -> F::Output {
        self.runtime.block_on(what)
    }

    pub(crate) fn create_network(&self, request: CreateNetwork) -> Result<Network, ApiError> {
        self.run(move |txn, settings| network::create(txn, &request, &Caller::admin(), settings))
    }

    pub(crate) fn create_subnet(&self, request: CreateSubnet) -> Result<Subnet, ApiError> {
        self.run(move |txn, settings| subnet::create(txn, &request, &Caller::admin(), settings))
    }

    pub(crate) fn create_port(&self, request: CreatePort) -> Result<Port, ApiError> {
        self.run(move |txn, settings| port::create(txn, &request, &Caller::admin(), settings))
    }

    pub(crate) fn update_port(&self, port: &Port, request: UpdatePort) -> Result<Port, ApiError> {
        let id = port.id;
        self.run(move |txn, settings| port::update(txn, id, &request, &Caller::admin(), settings))
    }

    pub(crate) fn delete_port(&self, port: &Port) -> Result<(), ApiError> {
        let id = port.id;
        self.run(move |txn, _| port::delete(txn, id, &Caller::admin(), None))
    }

    /// A network with only defaults.
    pub(crate) fn network(&self) -> Network {
        self.create_network(CreateNetwork::default()).unwrap()
    }

    /// A subnet with only defaults.
    pub(crate) fn subnet(&self, network: &Network, cidr: &str) -> Subnet {
        self.create_subnet(CreateSubnet::new(network.id, cidr.parse().unwrap()))
            .unwrap()
    }

    /// A port with only defaults.
    pub(crate) fn port(&self, network: &Network) -> Port {
        self.create_port(CreatePort::new(network.id)).unwrap()
    }

    /// A port with one chosen address.
    pub(crate) fn port_at(&self, network: &Network, address: &str) -> Result<Port, ApiError> {
        self.create_port(CreatePort {
            fixed_ips: Some(vec![at(address)]),
            ..CreatePort::new(network.id)
        })
    }

    /// How many rows the store has, beside those of the default groups that projects keep.
    pub(crate) fn rows(&self) -> usize {
        let security = [
            schema::SECURITY_GROUPS.id,
            schema::SECURITY_GROUP_RULES.id,
            schema::DEFAULT_SECURITY_GROUP_RULES.id,
        ];
        let counted = [
            quota::Kind::SecurityGroup as u8,
            quota::Kind::SecurityGroupRule as u8,
        ];
        let kept = |key: &[u8]| match key {
            [table, ..] if security.contains(table) => true,
            [26, kind, ..] => counted.contains(kind),
            [61, ..] => true,
            _ => false,
        };
        let read = self.store.snapshot();
        let rows = alcor_store::Read::prefix(&read, &[]);
        rows.filter(|(key, _)| !kept(key)).count()
    }

    /// A registered host.
    pub(crate) fn node(&self, name: &str) -> Node {
        let request = CreateNode::new(name.into(), "192.0.2.1".parse().unwrap());
        self.run(move |txn, _| node::create(txn, &request, &Caller::admin()))
            .unwrap()
    }
}

/// A member of a project.
pub(crate) fn member(project: &str) -> Caller {
    Caller::with_roles(project, &["member"])
}

/// A request for one address, in whatever subnet holds it.
pub(crate) fn at(address: &str) -> FixedIpRequest {
    FixedIpRequest {
        subnet_id: None,
        ip_address: Some(address.parse().unwrap()),
    }
}

/// A request for any address of a subnet.
pub(crate) fn any_of(subnet: &Subnet) -> FixedIpRequest {
    FixedIpRequest {
        subnet_id: Some(subnet.id),
        ip_address: None,
    }
}

/// A port's addresses as text.
pub(crate) fn addresses(port: &Port) -> Vec<String> {
    port.fixed_ips
        .iter()
        .map(|fixed| fixed.ip_address.to_string())
        .collect()
}

/// Asserts a refusal by Neutron's name and status.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, ApiError>, kind: &str, status: u16) {
    let error = outcome.expect_err(kind);
    assert_eq!((error.kind(), error.status()), (kind, status), "{error}");
}
