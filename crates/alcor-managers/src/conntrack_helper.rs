//! Conntrack helpers of routers: which protocols with addresses inside a router understands.

use crate::routing::RoutingError;
use crate::{ApiError, Caller, records, router, standard};
use alcor_store::{Read, Txn};
use alcor_types::{ConntrackHelper, ConntrackHelperId, RouterId};
use std::collections::BTreeSet;

/// The helpers that nodes have, with the protocols they read (`allowed_conntrack_helpers`).
const HELPERS: [(&str, &str); 9] = [
    ("amanda", "tcp"),
    ("ftp", "tcp"),
    ("h323", "udp, tcp"),
    ("irc", "tcp"),
    ("netbios-ns", "udp"),
    ("pptp", "tcp"),
    ("sip", "tcp, udp"),
    ("snmp", "udp"),
    ("tftp", "udp"),
];

/// `POST /v2.0/routers/{id}/conntrack_helpers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateConntrackHelper {
    /// The router.
    pub router_id: RouterId,
    /// The transport protocol by name.
    pub protocol: String,
    /// The transport port.
    pub port: u16,
    /// The helper.
    pub helper: String,
}

/// `PUT /v2.0/routers/{id}/conntrack_helpers/{id}`. An absent member means "not sent".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateConntrackHelper {
    /// The transport protocol by name.
    pub protocol: Option<String>,
    /// The transport port.
    pub port: Option<u16>,
    /// The helper.
    pub helper: Option<String>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// Gives a router a helper.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateConntrackHelper,
    caller: &Caller,
) -> Result<ConntrackHelper, ApiError> {
    let router = router::get(txn, request.router_id, caller)?;
    let helper = ConntrackHelper {
        id: ConntrackHelperId::random(),
        project_id: router.project_id,
        standard: standard::create("", "", &BTreeSet::new())?,
        router_id: router.id,
        protocol: request.protocol.clone(),
        port: request.port,
        helper: request.helper.clone(),
    };
    check(txn, &helper)?;
    records::insert(txn, &helper)?;
    router::touch(txn, helper.router_id)?;
    Ok(helper)
}

/// Makes all the helpers or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateConntrackHelper],
    caller: &Caller,
) -> Result<Vec<ConntrackHelper>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// The helper, where the caller may see its router.
pub fn get(
    read: &dyn Read,
    id: ConntrackHelperId,
    caller: &Caller,
) -> Result<ConntrackHelper, ApiError> {
    let found: Option<ConntrackHelper> = records::get(read, id.as_bytes())?;
    let found = found.filter(|helper| visible(helper, caller));
    Ok(found.ok_or(RoutingError::ConntrackHelperNotFound(id))?)
}

/// Whether the caller may see the helper: its own, or any to an administrator.
pub fn visible(helper: &ConntrackHelper, caller: &Caller) -> bool {
    caller.owns(&helper.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: ConntrackHelperId,
    request: &UpdateConntrackHelper,
    caller: &Caller,
) -> Result<ConntrackHelper, ApiError> {
    let mut helper = get(txn, id, caller)?;
    standard::check_revision(&helper.standard, request.expected_revision)?;
    standard::assign(&mut helper.protocol, request.protocol.as_ref());
    standard::assign(&mut helper.port, request.port.as_ref());
    standard::assign(&mut helper.helper, request.helper.as_ref());
    check(txn, &helper)?;
    standard::update(&mut helper.standard, None, None, None)?;
    records::put(txn, &helper)?;
    router::touch(txn, helper.router_id)?;
    Ok(helper)
}

/// Takes a helper from its router.
pub fn delete(
    txn: &mut Txn<'_>,
    id: ConntrackHelperId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let helper = get(txn, id, caller)?;
    standard::check_revision(&helper.standard, expected_revision)?;
    records::delete::<ConntrackHelper>(txn, id.as_bytes())?;
    router::touch(txn, helper.router_id)
}

/// Refuses helpers that nodes do not have, and one that the router has already.
fn check(read: &dyn Read, new: &ConntrackHelper) -> Result<(), ApiError> {
    let known = HELPERS.iter().find(|(name, _)| *name == new.helper);
    let Some((_, supported)) = known else {
        let names = HELPERS.map(|(name, _)| name).join(", ");
        return Err(RoutingError::ConntrackHelperNotAllowed(new.helper.clone(), names).into());
    };
    if !supported.split(", ").any(|name| name == new.protocol) {
        return Err(RoutingError::InvalidProtocolForHelper {
            helper: new.helper.clone(),
            protocol: new.protocol.clone(),
            supported,
        }
        .into());
    }
    let same = |other: &&ConntrackHelper| {
        other.id != new.id
            && (&other.protocol, other.port, &other.helper)
                == (&new.protocol, new.port, &new.helper)
    };
    match router::conntrack_helpers(read, new.router_id)?
        .iter()
        .find(same)
    {
        None => Ok(()),
        Some(other) => Err(RoutingError::bad(
            "conntrack_helper",
            format!(
                "A duplicate conntrack helper entry with same attributes already exists: {}",
                other.id
            ),
        )
        .into()),
    }
}
