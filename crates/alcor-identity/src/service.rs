//! The region's own token: asked for once, renewed before it ends, and the catalogue that comes
//! with it.

use crate::config::Credentials;
use crate::error::IdentityError;
use crate::http::{Http, Reply, unavailable};
use crate::secret::Secret;
use crate::wire::{self, Envelope, Service};
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A token is renewed when so little of its time is left.
const MARGIN: Duration = Duration::from_mins(5);

/// After a failure Keystone is left alone for so long: requests must not become a flood of
/// attempts to log in.
const PAUSE: Duration = Duration::from_secs(1);

/// From where an endpoint is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// From anywhere.
    Public,
    /// From within the cloud.
    Internal,
    /// From the operator's network.
    Admin,
}

impl Interface {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Admin => "admin",
        }
    }
}

/// A token of the region's own.
pub(crate) struct ServiceToken {
    /// What is sent.
    pub(crate) secret: Secret,
    renew_at: Instant,
    catalog: Vec<Service>,
}

/// What came of the last attempt.
enum State {
    New,
    Token(Arc<ServiceToken>),
    Failed(IdentityError, Instant),
}

/// Keeps the region's own token.
pub(crate) struct ServiceAccount {
    credentials: Credentials,
    state: Mutex<State>,
}

impl ServiceAccount {
    /// An account that has not logged in yet.
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            state: Mutex::new(State::New),
        }
    }

    /// A token with time left. Whoever comes while one is being asked for waits for that.
    pub(crate) async fn token(&self, http: &Http) -> Result<Arc<ServiceToken>, IdentityError> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        match &*state {
            State::Token(token) if now < token.renew_at => return Ok(Arc::clone(token)),
            State::Failed(error, at) if now < *at + PAUSE => return Err(error.clone()),
            _ => {}
        }
        match self.log_in(http).await {
            Ok(token) => {
                let token = Arc::new(token);
                *state = State::Token(Arc::clone(&token));
                Ok(token)
            }
            Err(error) => {
                tracing::warn!(%error, "no service token from keystone");
                *state = State::Failed(error.clone(), Instant::now());
                Err(error)
            }
        }
    }

    /// Forgets a token that Keystone no longer takes, unless another has come since.
    pub(crate) async fn discard(&self, old: &Arc<ServiceToken>) {
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Token(token) if Arc::ptr_eq(token, old)) {
            *state = State::New;
        }
    }

    async fn log_in(&self, http: &Http) -> Result<ServiceToken, IdentityError> {
        let body = wire::authentication(&self.credentials).to_string();
        let path = "/auth/tokens";
        let reply = http
            .call(Method::POST, path, &[], Some(body.into_bytes()))
            .await?;
        match reply.status {
            StatusCode::CREATED => read(reply),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => {
                Err(IdentityError::Credentials(format!("it answered {status}")))
            }
            status => Err(unavailable(format!("it answered {status}"))),
        }
    }
}

fn read(reply: Reply) -> Result<ServiceToken, IdentityError> {
    let secret = reply
        .subject_token
        .ok_or_else(|| unavailable("its answer has no token"))?;
    let envelope: Envelope = serde_json::from_slice(&reply.body)
        .map_err(|_| unavailable("its answer is no token of the API v3"))?;
    let left = left(envelope.token.expires_at);
    Ok(ServiceToken {
        secret,
        renew_at: Instant::now() + left.saturating_sub(MARGIN.min(left / 2)),
        catalog: envelope.token.catalog,
    })
}

/// How long it is until then.
pub(crate) fn left(until: Timestamp) -> Duration {
    let seconds = until
        .as_second()
        .saturating_sub(Timestamp::now().as_second());
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

impl ServiceToken {
    /// The address of a service, without a slash at its end.
    pub(crate) fn endpoint(
        &self,
        kind: &str,
        region: Option<&str>,
        interface: Interface,
    ) -> Option<String> {
        let services = self.catalog.iter().filter(|service| service.kind == kind);
        let mut endpoints = services.flat_map(|service| &service.endpoints);
        let found = endpoints.find(|endpoint| {
            let here = region.is_none_or(|region| endpoint.region_id.as_deref() == Some(region));
            here && endpoint.interface == interface.as_str()
        })?;
        Some(found.url.trim_end_matches('/').to_owned())
    }
}
