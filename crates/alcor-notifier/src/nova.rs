//! Nova's external-events API, and who we are to it.

use crate::NotifierError;
use crate::event::{Batch, Event};
use alcor_https::{Client, Trust};
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How long Nova may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// No sensible answer is larger.
const LARGEST: usize = 4 << 20;

/// What lets us in, and where to.
#[derive(Clone)]
pub struct Pass {
    /// The token; none where Nova asks for none.
    pub token: Option<String>,
    /// Nova's endpoint as the catalogue has it.
    pub compute: Option<String>,
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "...");
        let mut shown = f.debug_struct("Pass");
        let shown = shown.field("token", &token).field("compute", &self.compute);
        shown.finish()
    }
}

/// Gives passes.
pub trait Tokens: Send + Sync + 'static {
    /// A pass that is valid now.
    fn pass(&self) -> BoxFuture<'_, Result<Pass, NotifierError>>;
}

/// For a Nova that asks for no token: a test's, or one behind a proxy.
#[derive(Clone, Copy, Debug)]
pub struct Unchecked;

impl Tokens for Unchecked {
    fn pass(&self) -> BoxFuture<'_, Result<Pass, NotifierError>> {
        let pass = Pass {
            token: None,
            compute: None,
        };
        Box::pin(std::future::ready(Ok(pass)))
    }
}

/// Where Nova is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Its endpoint, with the version; where there is none, the catalogue's.
    pub url: Option<String>,
    /// Root certificates in PEM, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// The client.
pub(crate) struct Nova<T> {
    settings: Settings,
    tokens: T,
    http: Client,
}

impl<T: Tokens> Nova<T> {
    /// A client that has not connected yet. An URL that is none is found here, not when the
    /// first server waits.
    pub(crate) fn new(settings: Settings, tokens: T) -> Result<Self, NotifierError> {
        let url = settings.url.as_deref();
        if let Some(url) = url.filter(|url| alcor_https::base(url).is_none()) {
            return Err(NotifierError::BadEndpoint(url.to_owned()));
        }
        // The catalogue's endpoint is not known yet, and may well speak TLS.
        let trust = Trust::of(settings.ca_file.as_deref(), url.unwrap_or("https"));
        Ok(Self {
            http: alcor_https::client(&trust, TIMEOUT)?,
            settings,
            tokens,
        })
    }

    /// Sends one batch. An error means that it must be sent again.
    pub(crate) async fn send(&self, events: &[Event]) -> Result<(), NotifierError> {
        let pass = self.tokens.pass().await?;
        let request = self.request(&pass, events)?;
        let answer = tokio::time::timeout(TIMEOUT, self.http.request(request)).await;
        let answer = answer.map_err(|_| NotifierError::Unreachable("timed out".to_owned()))?;
        let answer = answer.map_err(|error| {
            let reason = alcor_https::reason(&error);
            NotifierError::Unreachable(reason)
        })?;
        settle(answer, events).await
    }

    fn request(
        &self,
        pass: &Pass,
        events: &[Event],
    ) -> Result<Request<Full<Bytes>>, NotifierError> {
        let base = self.settings.url.as_ref().or(pass.compute.as_ref());
        let base = base.ok_or(NotifierError::NoEndpoint)?;
        let wrong = || NotifierError::BadEndpoint(base.clone());
        let base = alcor_https::base(base).ok_or_else(wrong)?;
        let body = serde_json::to_vec(&Batch { events }).unwrap_or_default();
        let mut request = Request::post(format!("{base}/os-server-external-events"))
            .header("content-type", "application/json");
        if let Some(token) = &pass.token {
            request = request.header("x-auth-token", token);
        }
        let request = request.body(Full::from(body));
        request.map_err(|_| wrong())
    }
}

/// What Nova says of each event of a batch that it took in parts.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    events: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    code: u16,
    #[serde(default)]
    server_uuid: String,
}

async fn settle(answer: Response<Incoming>, events: &[Event]) -> Result<(), NotifierError> {
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LARGEST).collect();
    let body = tokio::time::timeout(TIMEOUT, body).await;
    let body = body.map(|body| body.map(http_body_util::Collected::to_bytes));
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    match status {
        StatusCode::MULTI_STATUS => log_unknown(&body),
        status if status.is_success() => tracing::debug!(count = events.len(), "nova told"),
        // The servers are gone, or were never Nova's: nobody waits.
        StatusCode::NOT_FOUND => tracing::info!(count = events.len(), "nova knows none of these"),
        StatusCode::BAD_REQUEST => {
            let reason = String::from_utf8_lossy(&body);
            tracing::error!(%reason, count = events.len(), "nova does not understand; dropped");
        }
        status => {
            let reason = String::from_utf8_lossy(&body);
            return Err(NotifierError::Refused {
                status: status.as_u16(),
                reason: reason.chars().take(300).collect(),
            });
        }
    }
    Ok(())
}

/// Events that Nova has no use for: their servers are gone, or not on a host yet.
fn log_unknown(body: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return;
    };
    for verdict in answer.events.iter().filter(|verdict| verdict.code != 200) {
        let (server, code) = (&verdict.server_uuid, verdict.code);
        tracing::info!(%server, code, "nova has no use for an event");
    }
}
