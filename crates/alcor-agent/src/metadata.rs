//! Instance metadata: what VMs ask at 169.254.169.254 is asked of a Nova-style service, in the name
//! of the instance whose port the request came by. A VM cannot say who it is: what it says of that
//! is taken out, and what the port says is signed.

mod header;
mod settings;

pub use settings::{MetadataSettings, Secret};

use crate::AgentError;
use crate::talk::Stream;
use alcor_https::{Client, Trust};
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Where VMs ask.
pub(crate) const HTTP: u16 = 80;
/// How long a request's head and body may take, and the service's answer to begin.
const HEAD: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(3);
/// How long a connection lasts at most.
const LIFE: Duration = Duration::from_secs(110);
/// The longest head and body of a request, in bytes, and its headers.
const HEAD_BYTES: usize = 16 * 1024;
const BODY_BYTES: usize = 64 * 1024;
const HEADERS: usize = 64;
/// Requests to the service at once.
const REQUESTS: usize = 64;

type Body = Either<Full<Bytes>, Incoming>;

/// Asks the service in the name of instances.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Without a slash at its end.
    base: String,
    secret: Secret,
    client: Client,
    requests: Semaphore,
}

impl Proxy {
    pub(crate) fn new(settings: &MetadataSettings) -> Result<Self, AgentError> {
        let wrong = |problem: String| AgentError::Setting {
            name: "--metadata-url",
            problem,
        };
        let base = alcor_https::base(&settings.url).ok_or_else(|| {
            wrong(format!(
                "{} is no base of a URL: write http://HOST:PORT, or https://HOST:PORT",
                settings.url
            ))
        })?;
        let client = alcor_https::client(&Trust::of(None, base), CONNECT)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            base: base.to_owned(),
            secret: settings.secret.clone(),
            client,
            requests: Semaphore::new(REQUESTS),
        })
    }

    /// Answers the requests of one connection.
    pub(crate) async fn serve(self: Arc<Self>, stream: Stream) {
        let (shared, from) = (stream.guest(), stream.from());
        let service = service_fn(|request| {
            let (proxy, guest) = (Arc::clone(&self), shared.guest());
            async move {
                let caller = header::Caller::of(&guest, from);
                Ok::<_, Infallible>(proxy.pass(request, &caller).await)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        match timeout(LIFE, connection).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a VM's request for metadata failed"),
            Err(_) => tracing::debug!("a VM's connection for metadata lasted too long"),
        }
    }

    async fn pass(&self, request: Request<Incoming>, caller: &header::Caller) -> Response<Body> {
        match self.ask(request, caller).await {
            Ok(mut response) => {
                header::strip(response.headers_mut());
                response.map(Either::Right)
            }
            Err((status, text)) => {
                tracing::debug!(%status, text, "metadata not told");
                refusal(status, text)
            }
        }
    }

    async fn ask(
        &self,
        request: Request<Incoming>,
        caller: &header::Caller,
    ) -> Result<Response<Incoming>, (StatusCode, &'static str)> {
        if caller.instance.is_empty() {
            return Err((StatusCode::NOT_FOUND, "this port is no instance's\n"));
        }
        let uri = self.uri(request.method(), request.uri())?;
        let (mut head, body) = request.into_parts();
        let body = timeout(HEAD, Limited::new(body, BODY_BYTES).collect()).await;
        let body = body.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body did not come\n"))?;
        let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "the body is too long\n"))?;
        head.uri = uri;
        // Both follow from what is really sent.
        head.headers.remove(HOST);
        head.headers.remove(CONTENT_LENGTH);
        header::strip(&mut head.headers);
        caller.sign(&mut head.headers, &self.secret);
        let request = Request::from_parts(head, Full::new(body.to_bytes()));
        let late = (
            StatusCode::GATEWAY_TIMEOUT,
            "the metadata service does not answer\n",
        );
        let answer = timeout(ANSWER, async {
            // It is never closed.
            let _permit = self.requests.acquire().await.ok();
            self.client.request(request).await
        });
        answer.await.map_err(|_| late)?.map_err(|error| {
            tracing::warn!(reason = alcor_https::reason(&error), "no metadata service");
            let down = "the metadata service cannot be reached\n";
            (StatusCode::SERVICE_UNAVAILABLE, down)
        })
    }

    /// The path at the service. One that climbs out of the base is none.
    fn uri(&self, method: &Method, asked: &Uri) -> Result<Uri, (StatusCode, &'static str)> {
        let wrong = (StatusCode::BAD_REQUEST, "this is no path of metadata\n");
        let path = asked.path_and_query().filter(|_| method != Method::CONNECT);
        let path = path
            .map(hyper::http::uri::PathAndQuery::as_str)
            .ok_or(wrong)?;
        let plain = asked.path().to_ascii_lowercase().replace("%2e", ".");
        let climbs = plain.split(['/', '\\']).any(|part| part == "..");
        if climbs || !path.starts_with('/') {
            return Err(wrong);
        }
        format!("{}{path}", self.base).parse().map_err(|_| wrong)
    }
}

fn refusal(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::from(text)));
    *response.status_mut() = status;
    response
}

/// Whether two addresses are of one family.
fn alike(one: IpAddr, other: IpAddr) -> bool {
    one.is_ipv4() == other.is_ipv4()
}

#[cfg(test)]
mod tests;
