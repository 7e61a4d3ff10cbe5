//! Following the interfaces of a bridge.

use alcor_ovsdb::vswitch::{BridgeEvent, BridgeSpec, BridgeView, BridgeWatch, TunnelSpec};
use tokio::time::timeout;

use crate::harness::{DEADLINE, Switch};

async fn bridge(switch: &Switch) -> BridgeWatch {
    let vswitch = switch.vswitch().await;
    let mut spec = BridgeSpec::new("br-int");
    spec.datapath_type = Some("netdev".to_owned());
    let cfg = vswitch.ensure_bridge(&spec).await.expect("bridge").cfg;
    vswitch.applied(cfg, DEADLINE).await.expect("applied");
    vswitch
        .watch("br-int", &["vxlan0", "geneve0"])
        .await
        .expect("watch")
}

/// Collects events until the picture is as wanted.
async fn until(watch: &mut BridgeWatch, wanted: impl Fn(&BridgeView) -> bool) -> Vec<BridgeEvent> {
    let collect = async {
        let mut events = Vec::new();
        while !wanted(watch.view()) {
            events.extend(watch.next().await.expect("watch"));
        }
        events
    };
    timeout(DEADLINE, collect)
        .await
        .expect("wanted picture in time")
}

fn ready(view: &BridgeView, id: &str, name: &str) -> bool {
    view.vifs
        .get(id)
        .is_some_and(|vif| vif.port.name == name && vif.port.ofport.is_some())
}

fn plug(bridge: &str, name: &str, id: &str) -> String {
    format!(
        "add-port {bridge} {name} -- set interface {name} type=internal external_ids:iface-id={id} \
         external_ids:attached-mac=fa:16:3e:00:00:01"
    )
}

#[tokio::test]
async fn a_vif_is_plugged_renamed_and_unplugged() {
    let switch = Switch::whole().await;
    let mut watch = bridge(&switch).await;
    switch.vsctl(&plug("br-int", "tap1", "port-1")).await;
    let events = until(&mut watch, |view| ready(view, "port-1", "tap1")).await;
    assert!(matches!(&events[0], BridgeEvent::Plugged(vif) if vif.iface_id == "port-1"));
    let vif = watch.view().vifs["port-1"].clone();
    assert_eq!(vif.attached_mac.as_deref(), Some("fa:16:3e:00:00:01"));
    assert_eq!(
        (vif.bridge.as_str(), vif.port.error.as_deref()),
        ("br-int", None)
    );
    let number = switch.vsctl("get interface tap1 ofport").await;
    assert_eq!(
        vif.port.ofport.map(|number| number.to_string()),
        Some(number)
    );

    let replace = format!(
        "del-port br-int tap1 -- {}",
        plug("br-int", "tap2", "port-1")
    );
    switch.vsctl(&replace).await;
    let events = until(&mut watch, |view| ready(view, "port-1", "tap2")).await;
    let changed = events
        .iter()
        .all(|event| matches!(event, BridgeEvent::Changed { .. }));
    assert!(
        changed,
        "one transaction is one change, not unplugged and plugged: {events:?}"
    );

    switch
        .vsctl("remove interface tap2 external_ids iface-id")
        .await;
    let events = until(&mut watch, |view| view.vifs.is_empty()).await;
    assert!(matches!(events.last(), Some(BridgeEvent::Unplugged(vif)) if vif.port.name == "tap2"));
}

#[tokio::test]
async fn an_interface_that_cannot_be_opened_says_why() {
    let switch = Switch::whole().await;
    let mut watch = bridge(&switch).await;
    // ovs-vsctl would wait for ovs-vswitchd and report its failure by its exit status.
    let plug = "--no-wait add-port br-int tap9 -- set interface tap9 external_ids:iface-id=port-9";
    switch.vsctl(plug).await;
    let failed = |view: &BridgeView| {
        view.vifs
            .get("port-9")
            .is_some_and(|vif| vif.port.error.is_some())
    };
    until(&mut watch, failed).await;
    let port = &watch.view().vifs["port-9"].port;
    assert_eq!(port.ofport, None);
    assert!(
        port.error
            .as_deref()
            .is_some_and(|error| error.contains("tap9")),
        "{port:?}"
    );
}

