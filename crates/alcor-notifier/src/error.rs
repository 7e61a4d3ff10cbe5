//! Why events did not go out.

use alcor_https::TrustError;
use alcor_managers::ApiError;
use alcor_store::StoreError;
use alcor_store::records::RecordError;

/// What can go wrong between a port's change and Nova.
#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// The store cannot be followed or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row of the store cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What Nova has been told cannot be noted.
    #[error("cannot note what Nova has been told: {0}")]
    Note(#[from] Box<ApiError>),
    /// Nobody knows where Nova is.
    #[error(
        "no endpoint of the compute service: name one by --nova-url, or add it to the catalogue"
    )]
    NoEndpoint,
    /// The endpoint's URL is none.
    #[error(
        "--nova-url or the catalogue's compute endpoint is no URL of a service: '{0}'; write \
         http://host:8774/v2.1 or https://host/compute/v2.1"
    )]
    BadEndpoint(String),
    /// Nobody vouches for Nova.
    #[error("--nova-ca-file: {0}")]
    Trust(#[from] TrustError),
    /// No token could be had.
    #[error("no token for Nova: {0}")]
    Token(String),
    /// Nova did not answer.
    #[error("Nova does not answer: {0}")]
    Unreachable(String),
    /// Nova refused, and may think otherwise later.
    #[error("Nova answers {status}: {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says.
        reason: String,
    },
}
