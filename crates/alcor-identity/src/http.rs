//! Small JSON calls over HTTP or HTTPS, each bounded in time and in size.

use crate::config::Config;
use crate::error::{ConfigError, IdentityError};
use crate::secret::Secret;
use alcor_https::{Client, Trust};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
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
    client: Client,
    base: String,
    limit: Duration,
}

impl Http {
    /// A client that has not connected yet.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let trust = Trust::of(config.ca_file.as_deref(), &config.url);
        Ok(Self {
            client: alcor_https::client(&trust, config.timeout)?,
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
            .map_err(|error| unavailable(alcor_https::reason(&error)))?;
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

/// A header value that no log shows. A token that cannot be one is nobody's.
fn sensitive(secret: &Secret) -> Result<HeaderValue, IdentityError> {
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| IdentityError::Invalid)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The address with `/v3` at its end.
fn base(url: &str) -> Result<String, ConfigError> {
    let trimmed = alcor_https::base(url).ok_or_else(|| ConfigError::Url(url.to_owned()))?;
    let versioned = trimmed.ends_with("/v3");
    Ok(if versioned {
        trimmed.to_owned()
    } else {
        format!("{trimmed}/v3")
    })
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
