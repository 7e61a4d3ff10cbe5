//! `alcor trace`: on three hosts with real switches, what it says of packets is what becomes of them,
//! and where a switch does something else it names the flow.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_pipeline::table;
use serde_json::{Value, json};
use stage::trace::{agreed, ask, says};
use stage::trunks::{Trunk, unbound};
use stage::{
    Acl, LONG, Rule, change, group, misses, on_hosts, port_shows, reach, router, run, set_groups,
    settle, until,
};

/// Two networks with a router between them: `a` on host 1 and `b` on host 2 in the first, `c` on
/// host 3 in the second.
struct World {
    near: Segment,
    far: Segment,
    b: PortInfo,
    c: PortInfo,
}

async fn world(region: &Scenario) -> anyhow::Result<World> {
    let near = region.segment("near", "10.0.0.0/24").await?;
    let far = region.segment("far", "10.0.1.0/24").await?;
    router(region, &[&near, &far]).await?;
    settle(region, "a", 1, &near, json!({ "name": "a" })).await?;
    let b = settle(region, "b", 2, &near, json!({ "name": "b" })).await?;
    let c = settle(region, "c", 3, &far, json!({ "name": "c" })).await?;
    for (vm, gateway) in [("a", "10.0.0.1"), ("c", "10.0.1.1")] {
        run(
            region.lab(),
            vm,
            &format!("ip route add default via {gateway}"),
        )
        .await?;
    }
    let lab = region.lab();
    lab.first_answer("a", b.ip, LONG).await?;
    lab.first_answer("a", c.ip, LONG).await?;
    Ok(World { near, far, b, c })
}

#[tokio::test]
async fn what_it_says_is_what_becomes_of_packets() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let world = world(region).await?;
        same_network(region, &world).await?;
        routed(region, &world).await?;
        acls(region, &world).await?;
        groups(region, &world).await?;
        spoofed_and_unknown(region, &world).await?;
        carried(region, &world).await?;
        off(region, &world).await
    })
    .await
}

async fn same_network(region: &Scenario, world: &World) -> anyhow::Result<()> {
    let (code, found) = agreed(region, &["a", "b"], 0).await?;
    assert!(says(&found, "from host"), "{found}");
    assert_eq!(found["switches"].as_array().unwrap().len(), 2, "{found}");
    assert_eq!((code, &found["end"]), (0, &json!("delivered to port b")));
    reach(region.lab(), "a", world.b.ip, 2).await?;
    // The same by id, and of a connection that is there already.
    let by_id = world.b.id.to_string();
    agreed(region, &["a", &by_id, "--ct-next", "est"], 0).await?;
    // A switch that nobody has named is not asked.
    let (code, found) = ask(region, &["a", "b"], &[1]).await?;
    assert_eq!((code, &found["asked_all"]), (0, &json!(false)), "{found}");
    assert!(found["end"].to_string().contains("no --unixctl"), "{found}");
    Ok(())
}

async fn routed(region: &Scenario, world: &World) -> anyhow::Result<()> {
    let (_, found) = agreed(region, &["a", "c"], 0).await?;
    assert!(says(&found, "r takes it in"), "{found}");
    assert!(says(&found, "10.0.1.0/24 of its subnet"), "{found}");
    reach(region.lab(), "a", world.c.ip, 2).await?;
    let (_, found) = agreed(region, &["a", "c", "--ttl", "1"], 1).await?;
    assert!(says(&found, "time to live ends"), "{found}");
    let (_, found) = agreed(region, &["a", "10.0.0.1"], 0).await?;
    assert!(says(&found, "own address; it answers"), "{found}");
    let (_, found) = agreed(region, &["a", "192.0.2.1"], 1).await?;
    assert!(says(&found, "no route to 192.0.2.1"), "{found}");
    Ok(())
}

/// Ports of one interface: each is named by its tag.
async fn carried(region: &Scenario, world: &World) -> anyhow::Result<()> {
    let name = |name| json!({ "name": name });
    let parent = unbound(region, &world.near, name("parent")).await?;
    let sub = unbound(region, &world.far, name("sub")).await?;
    Trunk::make(region, &parent, &[(&sub, 100)]).await?;
    let host = region.lab().host_id(1);
    change(region, &parent, json!({ "binding:host_id": host })).await?;
    region.plug("trunk", 1, &parent).await?;
    region.wait_for_status(sub.id, "ACTIVE").await?;
    for (from, to) in [
        ("sub", "c"),
        ("c", "sub"),
        ("sub", "a"),
        ("a", "parent"),
        ("parent", "sub"),
        ("sub", "parent"),
    ] {
        let (_, found) = agreed(region, &[from, to], 0).await?;
        let end = format!("delivered to port {to}");
        assert_eq!(found["end"], json!(end), "{found}");
    }
    Ok(())
}

