//! What can go wrong between the store and the agents.

use alcor_store::StoreError;
use alcor_types::HostName;

/// A failure of delivery as a whole, or of one session.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store failed; the region cannot go on.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// A record in the store cannot be read: it was written by a newer version, or is damaged.
    #[error("record in the store: {0}")]
    Record(String),
    /// The agent's first message was not a `Hello`, or a second one came.
    #[error("protocol: {0}")]
    Protocol(String),
    /// A field of the agent's `Hello` is wrong.
    #[error("hello: {field}: {problem}")]
    Hello {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Somebody asks about a host that is not there.
    #[error("there is no host '{0}'; /v2.0/agents lists those that are")]
    NoHost(HostName),
    /// The agent was refused by the rules for nodes.
    #[error("node: {0}")]
    Node(String),
    /// What was written has not reached the compiler in time; the agent may try again.
    #[error("the region is behind with its own changes")]
    Behind,
    /// The agent said nothing for too long.
    #[error("silent for {0} ms")]
    Silent(u128),
    /// The agent does not read what it is sent.
    #[error("the agent does not read its stream")]
    Stuck,
    /// The connection broke.
    #[error("connection: {0}")]
    Connection(#[from] tonic::Status),
    /// The listener or the server broke.
    #[error("transport: {0}")]
    Transport(#[from] tonic::transport::Error),
}

impl From<DeliveryError> for tonic::Status {
    fn from(error: DeliveryError) -> Self {
        let text = error.to_string();
        match error {
            DeliveryError::Protocol(_) | DeliveryError::Hello { .. } | DeliveryError::Node(_) => {
                Self::invalid_argument(text)
            }
            DeliveryError::NoHost(_) => Self::not_found(text),
            DeliveryError::Silent(_) => Self::deadline_exceeded(text),
            DeliveryError::Connection(status) => status,
            _ => Self::unavailable(text),
        }
    }
}
