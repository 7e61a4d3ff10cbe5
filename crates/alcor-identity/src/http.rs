//! Small JSON calls over HTTP or HTTPS, each bounded in time and in size.

use crate::config::Config;
use crate::error::{ConfigError, IdentityError};
use crate::secret::Secret;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A token with a large catalogue has some hundred kilobytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// An answer of Keystone.
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: StatusCode,
    /// The header in which Keystone hands out a token.
    pub(crate) subject_token: Option<Secret>,
    /// The body.
    pub(crate) body: Bytes,
}

/// A client of one Keystone.
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    limit: Duration,
}

impl Http {
    /// A client that has not connected yet.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(config.timeout));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(config)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            base: base(&config.url)?,
            limit: config.timeout,
        })
    }

    /// Sends a request with these secret headers to a path below `/v3`.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        secrets: &[(&'static str, &Secret)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, IdentityError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, secret) in secrets {
            request = request.header(*name, sensitive(secret)?);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = Full::from(body.unwrap_or_default());
        let request = request
            .body(body)
            .map_err(|error| unavailable(error.to_string()))?;
        timeout(self.limit, self.exchange(request))
            .await
            .map_err(|_| unavailable(format!("no answer in {:?}", self.limit)))?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Reply, IdentityError> {
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| chain(&error))?;
        let (parts, body) = response.into_parts();
        let token = parts.headers.get("x-subject-token");
        let subject_token = token.and_then(|token| token.to_str().ok()).map(Secret::new);
        let body = Limited::new(body, MAX_BODY).collect().await;
        let body = body.map_err(|_| unavailable("the answer was cut off or too long"))?;
        Ok(Reply {
            status: parts.status,
            subject_token,
            body: body.to_bytes(),
        })
    }
}

pub(crate) fn unavailable(reason: impl Into<String>) -> IdentityError {
    IdentityError::Unavailable(reason.into())
}

/// The failure with what led to it; hyper says only "client error" by itself.
fn chain(error: &hyper_util::client::legacy::Error) -> IdentityError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    IdentityError::Unavailable(text)
}

/// A header value that no log shows. A token that cannot be one is nobody's.
fn sensitive(secret: &Secret) -> Result<HeaderValue, IdentityError> {
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| IdentityError::Invalid)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The address with `/v3` at its end.
fn base(url: &str) -> Result<String, ConfigError> {
    let wrong = || ConfigError::Url(url.to_owned());
    let trimmed = url.trim_end_matches('/');
    let uri: Uri = trimmed.parse().map_err(|_| wrong())?;
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    if !http || uri.host().is_none() || uri.query().is_some() {
        return Err(wrong());
    }
    let versioned = trimmed.ends_with("/v3");
    Ok(if versioned {
        trimmed.to_owned()
    } else {
        format!("{trimmed}/v3")
    })
}

fn tls(config: &Config) -> Result<ClientConfig, ConfigError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| ConfigError::NoCertificates)?;
    let roots = match &config.ca_file {
        Some(path) => named_roots(path)?,
        None if config.url.starts_with("https") => system_roots()?,
        None => RootCertStore::empty(),
    };
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The system's roots; those that cannot be read are passed over, as everywhere.
fn system_roots() -> Result<RootCertStore, ConfigError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        return Err(ConfigError::NoCertificates);
    }
    Ok(store)
}

fn named_roots(path: &Path) -> Result<RootCertStore, ConfigError> {
    let wrong = |reason: String| ConfigError::Certificates {
        path: path.to_owned(),
        reason,
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("it holds no certificate".to_owned()));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_part_of_the_address() {
        for url in ["http://k:5000", "http://k:5000/", "http://k:5000/v3/"] {
            assert_eq!(base(url).unwrap(), "http://k:5000/v3");
        }
        assert_eq!(base("https://k/identity").unwrap(), "https://k/identity/v3");
        for wrong in ["k:5000", "ftp://k", "", "/v3", "http://k/v3?x=1"] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
    }
}
