//! Emulated hosts and VMs on one machine, so that the demo, the end-to-end tests and
//! people at their desks meet a real data plane without a rack of servers.
//!
//! A lab is a fabric (a namespace with a Linux bridge) and a number of hosts. Each host is a
//! network namespace with its own `ovsdb-server` and `ovs-vswitchd` on the userspace
//! datapath; its bridge `br-phy` holds the underlay cable and the tunnel address. The
//! integration bridge and the tunnel port are left to the agent, whose work they are. A VM
//! is a namespace with a veth pair, whose far end is plugged as Nova would plug it.
//!
//! The truth about a lab lies in its folder, not in the [`Lab`] value: any number of
//! processes may open the same lab, and [`down`] needs nothing but the folder's name. Every
//! function needs root, because only root may make network namespaces.

mod beyond;
mod client;
mod command;
mod daemon;
mod dhcp;
mod echo;
mod error;
mod exec;
mod fabric;
mod host;
mod inside;
mod lab;
mod layout;
mod lease;
mod name;
mod ovs;
mod ping;
mod plug;
mod process;
mod program;
mod role;
mod spec;
mod state;
mod status;
mod teardown;
mod vm;

pub use beyond::{Arrival, Beyond};
pub use daemon::Signal;
pub use dhcp::{Client, DhcpRequest};
pub use echo::{Echo, Echoed};
pub use error::LabError;
pub use exec::{Output, Target};
pub use lab::{Guard, Lab};
pub use layout::{DEFAULT_BASE, MAX_HOSTS};
pub use lease::{Lease, LeaseRoute};
pub use name::{LabName, VmName};
pub use ping::{PingReport, PingRequest, RunningPing};
pub use role::Role;
pub use spec::{Settings, VmSpec};
pub use status::{HostStatus, LabStatus, ProcessStatus, VmStatus};
pub use teardown::{Downed, down};
