//! What a restart of anything costs: of agent and region nothing, of the switch a moment.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Role, Signal};
use serde_json::json;
use stage::{
    LONG, assert_untouched, binary, caught_up, change, flows, flows_are, metric, on_hosts, reach,
    settle, steady_ping, until, without_agents,
};

/// `a` on host 1 and `b` on host 2, which have reached each other.
async fn pair(region: &Scenario) -> anyhow::Result<(Segment, PortInfo, PortInfo)> {
    let net = region.segment("net", "10.0.0.0/24").await?;
    let a = settle(region, "a", 1, &net, json!({})).await?;
    let b = settle(region, "b", 2, &net, json!({})).await?;
    region.lab().first_answer("a", b.ip, LONG).await?;
    Ok((net, a, b))
}

/// Ends processes, all of them before any is started again, and waits until every agent has
/// heard all that the region wants.
async fn bounce(
    region: &Scenario,
    net: &Segment,
    roles: &[Role],
    kill: bool,
) -> anyhow::Result<()> {
    let lab = region.lab();
    for role in roles {
        if kill {
            lab.kill(*role).await?;
        } else {
            lab.stop(*role).await?;
        }
    }
    for role in roles {
        lab.start(*role).await?;
    }
    for host in [1, 2] {
        caught_up(region, host, net).await?;
    }
    Ok(())
}

