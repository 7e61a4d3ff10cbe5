//! A small REST client for the region's API: what the demo and the benchmarks speak.

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::time::Duration;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A client of one region. Clones share connections.
#[derive(Clone, Debug)]
pub struct Rest {
    base: String,
    /// Sent as `X-Auth-Token`; a secret.
    token: Option<HeaderValue>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Rest {
    /// A client of the API at `base`, such as `http://127.0.0.1:9696`.
    pub fn new(base: impl Into<String>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self {
            base: base.into(),
            token: None,
            client,
        }
    }

    /// The same with a token, where the region wants one.
    pub fn with_token(self, token: &str) -> anyhow::Result<Self> {
        let mut token = HeaderValue::from_str(token).context("no token for a header")?;
        token.set_sensitive(true);
        Ok(Self {
            token: Some(token),
            ..self
        })
    }

    /// Reads a resource or a list.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// Makes a resource.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Changes a resource.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Deletes a resource.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.call(Method::DELETE, path, None).await.map(|_| ())
    }

    /// Reads what is no JSON, such as `/metrics`.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let (status, bytes) = self.answer(Method::GET, path, None).await?;
        let text = String::from_utf8_lossy(&bytes);
        if !status.is_success() {
            bail!("GET {path}: {status}: {text}");
        }
        Ok(text.into_owned())
    }

    /// Calls, and returns status and body whatever they are.
    pub async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let body = body
            .map(serde_json::to_vec)
            .transpose()?
            .unwrap_or_default();
        self.answer_to(method, path, body.into()).await
    }

    /// The same with a body that is JSON already.
    pub async fn answer_to(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let shown = format!("{method} {path}");
        tokio::time::timeout(PATIENCE, self.send(method, path, body))
            .await
            .with_context(|| format!("{shown}: no answer"))?
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let shown = format!("{method} {path}");
        let (status, bytes) = self.answer(method, path, body).await?;
        if !status.is_success() {
            bail!("{shown}: {status}: {}", String::from_utf8_lossy(&bytes));
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).with_context(|| format!("{shown}: no JSON in the answer"))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header("x-auth-token", token);
        }
        let request = request.body(Full::new(body))?;
        let response = self.client.request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}
