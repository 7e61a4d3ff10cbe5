//! The client against a Keystone that does what the test says, and, when one is named in the
//! environment, against a real one.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use alcor_identity::{Config, Credentials, IdentityError, Interface, Keystone, Secret};
use alcor_policy::Scope;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::future::join_all;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// What the fake does, and what it has seen.
struct Fake {
    logins: AtomicUsize,
    questions: AtomicUsize,
    /// The service token with this number is the one that counts.
    current: AtomicUsize,
    revoked: AtomicBool,
    broken: AtomicBool,
    refuses: AtomicBool,
    /// Questions wait for a permit.
    gate: Semaphore,
}

const OPEN: usize = 1_000_000;

async fn log_in(State(fake): State<Arc<Fake>>, body: String) -> Response {
    if fake.refuses.load(Ordering::SeqCst) || !body.contains("the-password") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    fake.logins.fetch_add(1, Ordering::SeqCst);
    let number = fake.current.load(Ordering::SeqCst);
    let token = json!({ "token": {
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "user": { "id": "service" },
        "catalog": [{ "type": "compute", "endpoints": [
            { "interface": "public", "region_id": "R", "url": "http://nova/v2.1/" },
            { "interface": "internal", "region_id": "S", "url": "http://inner" },
        ]}],
    }});
    let headers = [("x-subject-token", format!("service-{number}"))];
    (StatusCode::CREATED, headers, token.to_string()).into_response()
}

