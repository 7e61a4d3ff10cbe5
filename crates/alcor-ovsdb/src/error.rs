//! What can go wrong, in terms a caller can act on: the peer's words are kept apart from
//! our own, and no value from the database is ever quoted (it may be a secret).

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

/// Why bytes or JSON from the peer could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// One message is larger than the bound given to the decoder.
    #[error("message is longer than the limit of {limit} bytes")]
    TooLong {
        /// The bound, in bytes.
        limit: usize,
    },
    /// Something other than a JSON object starts a message.
    #[error("byte 0x{0:02x} cannot start a message; a JSON object is expected")]
    NotAnObject(u8),
    /// The bytes of one message are not JSON (or nest deeper than 128 levels).
    #[error("message is not JSON: {0}")]
    Json(String),
    /// The JSON does not have the form the RFC gives for this place.
    #[error("expected {expected}, got {got}")]
    Shape {
        /// What the RFC asks for here.
        expected: &'static str,
        /// The kind of JSON value found instead; never its content.
        got: &'static str,
    },
    /// A set holds an element, or a map a key, more than once.
    #[error("{0} holds the same element twice")]
    Duplicate(&'static str),
    /// A transaction's reply has fewer results than the transaction had operations.
    #[error("transaction of {expected} operations was answered with {got} results")]
    ResultCount {
        /// Operations sent.
        expected: usize,
        /// Results received.
        got: usize,
    },
    /// A monitor update speaks of a row that the cache does not hold.
    #[error("update for row {uuid} of table {table}, which was never reported before")]
    UnknownRow {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
    },
    /// A name is not in the database's schema.
    #[error("table {table} has no column {column} in the schema of this database")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The column, or `*` when the table itself is unknown.
        column: String,
    },
}

impl DecodeError {
    pub(crate) fn shape(expected: &'static str, got: &Value) -> Self {
        let got = match got {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Self::Shape { expected, got }
    }

    pub(crate) fn unknown_column(table: &str, column: &str) -> Self {
        Self::UnknownColumn {
            table: table.to_owned(),
            column: column.to_owned(),
        }
    }
}

/// Why a call, a transaction or a monitor failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text of an endpoint is not understood.
    #[error("`{0}` is not an OVSDB endpoint; write unix:PATH or tcp:HOST:PORT")]
    BadEndpoint(String),
    /// No connection could be made.
    #[error("cannot connect to {endpoint}: {reason}")]
    Connect {
        /// The endpoint as given.
        endpoint: String,
        /// The operating system's words, or that it took too long.
        reason: String,
    },
    /// The connection has ended; every later call fails the same way.
    #[error("connection to the database is closed: {reason}")]
    Closed {
        /// Why: end of stream, an input or output error, a silent peer, or our own drop.
        reason: String,
    },
    /// The peer did not answer in time. A transaction may or may not have been carried out.
    #[error("{method} was not answered within {after:?}; its outcome is unknown")]
    Timeout {
        /// The JSON-RPC method.
        method: &'static str,
        /// The time allowed, including the wait in the queue.
        after: Duration,
    },
    /// The peer sent something that cannot be understood; the connection ends with it when
    /// the cache of a monitor would no longer be right.
    #[error("database sent something unexpected: {0}")]
    Decode(#[from] DecodeError),
    /// The peer refused a whole call (RFC 7047 section 4.1, `error` member of the response).
    #[error("{method} was refused: {error}: {details}")]
    Refused {
        /// The JSON-RPC method.
        method: &'static str,
        /// The peer's short error string, such as `unknown database`.
        error: String,
        /// The peer's explanation; may be empty.
        details: String,
    },
    /// One operation of a transaction failed, and with it the whole transaction.
    #[error("{operation} (operation {index}) failed: {error}: {details}")]
    Transaction {
        /// Position in the transaction; one past the last means the commit itself.
        index: usize,
        /// The operation in words, such as `insert into Interface`.
        operation: String,
        /// The RFC's error string, such as `constraint violation`.
        error: String,
        /// The peer's explanation; may be empty.
        details: String,
    },
    /// Somebody else changed the same rows each time; nothing was changed by us.
    #[error("{what} kept being changed by somebody else; gave up after {attempts} attempts")]
    Contended {
        /// What was to be ensured.
        what: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The database holds something that this crate must not overwrite; a person decides.
    #[error("{0}")]
    Conflict(String),
    /// ovs-vswitchd has not taken up a configuration in time; it may not be running.
    #[error("ovs-vswitchd has not applied configuration {cfg} within {after:?}; is it running?")]
    NotApplied {
        /// The awaited value of `next_cfg`.
        cfg: i64,
        /// The time allowed.
        after: Duration,
    },
}

impl Error {
    pub(crate) fn closed(reason: impl Into<String>) -> Self {
        Self::Closed {
            reason: reason.into(),
        }
    }

    /// Reads the `error` member of a response: an object with `error` and `details`, or for
    /// an unknown method just a string.
    pub(crate) fn refused(method: &'static str, error: &Value) -> Self {
        let member = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        let short = error.as_str().unwrap_or_else(|| member("error"));
        Self::Refused {
            method,
            error: short.to_owned(),
            details: member("details").to_owned(),
        }
    }

    pub(crate) fn is_unknown_method(&self) -> bool {
        matches!(self, Self::Refused { error, .. } if error == "unknown method")
    }

    /// True when a `wait` did not come to hold within its time.
    pub(crate) fn is_unmet_wait(&self) -> bool {
        matches!(self, Self::Transaction { error, .. } if error == "timed out")
    }
}
