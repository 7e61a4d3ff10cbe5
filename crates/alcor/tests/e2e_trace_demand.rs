//! `alcor trace` in large networks: a packet to a neighbour that its host has not asked for yet waits, as
//! it should, and arrives; one to a neighbour whose flows somebody took away does not wait but differs.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::scenario::{PortInfo, Scenario};
use alcor_pipeline::table;
use serde_json::{Value, json};
use stage::many::{large, where_few_are_many};
use stage::trace::{agreed, ask, says};
use stage::{flows, reach, router, settle, settle_behind, unchecked};

/// A port whose groups nobody asks.
fn open(name: &str, ip: &str) -> Value {
    let mut more = unchecked(ip);
    more["name"] = json!(name);
    more
}

/// What is said of a packet that waits on the first host.
fn held(found: &Value) -> &Value {
    &found["switches"][0]["held"]
}

/// It waits on host 1, the region knows the port, and host 2 delivers.
async fn waits_for(region: &Scenario, from: &str, to: &PortInfo) -> anyhow::Result<()> {
    let id = to.id.to_string();
    let (_, found) = agreed(region, &[from, &id], 0).await?;
    assert_eq!(held(&found)["found"], json!(id), "{found}");
    let told = held(&found)["text"].to_string();
    assert!(told.contains("its agent asks the region"), "{found}");
    let answer = format!("the region answers: {}, port", to.mac);
    assert!(told.contains(&answer), "{found}");
    assert_eq!(found["switches"].as_array().unwrap().len(), 2, "{found}");
    assert!(
        found["end"].to_string().contains("delivered to port"),
        "{found}"
    );
    Ok(())
}

/// It does not wait any more.
async fn is_known(region: &Scenario, from: &str, to: &PortInfo) -> anyhow::Result<()> {
    let id = to.id.to_string();
    let (_, found) = agreed(region, &[from, &id], 0).await?;
    assert_eq!(held(&found), &Value::Null, "{found}");
    Ok(())
}

#[tokio::test]
async fn a_packet_to_a_cold_neighbour_waits_as_it_should() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({ "name": "a" })).await?;
        let b = settle(region, "b", 2, &net, open("b", "10.0.0.50")).await?;
        waits_for(region, "a", &b).await?;
        // It has only been asked what would happen: nothing has.
        assert!(!flows(lab, 1).await?.mention(&b.mac.to_string()));
        reach(lab, "a", b.ip, 5).await?;
        is_known(region, "a", &b).await?;
        // What was asked for must be there.
        let to_b = format!("table={},dl_dst={}", table::REMOTE, b.mac);
        lab.ofctl(1, ["del-flows", "br-int", &to_b], "").await?;
        let (code, found) = ask(region, &["a", "b"], &[1, 2, 3]).await?;
        let difference = &found["difference"];
        let lacks = difference["what"].to_string().contains("lacks the flow");
        assert!(code == 3 && lacks, "{found}");
        assert_eq!(difference["host"], lab.host_id(1), "{found}");
        assert_eq!(difference["table"], table::REMOTE, "{found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn so_does_one_that_was_routed() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let red = large(region, "red", "10.1.0.0/24").await?;
        let blue = large(region, "blue", "10.2.0.0/24").await?;
        router(region, &[&red, &blue]).await?;
        let (one, other) = ("10.1.0.50", "10.2.0.50");
        settle_behind(region, "r", 1, &red, (one, open("r", one))).await?;
        let b = settle_behind(region, "b", 2, &blue, (other, open("b", other))).await?;
        waits_for(region, "r", &b).await?;
        let (_, found) = agreed(region, &["r", "b"], 0).await?;
        assert_eq!(held(&found)["sought"], json!("10.2.0.50"), "{found}");
        // Nobody has this one, and the region says so.
        let (_, found) = agreed(region, &["r", "10.2.0.99"], 1).await?;
        assert!(
            says(&found, "no port of network blue has 10.2.0.99"),
            "{found}"
        );
        assert!(found["end"].to_string().contains("knows nobody"), "{found}");
        let line = "ping -c 1 -W 1 10.2.0.99 || true";
        lab.exec("r", ["sh", "-c", line], stage::LONG).await?;
        reach(lab, "r", b.ip, 5).await?;
        is_known(region, "r", &b).await
    })
    .await
}

#[tokio::test]
async fn so_does_one_whose_sender_may_be_in_a_group() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net = large(region, "net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({ "name": "a" })).await?;
        // Who is in its default group, like the sender, may speak to it.
        let b = settle(region, "b", 2, &net, json!({ "name": "b" })).await?;
        let (_, found) = agreed(region, &["a", "b"], 0).await?;
        let told = found["switches"][1]["held"]["text"].to_string();
        assert!(
            told.contains("whether a rule lets the packet pass"),
            "{found}"
        );
        assert!(
            found["end"]
                .to_string()
                .contains("waits for the region's word"),
            "{found}"
        );
        reach(region.lab(), "a", b.ip, 5).await?;
        is_known(region, "a", &b).await
    })
    .await
}
