//! Who may call the API and how they reach it: the settings of authentication, policy and TLS.

use alcor_api::{Auth, Tls, TokenFile};
use alcor_identity::{Config, Credentials, Keystone, Secret};
use alcor_policy::Policy;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Who may call the API.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuthKind {
    /// Everybody, as administrator: for a loopback or a closed network.
    None,
    /// Those who show a token of the token file.
    Token,
    /// Those who show a token of OpenStack's Keystone.
    Keystone,
}

/// Settings of access to the region; `[access]` in the configuration file.
// By default clap names the group as the type, and the server has a type of that name.
#[derive(Args, Default, Deserialize)]
#[group(id = "access")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Flags {
    /// Who may call the API
    #[arg(long, env = "ALCOR_AUTH", value_enum)]
    pub(crate) auth: Option<AuthKind>,
    /// The tokens, for --auth token
    #[arg(long, env = "ALCOR_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Rules that replace those of Neutron's default policy, one a line: "rule" = "expression"
    #[arg(long, env = "ALCOR_POLICY_FILE", value_name = "FILE")]
    pub(crate) policy_file: Option<PathBuf>,
    /// Where Keystone is, for --auth keystone, such as http://127.0.0.1:5000/v3
    #[arg(long, env = "ALCOR_KEYSTONE_URL", value_name = "URL")]
    pub(crate) keystone_url: Option<String>,
    /// The region's own user in Keystone [default: neutron]
    #[arg(long, env = "ALCOR_KEYSTONE_USER", value_name = "NAME")]
    pub(crate) keystone_user: Option<String>,
    /// The file with that user's password; or the password itself in ALCOR_KEYSTONE_PASSWORD
    #[arg(long, env = "ALCOR_KEYSTONE_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) keystone_password_file: Option<PathBuf>,
    /// That user's project [default: service]
    #[arg(long, env = "ALCOR_KEYSTONE_PROJECT", value_name = "NAME")]
    pub(crate) keystone_project: Option<String>,
    /// The name of that user's domain [default: Default]
    #[arg(long, env = "ALCOR_KEYSTONE_USER_DOMAIN", value_name = "NAME")]
    pub(crate) keystone_user_domain: Option<String>,
    /// The name of that project's domain [default: Default]
    #[arg(long, env = "ALCOR_KEYSTONE_PROJECT_DOMAIN", value_name = "NAME")]
    pub(crate) keystone_project_domain: Option<String>,
    /// An application credential instead of user and password
    #[arg(
        long,
        env = "ALCOR_KEYSTONE_APPLICATION_CREDENTIAL_ID",
        value_name = "ID"
    )]
    pub(crate) keystone_application_credential_id: Option<String>,
    /// The file with the application credential's secret
    #[arg(
        long,
        env = "ALCOR_KEYSTONE_APPLICATION_CREDENTIAL_SECRET_FILE",
        value_name = "FILE"
    )]
    pub(crate) keystone_application_credential_secret_file: Option<PathBuf>,
    /// Root certificates of Keystone in PEM, instead of the system's
    #[arg(long, env = "ALCOR_KEYSTONE_CA_FILE", value_name = "FILE")]
    pub(crate) keystone_ca_file: Option<PathBuf>,
    /// How long a validated token is not asked about again, so how long a revoked one may still
    /// work [default: 60]
    #[arg(long, env = "ALCOR_KEYSTONE_CACHE_SECONDS", value_name = "SECONDS")]
    pub(crate) keystone_cache_seconds: Option<u64>,
    /// The certificate chain of the REST API in PEM; with --tls-key the API speaks TLS only
    #[arg(long, env = "ALCOR_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of the certificate in PEM
    #[arg(long, env = "ALCOR_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Only clients with a certificate of these authorities may connect
    #[arg(long, env = "ALCOR_TLS_CLIENT_CA", value_name = "FILE")]
    pub(crate) tls_client_ca: Option<PathBuf>,
    /// A proxy in front always sets X-Forwarded-Proto itself: links in answers follow it
    #[arg(long, env = "ALCOR_TRUST_FORWARDED_PROTO")]
    pub(crate) trust_forwarded_proto: bool,
}

