//! A man in the middle: forwards to a real server but does not know some methods, as an
//! old server does not. Also the only test of `tcp:` endpoints.

use alcor_ovsdb::{Endpoint, JsonStream, Message};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::AbortHandle;

use crate::harness::Switch;

/// Ends its task on drop.
pub(crate) struct Proxy {
    pub(crate) endpoint: Endpoint,
    task: AbortHandle,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Forwards one connection to the switch's database; answers `unknown` methods itself.
pub(crate) async fn without(switch: &Switch, unknown: &'static [&'static str]) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let upstream = UnixStream::connect(switch.path("db.sock"))
        .await
        .expect("upstream");
    let task = tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("accept");
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = upstream.into_split();
        let (refusals, mut refused) = tokio::sync::mpsc::channel::<String>(8);
        let forward = forward(from_client, to_server, unknown, refusals);
        let back = async {
            let mut bytes = vec![0; 65536];
            loop {
                tokio::select! {
                    count = from_server.read(&mut bytes) => match count {
                        Ok(count) if count > 0 => to_client.write_all(&bytes[..count]).await?,
                        _ => return std::io::Result::Ok(()),
                    },
                    Some(text) = refused.recv() => to_client.write_all(text.as_bytes()).await?,
                }
            }
        };
        drop(tokio::join!(forward, back));
    });
    let endpoint = format!("tcp:{address}").parse().expect("endpoint");
    Proxy {
        endpoint,
        task: task.abort_handle(),
    }
}

async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    unknown: &[&str],
    refusals: tokio::sync::mpsc::Sender<String>,
) {
    let mut stream = JsonStream::new(1 << 20);
    let mut bytes = vec![0; 65536];
    while let Ok(count) = client.read(&mut bytes).await {
        if count == 0 {
            return;
        }
        stream.push(&bytes[..count]);
        while let Some(value) = stream.next_value().expect("json") {
            match Message::from_json(value.clone()).expect("message") {
                Message::Request { id, method, .. } if unknown.contains(&method.as_str()) => {
                    let outcome = Err(json!("unknown method"));
                    let refusal = Message::Response { id, outcome }.to_json().to_string();
                    refusals.send(refusal).await.expect("client is there");
                }
                _ => server
                    .write_all(value.to_string().as_bytes())
                    .await
                    .expect("forward"),
            }
        }
    }
}