#[tokio::test]
async fn of_two_interfaces_with_one_id_the_lower_name_wins() {
    let switch = Switch::whole().await;
    let mut watch = bridge(&switch).await;
    switch.vsctl(&plug("br-int", "tap5", "port-1")).await;
    until(&mut watch, |view| ready(view, "port-1", "tap5")).await;
    switch.vsctl(&plug("br-int", "tap4", "port-1")).await;
    let events = until(&mut watch, |view| ready(view, "port-1", "tap4")).await;
    let ignored = |name: &str| BridgeEvent::Duplicates {
        iface_id: "port-1".to_owned(),
        ignored: [name.to_owned()].into(),
    };
    assert!(events.contains(&ignored("tap5")), "{events:?}");
    switch.vsctl("del-port br-int tap4").await;
    let events = until(&mut watch, |view| view.duplicates.is_empty()).await;
    assert!(ready(watch.view(), "port-1", "tap5"));
    let unique = BridgeEvent::Duplicates {
        iface_id: "port-1".to_owned(),
        ignored: [].into(),
    };
    assert!(events.contains(&unique), "{events:?}");
}

#[tokio::test]
async fn interfaces_of_other_bridges_do_not_count() {
    let switch = Switch::whole().await;
    let mut watch = bridge(&switch).await;
    let other = format!(
        "add-br br-x -- set bridge br-x datapath_type=netdev -- {}",
        plug("br-x", "tap1", "port-1")
    );
    switch.vsctl(&other).await;
    switch.vsctl(&plug("br-int", "tap2", "port-2")).await;
    until(&mut watch, |view| ready(view, "port-2", "tap2")).await;
    assert_eq!(watch.view().vifs.keys().collect::<Vec<_>>(), ["port-2"]);
}

#[tokio::test]
async fn tunnels_and_the_bridge_itself_are_followed() {
    let switch = Switch::whole().await;
    let mut watch = bridge(&switch).await;
    let vswitch = switch.vswitch().await;
    for (kind, name, number) in [("vxlan", "vxlan0", 10), ("geneve", "geneve0", 11)] {
        let local_ip = "192.0.2.1".parse().expect("address");
        let mut spec = TunnelSpec::new("br-int", name, kind, local_ip);
        spec.ofport_request = Some(number);
        vswitch.ensure_tunnel_port(&spec).await.expect("tunnel");
        let found = |view: &BridgeView| view.tunnels.get(name)?.ofport;
        until(&mut watch, |view| found(view) == Some(number)).await;
    }
    assert_eq!(watch.view().tunnels.len(), 2);
    switch.vsctl("del-br br-int").await;
    let events = until(&mut watch, |view| !view.present).await;
    assert!(events.contains(&BridgeEvent::Present(false)), "{events:?}");
    assert_eq!(*watch.view(), BridgeView::default());
}

#[tokio::test]
async fn a_new_connection_after_a_restart_sees_the_same() {
    let mut switch = Switch::whole().await;
    let mut watch = bridge(&switch).await;
    switch.vsctl(&plug("br-int", "tap1", "port-1")).await;
    // Settled: ovs-vswitchd has also reported the states of the link.
    let settled = |view: &BridgeView| {
        view.vifs.get("port-1").is_some_and(|vif| {
            let unknown = alcor_ovsdb::vswitch::LinkState::Unknown;
            vif.port.ofport.is_some() && vif.port.link_state != unknown
        })
    };
    until(&mut watch, settled).await;
    switch.stop_server().await;
    let ended = timeout(DEADLINE, async { while watch.next().await.is_ok() {} }).await;
    ended.expect("the end of the connection is noticed");
    switch.start_server().await;
    let vswitch = switch.vswitch().await;
    let mut again = vswitch
        .watch("br-int", &["vxlan0", "geneve0"])
        .await
        .expect("watch");
    // ofport is not kept on disk: ovs-vswitchd writes it again when it has reconnected.
    until(&mut again, settled).await;
    assert_eq!(again.view(), watch.view());
}