impl Flags {
    /// These settings, and where one is not given, the other's.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            auth: self.auth.or(other.auth),
            token_file: self.token_file.or(other.token_file),
            policy_file: self.policy_file.or(other.policy_file),
            keystone_url: self.keystone_url.or(other.keystone_url),
            keystone_user: self.keystone_user.or(other.keystone_user),
            keystone_password_file: self.keystone_password_file.or(other.keystone_password_file),
            keystone_project: self.keystone_project.or(other.keystone_project),
            keystone_user_domain: self.keystone_user_domain.or(other.keystone_user_domain),
            keystone_project_domain: self
                .keystone_project_domain
                .or(other.keystone_project_domain),
            keystone_application_credential_id: self
                .keystone_application_credential_id
                .or(other.keystone_application_credential_id),
            keystone_application_credential_secret_file: self
                .keystone_application_credential_secret_file
                .or(other.keystone_application_credential_secret_file),
            keystone_ca_file: self.keystone_ca_file.or(other.keystone_ca_file),
            keystone_cache_seconds: self.keystone_cache_seconds.or(other.keystone_cache_seconds),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            tls_client_ca: self.tls_client_ca.or(other.tls_client_ca),
            trust_forwarded_proto: self.trust_forwarded_proto || other.trust_forwarded_proto,
        }
    }

    /// How requests are authenticated.
    pub(crate) fn auth(&self) -> anyhow::Result<Auth> {
        match self.auth {
            Some(AuthKind::None) => Ok(Auth::None),
            Some(AuthKind::Token) => {
                let path = self.token_file.as_deref();
                let path = path.context("--auth token needs --token-file FILE")?;
                Ok(Auth::Token(Arc::new(TokenFile::load(path)?)))
            }
            Some(AuthKind::Keystone) => Ok(Auth::Keystone(self.keystone()?)),
            None => bail!(
                "say who may call the API: --auth keystone --keystone-url URL, \
                 --auth token --token-file FILE, or --auth none"
            ),
        }
    }

    /// A client of the Keystone that the settings name.
    pub(crate) fn keystone(&self) -> anyhow::Result<Keystone> {
        let url = self.keystone_url.clone();
        let url = url.context("--auth keystone needs --keystone-url URL")?;
        let mut config = Config::new(url, self.credentials()?);
        config.ca_file.clone_from(&self.keystone_ca_file);
        if let Some(seconds) = self.keystone_cache_seconds {
            config.cache = Duration::from_secs(seconds);
        }
        Ok(Keystone::new(config)?)
    }

    fn credentials(&self) -> anyhow::Result<Credentials> {
        let id = self.keystone_application_credential_id.clone();
        let file = self.keystone_application_credential_secret_file.as_deref();
        match (id, file) {
            (Some(id), Some(file)) => {
                let secret = secret(file)?;
                return Ok(Credentials::Application { id, secret });
            }
            (None, None) => {}
            _ => bail!(
                "an application credential needs both --keystone-application-credential-id and \
                 --keystone-application-credential-secret-file"
            ),
        }
        let or = |given: &Option<String>, default: &str| {
            given.clone().unwrap_or_else(|| default.to_owned())
        };
        Ok(Credentials::Password {
            user: or(&self.keystone_user, "neutron"),
            user_domain: or(&self.keystone_user_domain, "Default"),
            project: or(&self.keystone_project, "service"),
            project_domain: or(&self.keystone_project_domain, "Default"),
            password: self.password()?,
        })
    }

    fn password(&self) -> anyhow::Result<Secret> {
        if let Some(file) = self.keystone_password_file.as_deref() {
            return secret(file);
        }
        let password = std::env::var("ALCOR_KEYSTONE_PASSWORD");
        password.map(Secret::new).context(
            "give the password of the region's Keystone user: --keystone-password-file FILE, or \
             ALCOR_KEYSTONE_PASSWORD",
        )
    }

    /// Neutron's default policy with the operator's rules.
    pub(crate) fn policy(&self) -> anyhow::Result<Policy> {
        let Some(path) = self.policy_file.as_deref() else {
            return Ok(Policy::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the policy file {}", path.display()))?;
        Policy::load(&text).with_context(|| format!("in the policy file {}", path.display()))
    }

    /// TLS, where it is asked for.
    pub(crate) fn tls(&self) -> anyhow::Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                let client_ca = self.tls_client_ca.as_deref();
                Ok(Some(Tls::load(certificate, key, client_ca)?))
            }
            (None, None) if self.tls_client_ca.is_none() => Ok(None),
            _ => bail!("TLS needs both --tls-cert and --tls-key"),
        }
    }
}

/// The secret in a file, without the line end that editors leave.
fn secret(path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the secret in {}", path.display()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        bail!("{} holds no secret", path.display());
    }
    Ok(Secret::new(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authentication_is_never_off_by_default() {
        assert!(Flags::default().auth().is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let keystone = || Flags {
            auth: Some(AuthKind::Keystone),
            ..Flags::default()
        };
        let error = keystone().auth().unwrap_err().to_string();
        assert!(error.contains("--keystone-url"), "{error}");
        let half = Flags {
            keystone_url: Some("http://127.0.0.1:5000".to_owned()),
            keystone_application_credential_id: Some("id".to_owned()),
            ..keystone()
        };
        let error = half.auth().unwrap_err().to_string();
        assert!(error.contains("secret-file"), "{error}");
        let half = Flags {
            tls_cert: Some("cert.pem".into()),
            ..Flags::default()
        };
        assert!(half.tls().unwrap_err().to_string().contains("--tls-key"));
    }

    #[test]
    fn a_wrong_policy_file_names_itself_and_the_rule() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\"create_network\" = \"rol:admin\"").unwrap();
        let flags = Flags {
            policy_file: Some(file.path().to_owned()),
            ..Flags::default()
        };
        let error = format!("{:#}", flags.policy().unwrap_err());
        assert!(error.contains("'create_network', column 1"), "{error}");
    }

    #[test]
    fn a_secret_loses_its_line_end_only() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "pass word \n").unwrap();
        assert_eq!(secret(file.path()).unwrap().expose(), "pass word ");
        std::fs::write(file.path(), "\n").unwrap();
        assert!(secret(file.path()).is_err());
    }
}
