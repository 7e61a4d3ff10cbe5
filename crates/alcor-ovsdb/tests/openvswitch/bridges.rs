//! Ensuring bridges and tunnel ports.

use std::net::IpAddr;
use std::time::Duration;

use alcor_ovsdb::Error;
use alcor_ovsdb::vswitch::{BridgeSpec, Effect, TunnelSpec};

use crate::harness::{DEADLINE, Switch};

fn netdev_bridge() -> BridgeSpec {
    BridgeSpec {
        datapath_type: Some("netdev".to_owned()),
        ..BridgeSpec::new("br-int")
    }
}

fn tunnel(address: &str) -> TunnelSpec {
    let local_ip: IpAddr = address.parse().expect("address");
    TunnelSpec::new("br-int", "vxlan0", "vxlan", local_ip)
}

#[tokio::test]
async fn a_bridge_is_created_once_and_applied() {
    let switch = Switch::whole().await;
    let vswitch = switch.vswitch().await;
    let first = vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect("ensure");
    assert_eq!(first.effect, Effect::Created);
    vswitch.applied(first.cfg, DEADLINE).await.expect("applied");
    let second = vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect("ensure");
    assert_eq!((second.effect, second.cfg), (Effect::Unchanged, first.cfg));
    assert_eq!(switch.vsctl("list-br").await, "br-int");
    let columns = "get bridge br-int datapath_type fail_mode protocols other_config";
    let expected = "netdev\nsecure\n[OpenFlow13, OpenFlow14, OpenFlow15]\n{disable-in-band=true}";
    assert_eq!(switch.vsctl(columns).await, expected);
    // The local port works: ovs-vswitchd has given it its number.
    assert_eq!(
        switch.vsctl("get interface br-int ofport error").await,
        "65534\n[]"
    );
}

#[tokio::test]
async fn a_different_bridge_is_corrected_and_keeps_what_is_not_ours() {
    let switch = Switch::whole().await;
    let setup = "add-br br-int -- set bridge br-int datapath_type=netdev fail_mode=standalone \
        protocols=OpenFlow10 other_config:mine=1 other_config:disable-in-band=false \
        -- add-port br-int tap0 -- set interface tap0 type=internal";
    switch
        .vsctl(&setup.split_whitespace().collect::<Vec<_>>().join(" "))
        .await;
    let vswitch = switch.vswitch().await;
    let ensured = vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect("ensure");
    assert_eq!(ensured.effect, Effect::Corrected);
    vswitch
        .applied(ensured.cfg, DEADLINE)
        .await
        .expect("applied");
    let columns = "get bridge br-int fail_mode protocols other_config";
    let expected = "secure\n[OpenFlow10, OpenFlow13, OpenFlow14, OpenFlow15]\n\
        {disable-in-band=true, mine=1}";
    assert_eq!(switch.vsctl(columns).await, expected);
    assert_eq!(switch.vsctl("list-ports br-int").await, "tap0");
    let again = vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect("ensure");
    assert_eq!(again.effect, Effect::Unchanged);
}

#[tokio::test]
async fn many_agents_at_once_create_one_bridge() {
    let switch = Switch::database().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let vswitch = switch.vswitch().await;
        tasks.spawn(async move { vswitch.ensure_bridge(&netdev_bridge()).await });
    }
    let results = tasks.join_all().await;
    let effects: Vec<_> = results
        .into_iter()
        .map(|result| result.expect("ensure").effect)
        .collect();
    let created = effects
        .iter()
        .filter(|effect| **effect == Effect::Created)
        .count();
    let unchanged = effects
        .iter()
        .filter(|effect| **effect == Effect::Unchanged)
        .count();
    assert_eq!((created, unchanged), (1, 7));
}

#[tokio::test]
async fn different_keys_by_different_agents_all_stay() {
    let switch = Switch::database().await;
    switch.vsctl("--no-wait add-br br-int").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..4 {
        let vswitch = switch.vswitch().await;
        let mut spec = BridgeSpec::new("br-int");
        spec.other_config = [(format!("key{number}"), "1".to_owned())].into();
        tasks.spawn(async move { vswitch.ensure_bridge(&spec).await });
    }
    for result in tasks.join_all().await {
        result.expect("ensure");
    }
    let config = switch.vsctl("get bridge br-int other_config").await;
    assert_eq!(config, "{key0=1, key1=1, key2=1, key3=1}");
}

#[tokio::test]
async fn without_ovs_vswitchd_nothing_is_applied() {
    let switch = Switch::database().await;
    let vswitch = switch.vswitch().await;
    let cfg = vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect("ensure")
        .cfg;
    let after = Duration::from_millis(20);
    assert_eq!(
        vswitch.applied(cfg, after).await,
        Err(Error::NotApplied { cfg, after })
    );
}

#[tokio::test]
async fn a_tunnel_port_is_created_and_corrected() {
    let switch = Switch::whole().await;
    let vswitch = switch.vswitch().await;
    vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect("bridge");
    let first = vswitch
        .ensure_tunnel_port(&tunnel("192.0.2.1"))
        .await
        .expect("tunnel");
    assert_eq!(first.effect, Effect::Created);
    vswitch.applied(first.cfg, DEADLINE).await.expect("applied");
    let columns = "get interface vxlan0 type options error";
    let expected = "vxlan\n{key=flow, local_ip=192.0.2.1, remote_ip=flow}\n[]";
    assert_eq!(switch.vsctl(columns).await, expected);
    switch.vsctl("set interface vxlan0 options:csum=true").await;
    let again = vswitch
        .ensure_tunnel_port(&tunnel("192.0.2.1"))
        .await
        .expect("tunnel");
    assert_eq!(again.effect, Effect::Unchanged);
    let moved = vswitch
        .ensure_tunnel_port(&tunnel("192.0.2.2"))
        .await
        .expect("tunnel");
    assert_eq!(moved.effect, Effect::Corrected);
    let expected = "{csum=true, key=flow, local_ip=192.0.2.2, remote_ip=flow}";
    assert_eq!(switch.vsctl("get interface vxlan0 options").await, expected);
    assert_eq!(switch.vsctl("list-ports br-int").await, "vxlan0");
}

#[tokio::test]
async fn a_tunnel_port_is_not_taken_from_another_bridge() {
    let switch = Switch::database().await;
    let vswitch = switch.vswitch().await;
    let conflict = |error: Error| match error {
        Error::Conflict(text) => text,
        other => panic!("unexpected {other}"),
    };
    let error = vswitch
        .ensure_tunnel_port(&tunnel("192.0.2.1"))
        .await
        .expect_err("no bridge");
    assert!(conflict(error).contains("no such bridge"));
    switch
        .vsctl("--no-wait add-br br-int -- add-br br-x -- add-port br-x vxlan0")
        .await;
    let error = vswitch
        .ensure_tunnel_port(&tunnel("192.0.2.1"))
        .await
        .expect_err("taken");
    assert!(conflict(error).contains("belongs to bridge br-x"));
    assert_eq!(switch.vsctl("list-ports br-x").await, "vxlan0");
}

#[tokio::test]
async fn a_database_that_was_never_initialised_says_what_to_do() {
    let switch = Switch::database().await;
    switch
        .vsctl("--no-wait emer-reset -- --all destroy Open_vSwitch")
        .await;
    let vswitch = switch.vswitch().await;
    let error = vswitch
        .ensure_bridge(&netdev_bridge())
        .await
        .expect_err("empty");
    assert!(
        error.to_string().contains("ovs-vsctl --no-wait init"),
        "{error}"
    );
}
