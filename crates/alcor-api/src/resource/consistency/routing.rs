//! Routers, floating IPs and what belongs to them.

use super::{Nobody, check, made};
use crate::resource::{ConntrackHelpers, FloatingIps, PortForwardings, Reading, Routers};
use alcor_managers::conntrack_helper::CreateConntrackHelper;
use alcor_managers::floating_ip::CreateFloatingIp;
use alcor_managers::network::CreateNetwork;
use alcor_managers::port_forwarding::CreatePortForwarding;
use alcor_managers::router::{Attachment, CreateRouter, GatewayRequest};
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::{
    ApiError, Caller, Settings, conntrack_helper, floating_ip, network, port_forwarding, router,
    subnet,
};
use alcor_store::Store;
use alcor_types::{
    ConntrackHelper, FloatingIp, ForwardedProtocol, Port, PortForwarding, PortRange, Router,
};
use std::sync::Arc;

/// A router with a helper, and a floating IP with a port forwarding.
type Routed = (Router, ConntrackHelper, FloatingIp, PortForwarding);

async fn routed(store: &Store, port: &Port) -> Routed {
    let target = port.id;
    let inside = port.fixed_ips[0].subnet_id;
    let make = move |txn: &mut alcor_store::Txn<'_>| -> Result<Routed, ApiError> {
        let (caller, settings) = (Caller::admin(), Settings::default());
        let outside = CreateNetwork {
            external: Some(true),
            ..CreateNetwork::default()
        };
        let outside = network::create(txn, &outside, &caller, &settings)?;
        let block = CreateSubnet::new(outside.id, "203.0.113.0/24".parse().unwrap());
        subnet::create(txn, &block, &caller, &settings)?;
        let request = CreateRouter {
            gateway: Some(GatewayRequest::new(outside.id)),
            ..CreateRouter::default()
        };
        let made = router::create(txn, &request, &caller, &settings)?;
        let attached = Attachment::Subnet(inside);
        router::add_interface(txn, made.id, attached, &caller, &settings)?;
        let helper = CreateConntrackHelper {
            router_id: made.id,
            protocol: "udp".to_owned(),
            port: 69,
            helper: "tftp".to_owned(),
        };
        let helper = conntrack_helper::create(txn, &helper, &caller)?;
        let floating = CreateFloatingIp::new(outside.id);
        let floating = floating_ip::create(txn, &floating, &caller, &settings)?;
        let forwarding = CreatePortForwarding {
            id: None,
            floatingip_id: floating.id,
            description: String::new(),
            protocol: ForwardedProtocol::Tcp,
            external_ports: PortRange::one(80),
            internal_port_id: target,
            internal_ip_address: None,
            internal_ports: PortRange::one(8080),
        };
        let forwarding = port_forwarding::create(txn, &forwarding, &caller)?;
        Ok((made, helper, floating, forwarding))
    };
    store.transact(make).await.unwrap().value
}

#[tokio::test]
async fn views_show_what_the_tables_say() {
    let store = Store::ephemeral();
    let (_, _, port, _) = made(&store).await;
    let (router, helper, floating_ip, forwarding) = routed(&store, &port).await;
    let reading = Reading {
        snapshot: store.snapshot(),
        liveness: Arc::new(Nobody),
        caller: Caller::admin(),
        parent_project: None,
        settings: Arc::default(),
    };
    check::<Routers>(router, &reading);
    check::<ConntrackHelpers>(helper, &reading);
    check::<FloatingIps>(floating_ip, &reading);
    check::<PortForwardings>(forwarding, &reading);
}
