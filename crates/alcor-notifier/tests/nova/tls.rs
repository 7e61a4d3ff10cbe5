//! Nova behind TLS, as it is wherever it is public.

use crate::receiver::{Receiver, desk};
use crate::region::{Running, bound_port, delete, say};
use alcor_notifier::{Notifier, NotifierError, Settings, Unchecked};
use alcor_store::Store;
use alcor_types::PortStatus;
use axum::http::StatusCode;
use axum::serve::Listener;
use rustls::pki_types::PrivateKeyDer;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Takes connections whose client trusts it, and counts the others.
struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
    refused: mpsc::UnboundedSender<()>,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, peer)) = self.tcp.accept().await else {
                continue;
            };
            match self.tls.accept(stream).await {
                Ok(stream) => return (stream, peer),
                Err(_) => drop(self.refused.send(())),
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// The stand-in with a certificate for 127.0.0.1, which is written to the folder; and who did
/// not want to speak to it.
async fn secure(folder: &Path, answers: &[StatusCode]) -> (Receiver, mpsc::UnboundedReceiver<()>) {
    let root = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, root.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(root.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![root.cert.der().clone()], key)
        .unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/v2.1", tcp.local_addr().unwrap());
    let (refused, refusals) = mpsc::unbounded_channel();
    let listener = TlsListener {
        tcp,
        tls: TlsAcceptor::from(Arc::new(config)),
        refused,
    };
    let (app, heard) = desk(answers);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Receiver::new(url, Some(ca_file), heard), refusals)
}

#[tokio::test]
async fn nova_hears_of_ports_over_tls_and_after_failures() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::ephemeral();
    let busy = [StatusCode::SERVICE_UNAVAILABLE];
    let (mut nova, _) = secure(folder.path(), &busy).await;
    let notifier = Running::start(&store, &nova);
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    nova.expect("network-vif-plugged", port).await;
    delete(&store, port).await;
    nova.expect("network-vif-deleted", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn a_nova_that_nobody_vouches_for_hears_nothing() {
    let (ours, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::ephemeral();
    let (mut nova, mut refusals) = secure(ours.path(), &[]).await;
    let (other, _) = secure(others.path(), &[]).await;
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;

    let notifier = Running::at(&store, &nova.url, other.ca_file.as_deref());
    refusals.recv().await.unwrap();
    notifier.stop().await;

    // It had not been told: it hears of the port from one that trusts it, and only then.
    let notifier = Running::start(&store, &nova);
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_the_start() {
    let store = Store::ephemeral();
    let settings = |url: &str, ca: Option<&str>| Settings {
        url: Some(url.to_owned()),
        ca_file: ca.map(Into::into),
    };
    let open = |settings| Notifier::open(&store, settings, Unchecked).map(drop);
    let error = open(settings("nova:8774", None)).unwrap_err();
    assert!(matches!(error, NotifierError::BadEndpoint(_)), "{error}");
    let error = open(settings("https://nova", Some("/no/such/ca.pem"))).unwrap_err();
    assert!(matches!(error, NotifierError::Trust(_)), "{error}");
    assert!(error.to_string().contains("/no/such/ca.pem"), "{error}");
}
