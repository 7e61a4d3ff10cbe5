//! JSON over HTTP to the servers that conformance starts.

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::time::Duration;

/// No answer of these servers takes longer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Calls one server, as one user.
pub(super) struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: Option<String>,
}

impl Http {
    /// Calls below this URL.
    pub(super) fn new(base: &str, token: Option<String>) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base: base.to_owned(),
            token,
        }
    }

    /// The same user's calls to another server.
    pub(super) fn to(&self, base: &str) -> Self {
        Self::new(base, self.token.clone())
    }

    /// GET; fails on an error status.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// POST; fails on an error status.
    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// PUT without a body; fails on an error status.
    pub(super) async fn put(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, None).await
    }

    /// PUT; fails on an error status.
    pub(super) async fn change(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// DELETE; fails on an error status.
    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::DELETE, path, None).await
    }

    /// GET; none where there is nothing of that name (any more).
    pub(super) async fn find(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let response = self.send(Method::GET, path, None).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let what = format!("GET {}{path}", self.base);
        read(&what, response).await.map(Some)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let what = format!("{method} {}{path}", self.base);
        let response = self.send(method, path, body).await.context(what.clone())?;
        read(&what, response).await
    }

    /// The answer, whatever it says.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Response<hyper::body::Incoming>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("x-auth-token", token);
        }
        let bytes = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let request = request.body(Full::from(bytes))?;
        Ok(tokio::time::timeout(TIMEOUT, self.client.request(request)).await??)
    }
}

/// The answer's JSON; fails on an error status.
async fn read(what: &str, response: Response<hyper::body::Incoming>) -> anyhow::Result<Value> {
    let status = response.status();
    let bytes = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!("{what}: {status} {}", String::from_utf8_lossy(&bytes));
    }
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).with_context(|| format!("{what}: no JSON"))
}
