//! `alcor diff` and `alcor repair` on a switch that somebody has meddled with.

mod stage;

use serde_json::json;
use stage::{LONG, flows, flows_are, look, on_hosts, question, settle};

/// A flow that nobody wants, and one that is wanted.
const STRAY: &str = "table=40,priority=7,dl_dst=02:00:00:00:00:99,actions=drop";
const WANTED: &str = "table=20,priority=0";

#[tokio::test]
async fn a_meddled_switch_is_seen_and_mended() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let (clean, found) = look(region, "diff").await?;
        assert!(clean, "{found}");
        let before = flows(lab, 1).await?;

        lab.ofctl(1, ["add-flow", "br-int", STRAY], "").await?;
        lab.ofctl(1, ["--strict", "del-flows", "br-int", WANTED], "")
            .await?;
        let (clean, found) = look(region, "diff").await?;
        assert!(!clean);
        assert_eq!(found["stale"][0]["table"], 40, "{found}");
        assert_eq!(found["missing"][0]["of"], "of the bridge itself", "{found}");
        let count = |list: &str| found[list].as_array().unwrap().len();
        assert_eq!((count("stale"), count("missing")), (1, 1), "{found}");

        let (done, mended) = look(region, "repair").await?;
        assert!(
            done && mended["clean"] == false,
            "it tells what was wrong: {mended}"
        );
        flows_are(lab, 1, &before).await?;
        assert!(look(region, "diff").await?.0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_host_that_is_not_there_is_an_error_that_says_so() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let mut question = question(region, "diff", "nowhere")?;
        let answer = question.output().await?;
        let text = String::from_utf8(answer.stderr)?;
        assert!(!answer.status.success());
        assert!(text.contains("there is no host 'nowhere'"), "{text}");
        Ok(())
    })
    .await
}
