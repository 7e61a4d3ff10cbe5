//! The client for calls to OpenStack's services, over HTTP or HTTPS.
//!
//! Keystone and Nova are called in the same way: by small requests, over TLS where the URL says
//! so, trusting the system's root certificates or those of a file. That is said once, here; what
//! is asked, and how long an answer may take, is the callers' own.

mod trust;

pub use trust::{Trust, TrustError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::time::Duration;

/// A client that keeps its connections.
pub type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client that has not connected yet, and that gives up to connect after this time.
pub fn client(trust: &Trust, connect: Duration) -> Result<Client, TrustError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(connect));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(trust.config()?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(legacy::Client::builder(TokioExecutor::new()).build(connector))
}

/// The URL of a service without slashes at its end; none where paths cannot be added to it.
pub fn base(url: &str) -> Option<&str> {
    let trimmed = url.trim_end_matches('/');
    let uri: Uri = trimmed.parse().ok()?;
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    (http && uri.host().is_some() && uri.query().is_none()).then_some(trimmed)
}

/// The failure with what led to it: hyper says only "client error" by itself.
pub fn reason(error: &legacy::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_url_that_paths_can_be_added_to() {
        assert_eq!(
            base("https://nova:8774/v2.1//"),
            Some("https://nova:8774/v2.1")
        );
        assert_eq!(base("http://[::1]:8774"), Some("http://[::1]:8774"));
        for wrong in [
            "nova:8774",
            "ftp://nova",
            "",
            "/v2.1",
            "http://nova/v2.1?x=1",
        ] {
            assert_eq!(base(wrong), None, "{wrong}");
        }
    }
}
