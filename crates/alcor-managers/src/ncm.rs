//! Network config managers: a register that operators keep, and that nodes refer to.

use crate::records;
use crate::schema::NODE_BY_NCM;
use crate::{ApiError, standard};
use alcor_store::{Read, Txn};
use alcor_types::{HostName, Ncm, Node};

/// A refused request about network config managers.
#[derive(Debug, thiserror::Error)]
pub enum NcmError {
    /// No such manager.
    #[error("The network config manager '{0}' does not exist.")]
    NotFound(String),
    /// The id is taken.
    #[error("The network config manager '{0}' exists: change it by PUT, or choose another id.")]
    Exists(String),
    /// Nodes belong to it.
    #[error("The network config manager '{id}' is in use: node '{node}' belongs to it.")]
    InUse {
        /// The manager.
        id: String,
        /// One of its nodes.
        node: HostName,
    },
    /// It would serve more nodes than it can.
    #[error("The network config manager '{id}' has {nodes} nodes, more than {capacity}.")]
    Overfull {
        /// The manager.
        id: String,
        /// How many nodes it has.
        nodes: usize,
        /// How many it may have.
        capacity: u32,
    },
}

impl NcmError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NcmNotFound",
            Self::Exists(_) => "NcmExists",
            Self::InUse { .. } => "NcmInUse",
            Self::Overfull { .. } => "NcmOverfull",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            _ => 409,
        }
    }
}

/// Enters a manager.
pub fn create(txn: &mut Txn<'_>, ncm: &Ncm) -> Result<Ncm, ApiError> {
    check(ncm)?;
    if records::exists::<Ncm>(txn, ncm.id.as_bytes()) {
        return Err(NcmError::Exists(ncm.id.clone()).into());
    }
    records::insert(txn, ncm)?;
    Ok(ncm.clone())
}

/// The manager.
pub fn get(read: &dyn Read, id: &str) -> Result<Ncm, ApiError> {
    let ncm = records::get(read, id.as_bytes())?;
    ncm.ok_or_else(|| NcmError::NotFound(id.to_owned()).into())
}

/// All managers, by id.
pub fn list(read: &dyn Read) -> Result<Vec<Ncm>, ApiError> {
    records::scan(read, None, false)
        .map(|ncm| ncm.map_err(ApiError::from))
        .collect()
}

/// Changes where it listens and how much it may serve, where these are given.
pub fn update(
    txn: &mut Txn<'_>,
    id: &str,
    uri: Option<&String>,
    capacity: Option<u32>,
) -> Result<Ncm, ApiError> {
    let mut ncm = get(txn, id)?;
    standard::assign(&mut ncm.uri, uri);
    standard::assign(&mut ncm.capacity, capacity.as_ref());
    check(&ncm)?;
    let nodes = records::count::<Node>(txn, NODE_BY_NCM, &[id.as_bytes()]);
    let capacity = ncm.capacity;
    if u32::try_from(nodes).unwrap_or(u32::MAX) > capacity {
        let id = ncm.id;
        return Err(NcmError::Overfull {
            id,
            nodes,
            capacity,
        }
        .into());
    }
    records::put(txn, &ncm)?;
    Ok(ncm)
}

/// Removes a manager that no node belongs to.
pub fn delete(txn: &mut Txn<'_>, id: &str) -> Result<(), ApiError> {
    get(txn, id)?;
    let parts: [&[u8]; 1] = [id.as_bytes()];
    let node = records::lookup::<Node>(txn, NODE_BY_NCM, &parts, None, false).next();
    if let Some(node) = node.transpose()? {
        let (id, node) = (id.to_owned(), node.name);
        return Err(NcmError::InUse { id, node }.into());
    }
    records::delete::<Ncm>(txn, id.as_bytes())?;
    Ok(())
}

fn check(ncm: &Ncm) -> Result<(), ApiError> {
    standard::check_text("id", &ncm.id)?;
    standard::check_text("uri", &ncm.uri)?;
    if ncm.id.is_empty() {
        return Err(ApiError::attribute(
            "id",
            "it is empty, give the manager an id",
        ));
    }
    let scheme = ["http://", "https://", "grpc://"];
    if !scheme.iter().any(|scheme| ncm.uri.starts_with(scheme)) {
        let reason = format!(
            "'{}' is none of http://, https://, grpc:// with an address",
            ncm.uri
        );
        return Err(ApiError::attribute("uri", reason));
    }
    Ok(())
}