/// At the edge of a subnet, not inside of it.
async fn acls(region: &Scenario, world: &World) -> anyhow::Result<()> {
    let acl = Acl::make(region, &world.near, json!({ "is_default": true })).await?;
    let _rule = acl
        .rule(
            region,
            10,
            "ingress",
            json!({ "protocol": "all", "ip_prefix": "10.0.1.0/24" }),
        )
        .await?;
    let (_, found) = agreed(region, &["a", "c"], 1).await?;
    assert!(
        says(&found, "network ACL of the subnet of port a"),
        "{found}"
    );
    agreed(region, &["a", "b"], 0).await?;
    agreed(region, &["c", "a"], 0).await?;
    acl.remove(region).await?;
    agreed(region, &["a", "c"], 0).await?;
    Ok(())
}

async fn groups(region: &Scenario, world: &World) -> anyhow::Result<()> {
    let web = group(region, json!({ "name": "web" })).await?;
    set_groups(region, &world.b, &[&web]).await?;
    let lab = region.lab();
    until("b hears no ping", async || {
        misses(lab, "a", world.b.ip).await
    })
    .await?;
    let (_, found) = agreed(region, &["a", "b"], 1).await?;
    let missing = "no rule of groups web allows ingress icmp type 8 code 0 from 10.0.0.";
    assert!(says(&found, missing), "{found}");
    let tcp = ["a", "b", "--protocol", "tcp", "--port", "80"];
    agreed(region, &tcp, 1).await?;
    let rule = json!({ "protocol": "tcp", "port_range_min": 80, "port_range_max": 90 });
    let rule = Rule::make(region, &web, rule).await?;
    until("the rule is effective", async || {
        anyhow::Ok(ask(region, &tcp, &[1, 2, 3]).await?.0 == 0)
    })
    .await?;
    let (_, found) = agreed(region, &tcp, 0).await?;
    assert!(
        says(&found, "of group web: IPv4 tcp 80-90, anybody"),
        "{found}"
    );
    rule.remove(region).await
}

async fn spoofed_and_unknown(region: &Scenario, world: &World) -> anyhow::Result<()> {
    let (_, found) = agreed(region, &["c", "a", "--source", "10.0.1.99"], 1).await?;
    assert!(says(&found, "may not speak from 10.0.1.99"), "{found}");
    let (code, found) = ask(region, &["a", "10.0.0.200"], &[1, 2, 3]).await?;
    assert!(
        code == 1 && says(&found, "no port of network near has 10.0.0.200"),
        "{found}"
    );
    let here = json!({ "name": "nowhere", "binding:host_id": "" });
    region.port(&world.near, 1, here).await?;
    let (_, found) = agreed(region, &["a", "nowhere"], 1).await?;
    assert!(says(&found, "bound to no host"), "{found}");
    let (code, found) = ask(region, &["nowhere", "a"], &[1, 2, 3]).await?;
    assert!(code == 1 && says(&found, "bound to no host"), "{found}");
    let (code, found) = ask(region, &["a", "nobody"], &[]).await?;
    assert_eq!((code, found), (2, Value::Null));
    Ok(())
}

async fn off(region: &Scenario, world: &World) -> anyhow::Result<()> {
    change(region, &world.c, json!({ "admin_state_up": false })).await?;
    port_shows(region, &world.c, |port| port["status"] == "DOWN").await?;
    let question = ["a", "c"];
    until("host 1 hears of it", async || {
        let (code, found) = ask(region, &question, &[1, 2, 3]).await?;
        anyhow::Ok(code == 1 && says(&found, "port c is switched off"))
    })
    .await?;
    // The intent has it arrive, and it is the host's fault that it does not.
    region
        .port(&world.near, 2, json!({ "name": "late" }))
        .await?;
    until("host 1 knows the new port", async || {
        let (code, found) = ask(region, &["a", "late"], &[1, 2, 3]).await?;
        let what = found["difference"]["what"].to_string();
        anyhow::Ok(code == 3 && what.contains("port late has no interface"))
    })
    .await
}

#[tokio::test]
async fn a_flow_that_somebody_took_away_is_named() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let world = world(region).await?;
        let lab = region.lab();
        let of_b = format!("table={},dl_dst={}", table::REMOTE, world.b.mac);
        lab.ofctl(1, ["del-flows", "br-int", &of_b], "").await?;
        let (code, found) = ask(region, &["a", "b"], &[1, 2, 3]).await?;
        let difference = &found["difference"];
        let lacks = format!("lacks the flow of {} in network", world.b.mac);
        assert!(
            code == 3 && difference["what"].to_string().contains(&lacks),
            "{found}"
        );
        assert_eq!(difference["host"], lab.host_id(1), "{found}");
        assert_eq!(difference["table"], table::REMOTE, "{found}");
        agreed(region, &["a", "c"], 0).await?;

        let stray = format!(
            "table={},priority=9999,dl_dst={},actions=drop",
            table::LOCAL,
            world.c.mac
        );
        lab.ofctl(3, ["add-flow", "br-int", &stray], "").await?;
        let (code, found) = ask(region, &["a", "c"], &[1, 2, 3]).await?;
        let difference = &found["difference"];
        let stranger = difference["what"].to_string().contains("nobody wants");
        assert!(
            code == 3 && stranger && difference["host"] == lab.host_id(3),
            "{found}"
        );
        Ok(())
    })
    .await
}