#[tokio::test]
async fn restarts_of_agents_and_region_lose_no_packet_and_touch_no_flow() -> anyhow::Result<()> {
    use Role::{Agent, Region};
    on_hosts(2, async |region| {
        let lab = region.lab();
        let (net, _, b) = pair(region).await?;
        for (roles, kill) in [
            (&[Agent(1), Agent(2)][..], false),
            (&[Agent(1), Agent(2)], true),
            (&[Region], false),
            (&[Region], true),
            (&[Region, Agent(1), Agent(2)], true),
        ] {
            let before = [flows(lab, 1).await?, flows(lab, 2).await?];
            let ping = steady_ping(lab, "a", b.ip).await?;
            bounce(region, &net, roles, kill).await?;
            let report = ping.stop().await?;
            assert!(report.complete(), "{roles:?}, kill {kill}: {report:?}");
            for (host, before) in (1..).zip(&before) {
                assert_untouched(before, &flows(lab, host).await?);
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_agent_that_cannot_see_interfaces_yet_draws_no_conclusions() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let (net, _, b) = pair(region).await?;
        let before = flows(lab, 2).await?;
        let ping = steady_ping(lab, "a", b.ip).await?;
        let shown_otherwise = async {
            loop {
                let shown = stage::port(region, &b).await?;
                if shown["status"] != "ACTIVE" {
                    return anyhow::Ok(shown);
                }
                tokio::task::yield_now().await;
            }
        };
        let restart = async {
            lab.signal(Role::Ovsdb(2), Signal::SIGSTOP)?;
            lab.restart(Role::Agent(2)).await?;
            agent_says(region, 2, "welcomed by the region", 2).await?;
            agent_says(region, 2, "switch connected", 2).await?;
            // Time for wrong conclusions.
            reach(lab, "a", b.ip, 50).await?;
            lab.signal(Role::Ovsdb(2), Signal::SIGCONT)?;
            caught_up(region, 2, &net).await
        };
        tokio::select! {
            shown = shown_otherwise => panic!("no business of the port: {}", shown?),
            done = restart => done?,
        }
        let report = ping.stop().await?;
        assert!(report.complete(), "{report:?}");
        assert_untouched(&before, &flows(lab, 2).await?);
        Ok(())
    })
    .await
}

/// Waits until the log of a host's agent says something for the n-th time.
async fn agent_says(region: &Scenario, host: u16, what: &str, times: usize) -> anyhow::Result<()> {
    let log = region.lab().log_file(Role::Agent(host));
    until(what, async || {
        let text = std::fs::read_to_string(&log)?;
        anyhow::Ok(text.matches(what).count() == times)
    })
    .await
}

#[tokio::test]
async fn stale_flows_are_swept_after_the_agents_return_and_only_then() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let (net, a, b) = pair(region).await?;
        let doomed = settle(region, "c", 1, &net, json!({})).await?;
        let mac = doomed.mac.to_string();
        let kept = flows(lab, 2).await?;
        lab.kill(Role::Agent(1)).await?;
        region
            .rest()
            .delete(&format!("/v2.0/ports/{}", doomed.id))
            .await?;
        let neighbour_forgot = async || anyhow::Ok(!flows(lab, 2).await?.mention(&mac));
        until("the neighbour's agent has forgotten it", neighbour_forgot).await?;
        let stale = flows(lab, 1).await?;
        assert!(stale.mention(&mac), "{stale:#?}");

        // With a region that says nothing, nothing is stale for certain.
        lab.signal(Role::Region, Signal::SIGSTOP)?;
        lab.start(Role::Agent(1)).await?;
        agent_says(region, 1, "switch connected", 2).await?;
        reach(lab, "a", b.ip, 20).await?;
        assert_untouched(&stale, &flows(lab, 1).await?);
        lab.signal(Role::Region, Signal::SIGCONT)?;
        let swept = async || anyhow::Ok(!flows(lab, 1).await?.mention(&mac));
        until("the stale flows are swept", swept).await?;
        reach(lab, "b", a.ip, 20).await?;
        assert!(kept.mention(&mac));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_switch_gets_its_flows_back_and_its_database_is_not_missed() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let (net, a, b) = pair(region).await?;
        let count = flows(lab, 2).await?.all.len();
        for kill in [true, false] {
            let ping = steady_ping(lab, "a", b.ip).await?;
            bounce(region, &net, &[Role::Vswitchd(2)], kill).await?;
            lab.first_answer("a", b.ip, LONG).await?;
            let gap = ping.stop().await?.longest_gap();
            println!("switch restarted (kill {kill}): {gap} pings of 10 ms lost");
            let now = flows(lab, 2).await?;
            assert_eq!(now.all.len(), count, "{now:#?}");
            reach(lab, "b", a.ip, 20).await?;
        }
        let before = [flows(lab, 1).await?, flows(lab, 2).await?];
        let ping = steady_ping(lab, "a", b.ip).await?;
        bounce(region, &net, &[Role::Ovsdb(1)], true).await?;
        bounce(region, &net, &[Role::Ovsdb(2)], false).await?;
        let report = ping.stop().await?;
        assert!(report.complete(), "{report:?}");
        for (host, before) in (1..).zip(&before) {
            assert_untouched(before, &flows(lab, host).await?);
        }
        // The agents see what is plugged after it.
        let c = settle(region, "c", 2, &net, json!({})).await?;
        lab.first_answer("a", c.ip, LONG).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn agents_resume_by_revision_and_a_hung_one_is_shown() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let (net, a, b) = pair(region).await?;
        lab.restart(Role::Region).await?;
        region.wait_for_agents(2).await?;
        for host in [1, 2] {
            caught_up(region, host, &net).await?;
        }
        assert_eq!(metric(region, "alcor_delivery_snapshots_total").await?, 0);

        lab.signal(Role::Agent(1), Signal::SIGSTOP)?;
        region.wait_for_agents(1).await?;
        let shown = region
            .rest()
            .get("/v2.0/agents?host=h1&agent_type=Open%20vSwitch%20agent")
            .await?;
        assert_eq!(shown["agents"][0]["alive"], false, "{shown}");
        // Changes that it cannot hear of now.
        let c = settle(region, "c", 2, &net, json!({})).await?;
        change(region, &b, json!({ "admin_state_up": false })).await?;
        lab.signal(Role::Agent(1), Signal::SIGCONT)?;
        region.wait_for_agents(2).await?;
        caught_up(region, 1, &net).await?;
        lab.first_answer("a", c.ip, LONG).await?;
        let gone = flows(lab, 1).await?;
        assert!(!gone.mention(&b.mac.to_string()), "{gone:#?}");
        reach(lab, "c", a.ip, 20).await?;
        assert_eq!(metric(region, "alcor_delivery_snapshots_total").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_agent_mends_what_others_did_to_its_switch() -> anyhow::Result<()> {
    without_agents(1, async |region| {
        let lab = region.lab();
        let often = ["--datapath=netdev", "--audit-seconds=1"];
        lab.start_agent(1, binary(), often).await?;
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 1, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let right = flows(lab, 1).await?;

        lab.ofctl(1, ["del-flows", "br-int"], "").await?;
        flows_are(lab, 1, &right).await?;
        let foreign = "priority=7777,ip,actions=NORMAL";
        lab.ofctl(1, ["add-flow", "br-int", foreign], "").await?;
        flows_are(lab, 1, &right).await?;
        reach(lab, "a", b.ip, 20).await?;
        Ok(())
    })
    .await
}
