//! A region without hosts, and a client that speaks to its router.

use alcor_api::{AgentLiveness, ApiState, Auth, Liveness, TokenFile, router};
use alcor_managers::Settings;
use alcor_store::Store;
use alcor_types::{HostName, Timestamp};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// Tokens of an operator, two tenants and a reader of the first one's project.
pub(crate) const TOKENS: &str = r#"
[[token]]
token = "token-admin"
project = "ops"
user = "root"
roles = ["admin"]
[[token]]
token = "token-one"
project = "one"
user = "alice"
roles = ["member"]
[[token]]
token = "token-two"
project = "two"
user = "bob"
roles = ["member"]
[[token]]
token = "token-reader"
project = "one"
user = "rita"
roles = ["reader"]
[[token]]
token = "token-manager"
project = "one"
user = "max"
roles = ["manager"]
"#;

struct HostsNamedUp;

impl Liveness for HostsNamedUp {
    fn agent(&self, host: &HostName) -> Option<AgentLiveness> {
        Some(AgentLiveness {
            alive: host.as_str().starts_with("up"),
            last_heartbeat: Timestamp(1_763_808_360),
        })
    }
}

/// An answer: status, headers and JSON (null when there is no body).
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer that must have this status.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The type and message of an error that must have this status.
    pub(crate) fn error(self, status: u16) -> (String, String) {
        let body = self.expect(status);
        let error = body["NeutronError"].as_object().expect("a Neutron error");
        assert_eq!(error["detail"], "");
        let text = |key: &str| error[key].as_str().expect("text").to_owned();
        (text("type"), text("message"))
    }
}

#[derive(Clone)]
pub(crate) struct Region {
    pub(crate) state: ApiState,
    pub(crate) store: Store,
    router: Router,
    token: Option<&'static str>,
}

impl Region {
    /// Without authentication.
    pub(crate) fn open() -> Self {
        Self::with(Auth::None, |state| state)
    }

    /// With the tokens above; as the operator at first.
    pub(crate) fn guarded() -> Self {
        let tokens = TokenFile::parse(TOKENS).expect("valid tokens");
        let region = Self::with(Auth::Token(Arc::new(tokens)), |state| state);
        region.as_user("token-admin")
    }

    pub(crate) fn with(auth: Auth, change: impl FnOnce(ApiState) -> ApiState) -> Self {
        let settings = Settings::default().without_quotas();
        Self::over(Store::ephemeral(), settings, auth, change)
    }

    /// Over a store that was there before, without authentication.
    pub(crate) fn on(store: Store, settings: Settings) -> Self {
        Self::over(store, settings, Auth::None, |state| state)
    }

    /// Over any store, with settings of the test's own.
    pub(crate) fn over(
        store: Store,
        settings: Settings,
        auth: Auth,
        change: impl FnOnce(ApiState) -> ApiState,
    ) -> Self {
        let state = change(ApiState::new(
            store.clone(),
            Arc::new(settings),
            auth,
            Arc::new(HostsNamedUp),
            Arc::default(),
        ));
        Self {
            router: router(state.clone()),
            state,
            store,
            token: None,
        }
    }

    /// The same region as another user.
    pub(crate) fn as_user(&self, token: &'static str) -> Self {
        Self {
            token: Some(token),
            ..self.clone()
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: if bytes.is_empty() { Value::Null } else { body },
        }
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", "region:9696");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = self.token {
            request = request.header("x-auth-token", token);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a valid request"))
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &[], Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, &[], Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], None).await
    }

    /// Creates one resource and returns it.
    pub(crate) async fn make(&self, kind: &str, attributes: Value) -> Value {
        let body = json!({ kind: attributes });
        let mut made = self.post(&format!("/v2.0/{kind}s"), body).await.expect(201);
        made[kind].take()
    }

    /// A network with an IPv4 subnet: their ids.
    pub(crate) async fn network(&self, cidr: &str) -> (String, String) {
        let network = id(&self.make("network", json!({ "name": "net" })).await);
        let subnet = json!({ "network_id": network, "cidr": cidr, "ip_version": 4 });
        let subnet = id(&self.make("subnet", subnet).await);
        (network, subnet)
    }

    /// The ids that a list has, in its order.
    pub(crate) async fn ids(&self, kind: &str, query: &str) -> Vec<String> {
        let body = self
            .get(&format!("/v2.0/{kind}s?{query}"))
            .await
            .expect(200);
        ids(&body, &format!("{kind}s"))
    }
}

pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

pub(crate) fn ids(body: &Value, plural: &str) -> Vec<String> {
    body[plural]
        .as_array()
        .expect("a list")
        .iter()
        .map(id)
        .collect()
}
