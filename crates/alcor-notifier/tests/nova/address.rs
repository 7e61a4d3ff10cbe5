//! Addresses of a server's port that change: its own, and floating IPs that stand for them.

use crate::receiver::Receiver;
use crate::region::{Running, bound_port_of, delete, noted, say, write};
use alcor_managers::floating_ip::{self, CreateFloatingIp, UpdateFloatingIp};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::port::{FixedIpRequest, UpdatePort};
use alcor_managers::router::{self, Attachment, CreateRouter, GatewayRequest};
use alcor_managers::subnet::{self, CreateSubnet};
use alcor_managers::{Settings, port};
use alcor_store::Store;
use alcor_types::{FloatingIpId, NetworkId, PortId, PortStatus};

/// A network inside, and one outside that a router leads to.
struct Place {
    inside: NetworkId,
    outside: NetworkId,
}

async fn place(store: &Store) -> Place {
    write(store, |txn, caller| {
        let settings = &Settings::default();
        let external = CreateNetwork {
            external: Some(true),
            ..CreateNetwork::default()
        };
        let outside = network::create(txn, &external, caller, settings)?.id;
        let inside = network::create(txn, &CreateNetwork::default(), caller, settings)?.id;
        let range = CreateSubnet::new(outside, "203.0.113.0/24".parse().unwrap());
        subnet::create(txn, &range, caller, settings)?;
        let range = CreateSubnet::new(inside, "10.0.0.0/24".parse().unwrap());
        let range = subnet::create(txn, &range, caller, settings)?.id;
        let request = CreateRouter {
            gateway: Some(GatewayRequest::new(outside)),
            ..CreateRouter::default()
        };
        let router = router::create(txn, &request, caller, settings)?.id;
        router::add_interface(txn, router, Attachment::Subnet(range), caller, settings)?;
        Ok(Place { inside, outside })
    })
    .await
}

async fn floating_ip(store: &Store, network: NetworkId, port: Option<PortId>) -> FloatingIpId {
    write(store, move |txn, caller| {
        let request = CreateFloatingIp {
            port_id: port,
            ..CreateFloatingIp::new(network)
        };
        Ok(floating_ip::create(txn, &request, caller, &Settings::default())?.id)
    })
    .await
}

async fn stand_for(store: &Store, id: FloatingIpId, port: Option<PortId>) {
    write(store, move |txn, caller| {
        let request = UpdateFloatingIp {
            port_id: Some(port),
            ..UpdateFloatingIp::default()
        };
        floating_ip::update(txn, id, &request, caller)
    })
    .await;
}

async fn plugged_port(store: &Store, nova: &mut Receiver, network: NetworkId) -> PortId {
    let port = bound_port_of(store, network).await;
    say(store, port, PortStatus::Active).await;
    nova.expect("network-vif-plugged", port).await;
    port
}

#[tokio::test]
async fn floating_ips_that_come_move_and_go_change_the_network() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova);
    let place = place(&store).await;
    let first = plugged_port(&store, &mut nova, place.inside).await;
    let second = plugged_port(&store, &mut nova, place.inside).await;

    let id = floating_ip(&store, place.outside, Some(first)).await;
    nova.expect("network-changed", first).await;
    stand_for(&store, id, Some(second)).await;
    nova.expect("network-changed", first).await;
    nova.expect("network-changed", second).await;
    stand_for(&store, id, None).await;
    nova.expect("network-changed", second).await;
    stand_for(&store, id, Some(first)).await;
    nova.expect("network-changed", first).await;
    write(&store, move |txn, caller| {
        floating_ip::delete(txn, id, caller, None)
    })
    .await;
    nova.expect("network-changed", first).await;

    // One that stands for nothing is no news, nor is a port taken away with its own.
    floating_ip(&store, place.outside, None).await;
    floating_ip(&store, place.outside, Some(first)).await;
    nova.expect("network-changed", first).await;
    delete(&store, first).await;
    nova.expect("network-vif-deleted", first).await;
    delete(&store, second).await;
    nova.expect("network-vif-deleted", second).await;
    notifier.stop().await;
}

#[tokio::test]
async fn a_floating_ip_that_moved_while_nobody_told_is_told_after_the_restart() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova);
    let place = place(&store).await;
    let port = plugged_port(&store, &mut nova, place.inside).await;
    let id = floating_ip(&store, place.outside, Some(port)).await;
    nova.expect("network-changed", port).await;
    // The next event shows that the note behind this one has been written; without its own note
    // it would come again after the restart.
    let next = plugged_port(&store, &mut nova, place.inside).await;
    noted(&store, next).await;
    notifier.stop().await;

    stand_for(&store, id, None).await;
    let notifier = Running::start(&store, &nova);
    nova.expect("network-changed", port).await;
    delete(&store, next).await;
    nova.expect("network-vif-deleted", next).await;
    notifier.stop().await;
}

#[tokio::test]
async fn other_fixed_addresses_change_the_network() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova);
    let place = place(&store).await;
    let port = plugged_port(&store, &mut nova, place.inside).await;
    write(&store, move |txn, caller| {
        let request = UpdatePort {
            fixed_ips: Some(vec![FixedIpRequest {
                subnet_id: None,
                ip_address: Some("10.0.0.77".parse().unwrap()),
            }]),
            ..UpdatePort::default()
        };
        port::update(txn, port, &request, caller, &Settings::default())
    })
    .await;
    nova.expect("network-changed", port).await;
    notifier.stop().await;
}
