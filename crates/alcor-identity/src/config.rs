//! Where Keystone is, and as whom the region speaks to it.

use crate::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// As whom the region authenticates.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A user in a project.
    Password {
        /// The user's name.
        user: String,
        /// The name of the user's domain.
        user_domain: String,
        /// The project's name.
        project: String,
        /// The name of the project's domain.
        project_domain: String,
        /// The password.
        password: Secret,
    },
    /// An application credential.
    Application {
        /// Its id.
        id: String,
        /// Its secret.
        secret: Secret,
    },
}

/// How the region uses Keystone.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Keystone is, with or without `/v3`.
    pub url: String,
    /// As whom the region authenticates.
    pub credentials: Credentials,
    /// How long a valid answer is used again: the longest that a revoked token still works.
    pub cache: Duration,
    /// How long one call to Keystone may take.
    pub timeout: Duration,
    /// Root certificates in PEM, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

impl Config {
    /// The usual times.
    pub fn new(url: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            url: url.into(),
            credentials,
            cache: Duration::from_mins(1),
            timeout: Duration::from_secs(10),
            ca_file: None,
        }
    }
}
