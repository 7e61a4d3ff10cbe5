//! A client of the Open vSwitch database (OVSDB, RFC 7047), so that the host agent can
//! configure Open vSwitch and follow its interfaces without spawning a tool per operation.
//!
//! The crate has three layers, each usable without the next:
//!
//! - a pure codec: [`JsonStream`] finds messages in the byte stream, [`Message`] is the
//!   JSON-RPC envelope, [`Datum`], [`Row`], [`Operation`] and [`OpResult`] are the RFC's
//!   notation, [`Tables`] applies monitor updates;
//! - [`Connection`]: one task that owns the socket, answers and sends echoes, matches
//!   replies to calls, and keeps the monitored tables;
//! - [`vswitch`]: what a host agent asks of the `Open_vSwitch` database.
//!
//! Nothing here reconnects. A connection that fails says why, once, to everybody who waits
//! on it; the agent decides when to connect again and starts from a fresh snapshot.

mod actor;
mod clause;
mod connection;
mod endpoint;
mod error;
mod exchange;
mod feed;
mod message;
mod monitor;
mod operation;
mod reply;
mod row;
mod schema;
mod stream;
mod tables;
mod update;
mod value;
pub mod vswitch;

pub use clause::{Condition, Function, Mutation, Mutator};
pub use connection::{Connection, Options};
pub use endpoint::Endpoint;
pub use error::{DecodeError, Error};
pub use message::Message;
pub use monitor::{Monitor, MonitorEvent, MonitorRequest};
pub use operation::{Operation, Until, Wait};
pub use reply::{OpResult, decode_results};
pub use row::Row;
pub use schema::{AtomType, ColumnType, Schema};
pub use stream::JsonStream;
pub use tables::{Change, RowChange, Table, Tables};
pub use update::{Flavour, RowUpdate, TableUpdates};
pub use value::{Atom, Datum, Real};
