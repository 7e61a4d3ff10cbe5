//! Many at once, over real HTTP connections: nothing is given twice, and stopping is graceful.

use crate::region::{Region, id};
use alcor_api::serve;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_creates_at_once_share_nothing() {
    let region = Region::open();
    let (network, _) = region.network("10.0.0.0/22").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v2.0/ports", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, region.state.clone(), async {
        stopped.await.ok();
    }));
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let mut workers = JoinSet::new();
    for _ in 0..64 {
        let (client, url, network) = (client.clone(), url.clone(), network.clone());
        workers.spawn(async move {
            let mut ports = Vec::new();
            for _ in 0..8 {
                let body = json!({ "port": { "network_id": network } }).to_string();
                let request = Request::post(&url).body(Body::from(body)).unwrap();
                let response = client.request(request).await.unwrap();
                assert_eq!(response.status(), 201);
                let bytes = response.into_body().collect().await.unwrap().to_bytes();
                let mut body: Value = serde_json::from_slice(&bytes).unwrap();
                ports.push(body["port"].take());
            }
            ports
        });
    }
    let ports = workers.join_all().await.concat();
    let distinct =
        |of: &dyn Fn(&Value) -> String| ports.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(&id), 512);
    assert_eq!(distinct(&|port| port["mac_address"].to_string()), 512);
    assert_eq!(
        distinct(&|port| port["fixed_ips"][0]["ip_address"].to_string()),
        512
    );
    stop.send(()).unwrap();
    drop(client);
    server.await.unwrap().unwrap();
    assert_eq!(region.ids("port", "").await.len(), 512);
}
