//! The connection against a switch that misbehaves, played by the test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test, which the lint settings do not see as one"
)]

use alcor_openflow::{
    Client, ConnectError, Connection, Disconnect, Endpoint, Event, Events, Frame, Settings,
};
use bytes::BytesMut;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

const HELLO: [u8; 8] = [4, 0, 0, 8, 0, 0, 0, 0];
const ECHO_REQUEST: u8 = 2;
const ECHO_REPLY: u8 = 3;
const BARRIER_REQUEST: u8 = 20;

struct Peer {
    stream: UnixStream,
    buffer: BytesMut,
}

impl Peer {
    /// The next message of this type; others are skipped.
    async fn expect(&mut self, kind: u8) -> Frame {
        loop {
            match Frame::split(&mut self.buffer).unwrap() {
                Some(frame) if frame.kind == kind => return frame,
                Some(_) => {}
                None => assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0),
            }
        }
    }

    async fn shake_hands(listener: UnixListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        let buffer = BytesMut::new();
        let mut peer = Self { stream, buffer };
        peer.stream.write_all(&HELLO).await.unwrap();
        peer.expect(BARRIER_REQUEST).await;
        let mut features = vec![4, 6, 0, 32, 0, 0, 0, 0];
        features.resize(32, 0);
        peer.stream.write_all(&features).await.unwrap();
        let barrier = [4, 21, 0, 8, 0, 0, 0, 0];
        peer.stream.write_all(&barrier).await.unwrap();
        peer
    }
}

async fn connected() -> (tempfile::TempDir, Peer, Client, Events) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let settings = Settings {
        echo_interval: Duration::from_millis(10),
        dead_after: Duration::from_millis(100),
        ..Settings::default()
    };
    let endpoint = Endpoint::Unix(path);
    let dialling = Connection::connect(&endpoint, settings);
    let (peer, client) = tokio::join!(Peer::shake_hands(listener), dialling);
    let (client, events) = client.unwrap();
    (folder, peer, client, events)
}

#[tokio::test]
async fn a_silent_peer_is_asked_and_then_given_up() {
    let (_folder, mut peer, client, mut events) = connected().await;
    peer.expect(ECHO_REQUEST).await;
    let event = events.recv().await;
    assert!(
        matches!(event, Some(Event::Disconnected(Disconnect::Silent(_)))),
        "{event:?}"
    );
    assert!(client.is_closed());
}

#[tokio::test]
async fn an_echo_request_is_answered_with_its_own_bytes() {
    let (_folder, mut peer, _client, _events) = connected().await;
    let request = [4, ECHO_REQUEST, 0, 11, 0, 0, 0, 5, 1, 2, 3];
    peer.stream.write_all(&request).await.unwrap();
    let reply = peer.expect(ECHO_REPLY).await;
    assert_eq!((reply.xid, &reply.body[..]), (5, &[1, 2, 3][..]));
}

#[tokio::test]
async fn a_message_that_is_not_openflow_ends_the_connection() {
    let (_folder, mut peer, _client, mut events) = connected().await;
    peer.stream.write_all(b"HTTP/1.1 400").await.unwrap();
    let event = events.recv().await;
    assert!(
        matches!(event, Some(Event::Disconnected(Disconnect::BadMessage(_)))),
        "{event:?}"
    );
}

#[tokio::test]
async fn a_switch_of_another_version_or_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let endpoint = Endpoint::Unix(path.clone());
    let nobody = Connection::connect(&endpoint, Settings::default()).await;
    assert!(matches!(nobody, Err(ConnectError::Io(..))), "{nobody:?}");
    let listener = UnixListener::bind(&path).unwrap();
    let old = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[1, 0, 0, 8, 0, 0, 0, 0]).await.unwrap();
        stream
    };
    let dialling = Connection::connect(&endpoint, Settings::default());
    let (_stream, result) = tokio::join!(old, dialling);
    assert!(
        matches!(result, Err(ConnectError::Version(0b11))),
        "{result:?}"
    );
    let slow = Settings {
        connect_timeout: Duration::from_millis(50),
        ..Settings::default()
    };
    let mute = Connection::connect(&endpoint, slow).await;
    assert!(matches!(mute, Err(ConnectError::Timeout(..))), "{mute:?}");
}
