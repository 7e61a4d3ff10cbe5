//! Measures the API with its store and managers, client and server in one process:
//! `cargo run --release -p alcor-api --example load -- [data directory]`. Without a directory
//! the store is ephemeral. Figures include the client's own work.

use alcor_api::{AgentLiveness, ApiState, Auth, Liveness, serve};
use alcor_managers::port::{self, CreatePort};
use alcor_managers::{Caller, Settings, schema};
use alcor_store::{Store, Txn};
use alcor_types::{HostName, NetworkId};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::error::Error;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt;

type Failure = Box<dyn Error + Send + Sync>;

struct Nobody;

impl Liveness for Nobody {
    fn agent(&self, _: &HostName) -> Option<AgentLiveness> {
        None
    }
}

#[derive(Clone)]
struct Target {
    client: Client<HttpConnector, Body>,
    url: String,
}

impl Target {
    async fn send(&self, method: &str, path: &str, body: String) -> Result<Vec<u8>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .body(Body::from(body))?;
        let response = self.client.request(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&bytes)).into());
        }
        Ok(bytes.to_vec())
    }

    async fn make(&self, kind: &str, attributes: Value) -> Result<String, Failure> {
        let body = json!({ kind: attributes }).to_string();
        let bytes = self.send("POST", &format!("/v2.0/{kind}s"), body).await?;
        let made: Value = serde_json::from_slice(&bytes)?;
        Ok(made[kind]["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Runs one kind of request from several tasks and prints what came of it.
    async fn measure(
        &self,
        name: &str,
        tasks: usize,
        each: usize,
        request: impl Fn(usize) -> (&'static str, String, String) + Send + Sync + Clone + 'static,
    ) -> Result<(), Failure> {
        let (started, busy) = (Instant::now(), cpu_time()?);
        let mut workers = JoinSet::new();
        for task in 0..tasks {
            let (target, request) = (self.clone(), request.clone());
            workers.spawn(async move {
                let mut times = Vec::with_capacity(each);
                for index in 0..each {
                    let (method, path, body) = request(task * each + index);
                    let begun = Instant::now();
                    target.send(method, &path, body).await?;
                    times.push(begun.elapsed());
                }
                Ok::<_, Failure>(times)
            });
        }
        let mut times = Vec::new();
        while let Some(done) = workers.join_next().await {
            times.extend(done??);
        }
        let wall = started.elapsed();
        let cpu = cpu_time()?.saturating_sub(busy) / u32::try_from(times.len())?;
        times.sort_unstable();
        let at = |share: usize| {
            times
                .get(times.len() * share / 100)
                .copied()
                .unwrap_or(Duration::ZERO)
        };
        let rate = f64::from(u32::try_from(times.len())?) / wall.as_secs_f64();
        let (p50, p99) = (at(50), at(99));
        writeln!(
            stdout(),
            "{name:<34} conc {tasks:>3} {rate:>9.0}/s  p50 {p50:>10.1?}  p99 {p99:>10.1?}  cpu {cpu:>9.1?}"
        )?;
        Ok(())
    }
}

/// What all threads of this process have used; in steps of 10 ms (proc(5), `stat`).
fn cpu_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let store = match std::env::args().nth(1) {
        Some(dir) => Store::open(Path::new(&dir), schema::store_options())?,
        None => Store::ephemeral(),
    };
    let auth = Auth::None;
    let settings = Arc::new(Settings::default().without_quotas());
    let state = ApiState::new(
        store.clone(),
        settings,
        auth,
        Arc::new(Nobody),
        Arc::default(),
    );
    let router = alcor_api::router(state.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let target = Target {
        client: Client::builder(TokioExecutor::new()).build_http(),
        url: format!("http://{}", listener.local_addr()?),
    };
    let server = tokio::spawn(serve(listener, state, std::future::pending()));
    run(&target).await?;
    overhead(&store, router, &target).await?;
    server.abort();
    Ok(())
}

async fn run(target: &Target) -> Result<(), Failure> {
    let network = target.make("network", json!({})).await?;
    let subnet = json!({ "network_id": network, "cidr": "10.0.0.0/12", "ip_version": 4 });
    target.make("subnet", subnet).await?;
    let port = json!({ "network_id": network, "name": "p" });
    let last = target.make("port", port.clone()).await?;
    let one = json!({ "port": port }).to_string();
    for tasks in [1, 8, 32, 64] {
        let body = one.clone();
        let request = move |_| ("POST", "/v2.0/ports".to_owned(), body.clone());
        target
            .measure("port create", tasks, 4_000 / tasks, request)
            .await?;
    }
    let bulk = json!({ "ports": vec![port; 100] }).to_string();
    let request = move |_| ("POST", "/v2.0/ports".to_owned(), bulk.clone());
    target
        .measure("bulk of 100 (to some 100,000)", 4, 210, request)
        .await?;
    let show = format!("/v2.0/ports/{last}");
    let gets = [
        ("port show", 2_000, show.clone()),
        ("first page of 100", 200, "/v2.0/ports?limit=100".to_owned()),
        (
            "page of 100 from a marker",
            200,
            format!("/v2.0/ports?limit=100&marker={last}"),
        ),
        (
            "by address",
            1_000,
            "/v2.0/ports?fixed_ips=ip_address=10.0.1.7".to_owned(),
        ),
        (
            "by name and network, 10",
            200,
            format!("/v2.0/ports?name=p&network_id={network}&limit=10"),
        ),
        ("all, fields=id", 3, "/v2.0/ports?fields=id".to_owned()),
        ("all", 3, "/v2.0/ports".to_owned()),
        (
            "sorted by mac, page of 100",
            3,
            "/v2.0/ports?sort_key=mac_address&limit=100".to_owned(),
        ),
    ];
    for (name, each, path) in gets {
        let request = move |_| ("GET", path.clone(), String::new());
        target.measure(name, 1, each, request).await?;
    }
    let request = move |_| ("GET", show.clone(), String::new());
    target.measure("port show", 32, 200, request).await
}

/// What the API adds to a create: the same creates through the router, without a network, and
/// straight to the managers.
async fn overhead(store: &Store, app: Router, target: &Target) -> Result<(), Failure> {
    const COUNT: u32 = 4_000;
    let network = target.make("network", json!({})).await?;
    let subnet = json!({ "network_id": network, "cidr": "10.0.0.0/12", "ip_version": 4 });
    target.make("subnet", subnet).await?;
    let body = json!({ "port": { "network_id": network, "name": "p" } }).to_string();
    let begun = cpu_time()?;
    for _ in 0..COUNT {
        let request = Request::post("/v2.0/ports").body(Body::from(body.clone()))?;
        let response = app.clone().oneshot(request).await?;
        response.into_body().collect().await?;
    }
    let routed = cpu_time()?.saturating_sub(begun) / COUNT;
    let id: NetworkId = network.parse()?;
    let begun = cpu_time()?;
    for _ in 0..COUNT {
        let create = move |txn: &mut Txn<'_>| {
            let request = CreatePort {
                name: "p".to_owned(),
                ..CreatePort::new(id)
            };
            port::create(
                txn,
                &request,
                &Caller::admin(),
                &Settings::default().without_quotas(),
            )
        };
        store.transact(create).await?;
    }
    let direct = cpu_time()?.saturating_sub(begun) / COUNT;
    writeln!(
        stdout(),
        "CPU of a port create in the process: routed {routed:.1?}, direct {direct:.1?}"
    )?;
    Ok(())
}
