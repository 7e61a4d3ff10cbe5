//! What Nova has been told of a port, kept in the store: after a restart it shows what Nova
//! still has to hear.

use crate::NotifierError;
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
}

impl Record for Told {
    const TABLE: Table = schema::NOTICES;

    fn key(&self) -> Vec<u8> {
        self.port.as_bytes().to_vec()
    }

    fn indexes(&self, _: &mut Indexes) {}
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
