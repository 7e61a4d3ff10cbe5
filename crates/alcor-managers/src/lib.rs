//! The rules of a region: what may be made, changed and removed, by whom, and what it gets.
//!
//! Every function here is pure over one transaction, `(&mut Txn, Request, Caller) -> Result`,
//! and keeps all invariants of its call in that transaction: a port, its addresses and its MAC
//! appear together or not at all, and there is no undo code. A refused call leaves writes in
//! the transaction that the store then throws away with it, so a caller must abort the
//! transaction on an error, which `Store::transact` does.
//!
//! The semantics are those of OpenStack Neutron's API, and the errors carry its names.

pub mod address_group;
pub mod address_scope;
pub mod agent;
mod audit;
pub mod availability;
mod bitmap;
mod caller;
pub mod conntrack_helper;
mod error;
pub mod flavor;
pub mod floating_ip;
pub mod gateway;
pub mod ip;
pub mod mac;
pub mod metering;
pub mod ncm;
pub mod network;
pub mod network_acl;
pub mod node;
mod policy;
pub mod port;
pub mod port_forwarding;
mod provider;
pub mod qos;
pub mod quota;
pub mod rbac_policy;
pub mod records;
pub mod route_table;
pub mod router;
mod routing;
pub mod schema;
pub mod security_group;
pub mod segment;
mod settings;
mod standard;
pub mod subnet;
pub mod subnet_pool;
pub mod tap;
pub mod topology;
pub mod trunk;
pub mod zone;

pub use audit::audit;
pub use caller::{Caller, implied};
pub use error::{ApiError, Pool};
pub use provider::{ANY_PHYSICAL_NETWORK, Provider};
pub use routing::RoutingError;
pub use settings::Settings;
