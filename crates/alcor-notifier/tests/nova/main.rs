//! A store whose ports come and go, and a stand-in for Nova that hears of it.

#![allow(clippy::unwrap_used, reason = "a wrong value fails the test")]

mod address;
mod receiver;
mod region;
mod tls;

use alcor_managers::port::UpdatePort;
use alcor_managers::{Settings, port};
use alcor_store::Store;
use alcor_types::PortStatus;
use axum::http::StatusCode;
use receiver::Receiver;
use region::{Running, bound_port, delete, opened, say, write};
use tokio::net::TcpListener;

#[tokio::test]
async fn nova_hears_of_plug_unplug_and_delete_in_order() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova);
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    say(&store, port, PortStatus::Down).await;
    say(&store, port, PortStatus::Active).await;
    delete(&store, port).await;
    nova.expect("network-vif-plugged", port).await;
    nova.expect("network-vif-unplugged", port).await;
    nova.expect("network-vif-plugged", port).await;
    nova.expect("network-vif-deleted", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn a_notifier_that_lags_tells_of_ports_that_are_gone_by_then() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = opened(&store, &nova.url, None);
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    delete(&store, port).await;
    let notifier = Running::run(notifier);
    nova.expect("network-vif-plugged", port).await;
    nova.expect("network-vif-deleted", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn ports_of_others_are_no_events() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova);
    let dhcp = bound_port(&store).await;
    write(&store, move |txn, caller| {
        let change = UpdatePort {
            device_owner: Some("network:dhcp".to_owned()),
            ..UpdatePort::default()
        };
        port::update(txn, dhcp, &change, caller, &Settings::default())
    })
    .await;
    say(&store, dhcp, PortStatus::Active).await;
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn an_event_is_sent_until_nova_takes_it() {
    let store = Store::ephemeral();
    let busy = [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::UNAUTHORIZED,
        StatusCode::INTERNAL_SERVER_ERROR,
    ];
    let mut nova = Receiver::start(&busy).await;
    let notifier = Running::start(&store, &nova);
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn a_restart_tells_what_was_missed_once() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    let notifier = Running::start(&store, &nova);
    nova.expect("network-vif-plugged", port).await;
    // The note is written behind the event; the next event shows that it is.
    let second = bound_port(&store).await;
    say(&store, second, PortStatus::Active).await;
    nova.expect("network-vif-plugged", second).await;
    notifier.stop().await;

    delete(&store, port).await;
    let notifier = Running::start(&store, &nova);
    nova.expect("network-vif-deleted", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn what_nova_cannot_hear_now_it_hears_after_the_restart() {
    let store = Store::ephemeral();
    let port = bound_port(&store).await;
    // Nobody listens here.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v2.1", closed.local_addr().unwrap());
    drop(closed);
    let notifier = Running::at(&store, &url, None);
    say(&store, port, PortStatus::Active).await;
    notifier.stop().await;

    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova);
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}
