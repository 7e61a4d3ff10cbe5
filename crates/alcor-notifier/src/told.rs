//! What Nova has been told of a port, kept in the store: after a restart it shows what Nova
//! still has to hear.

use crate::NotifierError;
use crate::floating::Outside;
use crate::vif::Plug;
use alcor_managers::ApiError;
use alcor_managers::records::{self, Record};
use alcor_managers::schema;
use alcor_store::records::{Indexes, Table};
use alcor_store::{Store, TransactError};
use alcor_types::PortId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What Nova knows of one port.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The port.
    pub port: PortId,
    /// The server that it was an interface of.
    pub server: String,
    /// Whether it was in the data plane.
    pub plug: Plug,
    /// The addresses it had.
    pub addresses: BTreeSet<IpAddr>,
    /// The floating IPs that stood for them.
    pub outside: BTreeSet<Outside>,
}

/// Version 1: before Nova was told of floating IPs.
#[derive(Deserialize)]
struct Told1 {
    port: PortId,
    server: String,
    plug: Plug,
    addresses: BTreeSet<IpAddr>,
}

impl From<Told1> for Told {
    fn from(told: Told1) -> Self {
        Self {
            port: told.port,
            server: told.server,
            plug: told.plug,
            addresses: told.addresses,
            outside: BTreeSet::new(),
        }
    }
}

impl Record for Told {
    const TABLE: Table = schema::NOTICES;

    fn key(&self) -> Vec<u8> {
        self.port.as_bytes().to_vec()
    }

    fn indexes(&self, _: &mut Indexes) {}

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let told: Told1 = (version == 1).then(|| postcard::from_bytes(body).ok())??;
        Some(told.into())
    }
}

/// What is to be noted once Nova has taken a notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// This is what Nova knows now.
    Put(Told),
    /// Nova need not be told of the port any more.
    Delete(PortId),
}

/// Writes notes, in their order, in one transaction.
pub(crate) async fn write(store: &Store, notes: Vec<Note>) -> Result<(), NotifierError> {
    let written = store.transact(move |txn| {
        for note in &notes {
            match note {
                Note::Put(told) => records::put(txn, told)?,
                Note::Delete(port) => {
                    records::delete::<Told>(txn, port.as_bytes())?;
                }
            }
        }
        Ok::<(), ApiError>(())
    });
    match written.await {
        Ok(_) => Ok(()),
        Err(TransactError::Aborted(error)) => Err(Box::new(error).into()),
        Err(TransactError::Store(error)) => Err(error.into()),
    }
}