async fn validate(State(fake): State<Arc<Fake>>, headers: HeaderMap) -> Response {
    fake.questions.fetch_add(1, Ordering::SeqCst);
    drop(fake.gate.acquire().await.unwrap());
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let current = fake.current.load(Ordering::SeqCst);
    if header("x-auth-token") != format!("service-{current}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if fake.broken.load(Ordering::SeqCst) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let expires = match header("x-subject-token").as_str() {
        "good" if !fake.revoked.load(Ordering::SeqCst) => "2099-01-01T00:00:00.000000Z",
        "old" => "2001-01-01T00:00:00.000000Z",
        "odd" => return "no JSON".into_response(),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let token = json!({ "token": {
        "expires_at": expires,
        "user": { "id": "u", "name": "alice", "domain": { "id": "default" } },
        "project": { "id": "p", "name": "demo", "domain": { "id": "default" } },
        "roles": [{ "id": "1", "name": "member" }, { "id": "2", "name": "reader" }],
    }});
    token.to_string().into_response()
}

async fn fake() -> (Arc<Fake>, Config) {
    let fake = Arc::new(Fake {
        logins: AtomicUsize::new(0),
        questions: AtomicUsize::new(0),
        current: AtomicUsize::new(0),
        revoked: AtomicBool::new(false),
        broken: AtomicBool::new(false),
        refuses: AtomicBool::new(false),
        gate: Semaphore::new(OPEN),
    });
    let router = Router::new()
        .route("/v3", get(|| async { "{}" }))
        .route("/v3/auth/tokens", post(log_in).get(validate))
        .with_state(Arc::clone(&fake));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (fake, Config::new(url, password()))
}

fn password() -> Credentials {
    Credentials::Password {
        user: "neutron".to_owned(),
        user_domain: "Default".to_owned(),
        project: "service".to_owned(),
        project_domain: "Default".to_owned(),
        password: Secret::new("the-password"),
    }
}

fn asked(fake: &Fake) -> usize {
    fake.questions.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_token_gives_its_holder_and_is_asked_about_once() {
    let (fake, config) = fake().await;
    let keystone = Keystone::new(config).unwrap();
    let subject = keystone.validate("good").await.unwrap();
    assert_eq!(subject.scope, Scope::Project);
    assert_eq!(subject.project_id.as_deref(), Some("p"));
    assert!(subject.roles.has("member") && !subject.roles.has("admin"));
    keystone.validate("good").await.unwrap();
    assert_eq!((asked(&fake), fake.logins.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn requests_that_come_together_ask_once_even_if_the_first_goes_away() {
    let (fake, config) = fake().await;
    fake.gate.forget_permits(OPEN);
    let keystone = Keystone::new(config).unwrap();
    let first = tokio::spawn({
        let keystone = keystone.clone();
        async move { keystone.validate("good").await }
    });
    while asked(&fake) == 0 {
        tokio::task::yield_now().await;
    }
    let many = join_all((0..32).map(|_| keystone.validate("good")));
    first.abort();
    let open = async { fake.gate.add_permits(OPEN) };
    let (answers, ()) = tokio::join!(many, open);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(asked(&fake), 1);
}

#[tokio::test]
async fn what_is_no_valid_token_is_refused_and_remembered() {
    let (fake, config) = fake().await;
    let keystone = Keystone::new(config).unwrap();
    for _ in 0..3 {
        assert_eq!(keystone.validate("bad").await, Err(IdentityError::Invalid));
    }
    assert_eq!(asked(&fake), 1);
    assert_eq!(keystone.validate("old").await, Err(IdentityError::Invalid));
    for token in ["", "line\nbreak", &"x".repeat(100_000)] {
        assert_eq!(keystone.validate(token).await, Err(IdentityError::Invalid));
    }
    assert_eq!(asked(&fake), 2);
}

#[tokio::test]
async fn a_revoked_token_ends_with_the_cache() {
    let (fake, mut config) = fake().await;
    config.cache = Duration::ZERO;
    let keystone = Keystone::new(config).unwrap();
    keystone.validate("good").await.unwrap();
    fake.revoked.store(true, Ordering::SeqCst);
    assert_eq!(keystone.validate("good").await, Err(IdentityError::Invalid));
}

#[tokio::test]
async fn a_keystone_in_trouble_is_no_verdict_and_is_asked_again() {
    let (fake, config) = fake().await;
    let keystone = Keystone::new(config.clone()).unwrap();
    fake.broken.store(true, Ordering::SeqCst);
    for token in ["good", "bad"] {
        let error = keystone.validate(token).await.unwrap_err();
        assert!(matches!(error, IdentityError::Unavailable(_)), "{error}");
    }
    fake.broken.store(false, Ordering::SeqCst);
    keystone.validate("good").await.unwrap();
    let error = keystone.validate("odd").await.unwrap_err();
    assert!(matches!(error, IdentityError::Unavailable(_)), "{error}");
    let down = Keystone::new(Config {
        url: "http://127.0.0.1:1".to_owned(),
        ..config.clone()
    });
    let error = down.unwrap().validate("good").await.unwrap_err();
    assert!(matches!(error, IdentityError::Unavailable(_)), "{error}");
    fake.gate.forget_permits(OPEN);
    let hasty = Keystone::new(Config {
        timeout: Duration::from_millis(200),
        ..config
    });
    let error = hasty.unwrap().validate("good").await.unwrap_err();
    assert!(error.to_string().contains("no answer in"), "{error}");
}

#[tokio::test]
async fn a_stale_service_token_is_renewed() {
    let (fake, mut config) = fake().await;
    config.cache = Duration::ZERO;
    let keystone = Keystone::new(config).unwrap();
    keystone.validate("good").await.unwrap();
    fake.current.store(1, Ordering::SeqCst);
    keystone.validate("good").await.unwrap();
    assert_eq!(fake.logins.load(Ordering::SeqCst), 2);
    assert_eq!(keystone.token().await.unwrap().expose(), "service-1");
}

#[tokio::test]
async fn refused_credentials_are_said_so_without_a_flood() {
    let (fake, config) = fake().await;
    fake.refuses.store(true, Ordering::SeqCst);
    let keystone = Keystone::new(config).unwrap();
    let answers = join_all((0..8).map(|_| keystone.check())).await;
    for answer in answers {
        assert!(matches!(answer, Err(IdentityError::Credentials(_))));
    }
    let answer = keystone.validate("good").await;
    assert!(matches!(answer, Err(IdentityError::Credentials(_))));
}

#[tokio::test]
async fn the_catalogue_is_found_by_type_region_and_interface() {
    let (_fake, config) = fake().await;
    let keystone = Keystone::new(config).unwrap();
    keystone.check().await.unwrap();
    let find = |region, interface| keystone.endpoint("compute", region, interface);
    let public = find(Some("R"), Interface::Public).await;
    assert_eq!(public.unwrap(), "http://nova/v2.1");
    let inner = find(None, Interface::Internal).await;
    assert_eq!(inner.unwrap(), "http://inner");
    let missing = find(Some("R"), Interface::Internal).await;
    assert!(matches!(missing, Err(IdentityError::NoEndpoint { .. })));
}

#[test]
fn secrets_are_not_shown() {
    let config = Config::new("http://k:5000", password());
    let keystone = Keystone::new(config.clone()).unwrap();
    for text in [format!("{config:?}"), format!("{keystone:?}")] {
        assert!(!text.contains("the-password"), "{text}");
    }
}

/// `ALCOR_TEST_KEYSTONE=http://host:port/v3` names a Keystone whose service user is `neutron`
/// with the password in `ALCOR_TEST_KEYSTONE_PASSWORD`, in the project `service`.
#[tokio::test]
#[ignore = "needs a real Keystone"]
async fn a_real_keystone_answers() {
    let url = std::env::var("ALCOR_TEST_KEYSTONE").unwrap();
    let secret = std::env::var("ALCOR_TEST_KEYSTONE_PASSWORD").unwrap();
    let credentials = Credentials::Password {
        user: "neutron".to_owned(),
        user_domain: "Default".to_owned(),
        project: "service".to_owned(),
        project_domain: "Default".to_owned(),
        password: Secret::new(secret),
    };
    let keystone = Keystone::new(Config::new(url, credentials)).unwrap();
    keystone.check().await.unwrap();
    let own = keystone.token().await.unwrap();
    let subject = keystone.validate(own.expose()).await.unwrap();
    assert_eq!(subject.scope, Scope::Project);
    assert!(subject.roles.has("service"));
    let invented = keystone.validate("gAAAAABinvented").await;
    assert_eq!(invented, Err(IdentityError::Invalid));
    let network = keystone.endpoint("network", Some("RegionOne"), Interface::Public);
    assert!(network.await.unwrap().starts_with("http"));
}
