//! Why a caller is not known, and why Keystone cannot be used.

use alcor_https::TrustError;

/// Why a token has no owner here. Cloned, because several requests wait for one answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Keystone does not know the token, or it has expired or was revoked.
    #[error("the token is not valid")]
    Invalid,
    /// Keystone did not answer, or not as Keystone v3 does.
    #[error("Keystone cannot be asked: {0}")]
    Unavailable(String),
    /// Keystone refuses the region's own credentials: the operator must change them.
    #[error("Keystone refuses the region's service credentials: {0}")]
    Credentials(String),
    /// The service catalogue has no such endpoint.
    #[error("Keystone's catalogue has no {service} endpoint for region {region}")]
    NoEndpoint {
        /// The type of the service.
        service: String,
        /// The region asked for.
        region: String,
    },
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The address of Keystone is none.
    #[error("the Keystone URL '{0}' is not one: write http://host:5000/v3 or https://host/v3")]
    Url(String),
    /// Nobody vouches for Keystone.
    #[error("--keystone-ca-file: {0}")]
    Trust(#[from] TrustError),
}
