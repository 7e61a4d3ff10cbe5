//! Keystone's tokens at the API: who they are, what happens when Keystone is away, and what the
//! operator's policy changes. And TLS, with the links that follow it.

use crate::region::{Region, id};
use alcor_api::{Auth, Tls, TlsError, serve};
use alcor_identity::{Config, Credentials, Keystone, Secret};
use alcor_policy::Policy;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// `role@project`, or `role@` for the whole system, is a token.
async fn validate(headers: HeaderMap) -> Response {
    let token = headers["x-subject-token"].to_str().unwrap();
    let Some((role, project)) = token.split_once('@') else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if role == "trouble" {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let mut token = json!({
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "user": { "id": role },
        "roles": [{ "name": role }, { "name": "reader" }],
    });
    if project.is_empty() {
        token["system"] = json!({ "all": true });
    } else {
        token["project"] = json!({ "id": project, "domain": { "id": "default" } });
    }
    json!({ "token": token }).to_string().into_response()
}

async fn log_in() -> Response {
    let token = json!({ "token": {
        "expires_at": "2099-01-01T00:00:00.000000Z", "user": { "id": "region" },
    }});
    let headers = [("x-subject-token", "own")];
    (StatusCode::CREATED, headers, token.to_string()).into_response()
}

fn keystone(url: String) -> Auth {
    let credentials = Credentials::Application {
        id: "id".to_owned(),
        secret: Secret::new("s"),
    };
    Auth::Keystone(Keystone::new(Config::new(url, credentials)).unwrap())
}

async fn region(policy: &str) -> Region {
    let router = Router::new()
        .route("/v3", get(|| async { "{}" }))
        .route("/v3/auth/tokens", post(log_in).get(validate));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let policy = Policy::load(policy).unwrap();
    Region::with(keystone(url), |state| state.with_policy(policy))
}

#[tokio::test]
async fn keystones_projects_and_roles_decide() {
    let region = region("").await;
    let (one, two) = (region.as_user("member@one"), region.as_user("member@two"));
    let network = one.make("network", json!({})).await;
    assert_eq!(network["project_id"], "one");
    let path = format!("/v2.0/networks/{}", id(&network));
    two.get(&path).await.error(404);
    region.as_user("reader@one").get(&path).await.expect(200);
    region.as_user("admin@other").get(&path).await.expect(200);
    let denied = region.as_user("reader@one").delete(&path).await.error(403);
    let message = "rule:delete_network is disallowed by policy".to_owned();
    assert_eq!(denied, ("PolicyNotAuthorized".to_owned(), message));
    let shared = json!({ "network": { "shared": true } });
    let denied = one.post("/v2.0/networks", shared).await.error(403);
    let message = "(rule:create_network and rule:create_network:shared) is disallowed by policy";
    assert_eq!(denied.1, message);
    let explicit = json!({ "network": { "shared": false } });
    one.post("/v2.0/networks", explicit).await.expect(201);
}

#[tokio::test]
async fn a_wrong_token_is_401_and_a_keystone_in_trouble_503() {
    let region = region("").await;
    let answer = region.as_user("invented").get("/v2.0/networks").await;
    let challenge = answer.headers["www-authenticate"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        challenge.starts_with("Keystone uri=\"http://"),
        "{challenge}"
    );
    answer.error(401);
    region.get("/v2.0/networks").await.error(401);
    let troubled = region.as_user("trouble@one").get("/v2.0/networks").await;
    assert_eq!(troubled.error(503).0, "HTTPServiceUnavailable");
    let away = Region::with(keystone("http://127.0.0.1:1".to_owned()), |state| state);
    away.as_user("member@one")
        .get("/v2.0/networks")
        .await
        .error(503);
    away.state.set_ready(true);
    region.state.set_ready(true);
    assert_eq!(away.get("/readyz").await.status, 503);
    assert_eq!(region.get("/readyz").await.status, 200);
    region.get("/").await.expect(200);
}

#[tokio::test]
async fn system_tokens_need_the_operators_consent() {
    let closed = region("").await;
    let answer = closed.as_user("reader@").get("/v2.0/networks").await;
    assert_eq!(answer.error(403).0, "InvalidScope");
    let opened = region(
        "\"token_scope\" = \"scope:project or scope:system\"\n\
         \"context_with_global_access\" = \"role:reader and system_scope:all\"",
    )
    .await;
    let network = id(&opened
        .as_user("member@one")
        .make("network", json!({}))
        .await);
    let auditor = opened.as_user("reader@");
    assert_eq!(auditor.ids("network", "").await, [network.clone()]);
    auditor
        .delete(&format!("/v2.0/networks/{network}"))
        .await
        .error(403);
    let own = json!({ "network": {} });
    auditor.post("/v2.0/networks", own).await.error(403);
}

#[tokio::test]
async fn an_operators_rule_replaces_neutrons() {
    let region = region("\"create_network:shared\": \"role:member\"").await;
    let shared = json!({ "network": { "shared": true } });
    region
        .as_user("member@one")
        .post("/v2.0/networks", shared)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_services_port_is_deleted_through_the_service_only() {
    let region = region("").await;
    let member = region.as_user("member@one");
    let network = id(&member.make("network", json!({})).await);
    let port = json!({ "network_id": network, "device_owner": "compute:nova" });
    let path = format!("/v2.0/ports/{}", id(&member.make("port", port).await));
    assert_eq!(
        member.delete(&path).await.error(403).0,
        "PolicyNotAuthorized"
    );
    let through = |token: &'static str| [("x-service-token", token)];
    member
        .call("DELETE", &path, &through("invented"), None)
        .await
        .error(401);
    member
        .call("DELETE", &path, &through("member@two"), None)
        .await
        .error(403);
    let answer = member
        .call("DELETE", &path, &through("service@service"), None)
        .await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn links_follow_the_proxy_only_where_it_is_trusted() {
    let forwarded = [("x-forwarded-proto", "https")];
    let link = |body: &Value| {
        body["versions"][0]["links"][0]["href"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let plain = Region::open()
        .call("GET", "/", &forwarded, None)
        .await
        .expect(200);
    assert_eq!(link(&plain), "http://region:9696/v2.0/");
    let behind = Region::with(Auth::None, alcor_api::ApiState::behind_proxy);
    let secure = behind.call("GET", "/", &forwarded, None).await.expect(200);
    assert_eq!(link(&secure), "https://region:9696/v2.0/");
}

/// An authority, and a certificate of its making with the key, in PEM.
struct Certificates {
    authority: String,
    certificate: String,
    key: String,
}

fn certificates() -> Certificates {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(parameters, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, &issuer).unwrap();
    Certificates {
        authority: authority.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

/// One request over TLS: the whole answer, or why there is none.
fn fetch(port: u16, trust: &Certificates, own: Option<&Certificates>) -> std::io::Result<String> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der(&trust.authority)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
            builder
                .with_client_auth_cert(vec![der(&own.certificate)], key)
                .unwrap()
        }
    };
    let name = ServerName::try_from("localhost").unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port))?;
    let mut stream = rustls::StreamOwned::new(connection, socket);
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Serves with these certificates and fetches once as each client.
async fn over_tls(client_ca: bool, clients: Vec<bool>) -> Vec<std::io::Result<String>> {
    let files = tempfile::tempdir().unwrap();
    let made = Arc::new(certificates());
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (chain, key) = (write("chain", &made.certificate), write("key", &made.key));
    let authority = write("ca", &made.authority);
    let tls = Tls::load(&chain, &key, client_ca.then_some(authority.as_path())).unwrap();
    let region = Region::with(Auth::None, |state| state.with_tls(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, region.state.clone(), async {
        stopped.await.ok();
    }));
    let mut answers = Vec::new();
    for with_certificate in clients {
        let made = Arc::clone(&made);
        let fetch = move || fetch(port, &made, with_certificate.then_some(&*made));
        answers.push(tokio::task::spawn_blocking(fetch).await.unwrap());
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    answers
}

#[tokio::test]
async fn tls_is_spoken_and_links_say_so() {
    let answers = over_tls(false, vec![false]).await;
    let answer = answers[0].as_ref().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("https://localhost/v2.0/"), "{answer}");
}

#[tokio::test]
async fn with_an_authority_for_clients_only_its_clients_get_in() {
    let answers = over_tls(true, vec![false, true]).await;
    assert!(answers[0].is_err());
    assert!(answers[1].as_ref().unwrap().starts_with("HTTP/1.1 200"));
}

#[test]
fn files_that_are_no_certificates_are_named() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let error = Tls::load(empty.path(), empty.path(), None).unwrap_err();
    assert!(matches!(error, TlsError::File { .. }), "{error}");
}
