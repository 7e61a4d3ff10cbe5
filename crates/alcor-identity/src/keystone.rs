//! The client: asks once for each token at a time, and remembers the answer for a while.

use crate::cache::{Answer, Cache, Key};
use crate::config::Config;
use crate::error::{ConfigError, IdentityError};
use crate::http::{Http, unavailable};
use crate::secret::Secret;
use crate::service::{Interface, ServiceAccount, ServiceToken, left};
use crate::wire::Envelope;
use alcor_policy::Subject;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How many tokens are asked about at once.
const AT_ONCE: usize = 64;

/// How long the answer to a probe serves for others.
const CHECK_TIME: Duration = Duration::from_secs(1);

/// A longer token is none: Keystone's own limit is 255 bytes, and other providers' some KiB.
const MAX_TOKEN: usize = 8 * 1024;

/// Keystone, as the region sees it. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Keystone {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    account: ServiceAccount,
    url: String,
    cache_time: Duration,
    turns: Semaphore,
    known: Mutex<Known>,
    checked: tokio::sync::Mutex<Option<(Instant, Result<(), IdentityError>)>>,
}

/// What was answered, and what is being asked.
#[derive(Default)]
struct Known {
    cache: Cache,
    flights: HashMap<Key, Flight>,
}

/// A question on its way. It flies on when the one who asked first goes away.
type Flight = Shared<BoxFuture<'static, Answer>>;

impl Keystone {
    /// A client that has not connected yet: Keystone may start later than the region.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Ok(Self {
            inner: Arc::new(Inner {
                http: Http::new(&config)?,
                account: ServiceAccount::new(config.credentials),
                url: config.url,
                cache_time: config.cache,
                turns: Semaphore::new(AT_ONCE),
                known: Mutex::default(),
                checked: tokio::sync::Mutex::default(),
            }),
        })
    }

    /// Where clients get tokens.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Who holds the token.
    pub async fn validate(&self, token: &str) -> Result<Arc<Subject>, IdentityError> {
        if token.is_empty() || token.len() > MAX_TOKEN {
            return Err(IdentityError::Invalid);
        }
        let key = Key::of(token);
        let flight = {
            let mut known = self.inner.known.lock();
            if let Some(answer) = known.cache.get(key, Instant::now()) {
                return answer;
            }
            if let Some(flight) = known.flights.get(&key) {
                flight.clone()
            } else {
                let flight = self.launch(key, Secret::new(token));
                known.flights.insert(key, flight.clone());
                flight
            }
        };
        flight.await
    }

    fn launch(&self, key: Key, token: Secret) -> Flight {
        let inner = Arc::clone(&self.inner);
        let asking = tokio::spawn(async move {
            // Also after a panic the next one may ask.
            let landing = Landing { inner: &inner, key };
            let asked = Instant::now();
            let answer = inner.ask(&token).await;
            landing.keep(asked, answer)
        });
        let answer = async {
            let ended = asking.await;
            ended.unwrap_or_else(|_| Err(unavailable("the question was broken off")))
        };
        answer.boxed().shared()
    }

    /// The region's own token, with time left, for calls to other services.
    pub async fn token(&self) -> Result<Secret, IdentityError> {
        let token = self.inner.account.token(&self.inner.http).await?;
        Ok(token.secret.clone())
    }

    /// The address of a service by its type, without a slash at its end.
    pub async fn endpoint(
        &self,
        service: &str,
        region: Option<&str>,
        interface: Interface,
    ) -> Result<String, IdentityError> {
        let token = self.inner.account.token(&self.inner.http).await?;
        let found = token.endpoint(service, region, interface);
        found.ok_or_else(|| IdentityError::NoEndpoint {
            service: service.to_owned(),
            region: region.unwrap_or("(any)").to_owned(),
        })
    }

    /// Whether Keystone answers and takes the region's credentials, for probes. Probes that come
    /// close together get one answer, so that they cannot burden Keystone.
    pub async fn check(&self) -> Result<(), IdentityError> {
        let mut last = self.inner.checked.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < CHECK_TIME
        {
            return answer.clone();
        }
        let answer = self.look().await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }

    async fn look(&self) -> Result<(), IdentityError> {
        let inner = &self.inner;
        inner.account.token(&inner.http).await?;
        let reply = inner.http.call(Method::GET, "", &[], None).await?;
        if reply.status.is_success() {
            return Ok(());
        }
        Err(unavailable(format!("it answered {}", reply.status)))
    }
}

impl fmt::Debug for Keystone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystone")
            .field("url", &self.inner.url)
            .finish_non_exhaustive()
    }
}

/// Ends a flight when it is dropped.
struct Landing<'a> {
    inner: &'a Inner,
    key: Key,
}

impl Landing<'_> {
    /// Remembers an answer to a question of that time. Failures are not remembered.
    fn keep(&self, asked: Instant, answer: Result<(Subject, Duration), IdentityError>) -> Answer {
        match answer {
            Ok((subject, left)) => {
                let subject = Arc::new(subject);
                let until = asked + self.inner.cache_time.min(left);
                self.inner
                    .known
                    .lock()
                    .cache
                    .keep(self.key, &subject, until);
                Ok(subject)
            }
            Err(error) => {
                if error == IdentityError::Invalid {
                    self.inner.known.lock().cache.refuse(self.key, asked);
                }
                Err(error)
            }
        }
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.inner.known.lock().flights.remove(&self.key);
    }
}

impl Inner {
    /// Asks with the region's token, and once more with a new one if that one has gone stale.
    async fn ask(&self, token: &Secret) -> Result<(Subject, Duration), IdentityError> {
        let turn = self.turns.acquire().await;
        let _turn = turn.map_err(|_| unavailable("the client was closed"))?;
        let own = self.account.token(&self.http).await?;
        match self.ask_with(&own, token).await {
            Err(IdentityError::Credentials(_)) => {
                self.account.discard(&own).await;
                let own = self.account.token(&self.http).await?;
                self.ask_with(&own, token).await
            }
            answer => answer,
        }
    }

    async fn ask_with(
        &self,
        own: &ServiceToken,
        token: &Secret,
    ) -> Result<(Subject, Duration), IdentityError> {
        let secrets = [("x-auth-token", &own.secret), ("x-subject-token", token)];
        let path = "/auth/tokens?nocatalog";
        let reply = self.http.call(Method::GET, path, &secrets, None).await?;
        match reply.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(IdentityError::Invalid),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                tracing::warn!(%status, "keystone does not let the region validate tokens");
                return Err(IdentityError::Credentials(format!("it answered {status}")));
            }
            status => return Err(unavailable(format!("it answered {status}"))),
        }
        let envelope: Envelope = serde_json::from_slice(&reply.body)
            .map_err(|_| unavailable("its answer is no token of the API v3"))?;
        let left = left(envelope.token.expires_at);
        if left.is_zero() {
            return Err(IdentityError::Invalid);
        }
        Ok((envelope.token.subject(), left))
    }
}
