//! Who hears whom: inside a network everybody, on one host and across hosts, by every kind of
//! frame; between networks nobody.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::PingRequest;
use serde_json::json;
use stage::{
    LONG, at, change, misses, on_hosts, quick_ping, reach, received, run, settle, tcp_passes, until,
};

/// Frames sent to see who gets them. What VMs send unasked meanwhile (router solicitations
/// and the like) is far less than half of that.
const MANY: u32 = 100;

/// Two networks of the same addresses: `a` and `c` on host 1, `b` on host 2 in one of them,
/// `other-b` on host 2 in the other, which host 3 has a member of as well.
async fn two_networks(region: &Scenario) -> anyhow::Result<(Segment, [PortInfo; 3])> {
    let red = region.segment("red", "10.0.0.0/24").await?;
    let blue = region.segment("blue", "10.0.0.0/24").await?;
    let a = settle(region, "a", 1, &red, at("10.0.0.11")).await?;
    let b = settle(region, "b", 2, &red, at("10.0.0.12")).await?;
    let c = settle(region, "c", 1, &red, at("10.0.0.13")).await?;
    settle(region, "other-b", 2, &blue, at("10.0.0.12")).await?;
    settle(region, "other-d", 3, &blue, at("10.0.0.14")).await?;
    Ok((red, [a, b, c]))
}

#[tokio::test]
async fn frames_reach_members_of_the_network_and_nobody_else() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let (_, [_, b, c]) = two_networks(region).await?;
        unicast_stays_in_its_network(region, &b, &c).await?;
        broadcast_goes_to_members_only(region).await?;
        unknown_unicast_is_dropped(region).await?;
        Ok(())
    })
    .await
}

async fn unicast_stays_in_its_network(
    region: &Scenario,
    b: &PortInfo,
    c: &PortInfo,
) -> anyhow::Result<()> {
    let lab = region.lab();
    lab.first_answer("a", b.ip, LONG).await?;
    let before = region.echo_requests("b").await?;
    reach(lab, "a", b.ip, 10).await?;
    reach(lab, "a", c.ip, 10).await?;
    assert!(region.echo_requests("b").await? >= before + 10);
    assert_eq!(region.echo_requests("other-b").await?, 0);
    // The other network has a member of this address, ours has not.
    let foreign = "10.0.0.14".parse()?;
    assert!(misses(lab, "a", foreign).await?);
    assert_eq!(region.echo_requests("other-d").await?, 0);
    Ok(())
}

async fn broadcast_goes_to_members_only(region: &Scenario) -> anyhow::Result<()> {
    let lab = region.lab();
    for target in ["10.0.0.255", "224.0.0.1"] {
        let (b, c) = (
            region.echo_requests("b").await?,
            region.echo_requests("c").await?,
        );
        let idle = received(lab, 3, "alcor-vxlan").await?;
        let line = format!("ping -b -q -I eth0 -i 0.002 -W 1 -c {MANY} {target}");
        // Nobody answers a broadcast, so that ping reports failure.
        lab.exec("a", line.split(' '), LONG).await?;
        let sent = u64::from(MANY);
        until("all members have heard it", async || {
            let heard = (
                region.echo_requests("b").await?,
                region.echo_requests("c").await?,
            );
            anyhow::Ok(heard == (b + sent, c + sent))
        })
        .await?;
        assert_eq!(region.echo_requests("other-b").await?, 0, "{target}");
        let idle = received(lab, 3, "alcor-vxlan").await? - idle;
        assert!(idle < sent / 2, "{target}: host 3 got {idle} frames");
    }
    Ok(())
}

async fn unknown_unicast_is_dropped(region: &Scenario) -> anyhow::Result<()> {
    let lab = region.lab();
    let line = "ip neigh replace 10.0.0.99 lladdr 02:00:00:00:00:99 dev eth0";
    run(lab, "a", line).await?;
    let before = [
        received(lab, 2, "alcor-vxlan").await?,
        received(lab, 3, "alcor-vxlan").await?,
        heard(region, "c").await?,
    ];
    let report = quick_ping(lab, "a", "10.0.0.99".parse()?, MANY).await?;
    assert_eq!(report.received, 0);
    let after = [
        received(lab, 2, "alcor-vxlan").await?,
        received(lab, 3, "alcor-vxlan").await?,
        heard(region, "c").await?,
    ];
    for (before, after) in before.into_iter().zip(after) {
        assert!(after - before < u64::from(MANY) / 2, "{before} -> {after}");
    }
    Ok(())
}

/// Frames that a VM's interface has taken in, whomever they were for.
async fn heard(region: &Scenario, vm: &str) -> anyhow::Result<u64> {
    let line = "cat /sys/class/net/eth0/statistics/rx_packets";
    // `ip netns exec` mounts the namespace's own /sys.
    Ok(run(region.lab(), vm, line).await?.trim().parse()?)
}

#[tokio::test]
async fn big_frames_tcp_and_ipv6_pass_between_hosts() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        let six = json!({ "subnet": {
            "network_id": net.network.to_string(), "ip_version": 6, "cidr": "2001:db8::/64",
        }});
        let six = region.rest().post("/v2.0/subnets", &six).await?;
        let both = |four: &str, six_ip: &str| {
            json!({ "fixed_ips": [
                { "ip_address": four },
                { "subnet_id": six["subnet"]["id"], "ip_address": six_ip },
            ]})
        };
        settle(region, "a", 1, &net, both("10.0.0.11", "2001:db8::11")).await?;
        let b = settle(region, "b", 2, &net, both("10.0.0.12", "2001:db8::12")).await?;
        lab.first_answer("a", b.ip, LONG).await?;

        a_full_size_frame_passes(region, &b).await?;
        tcp_passes(lab, "a", ("b", b.ip)).await?;
        allow_link_local(region, &b).await?;
        neighbour_discovery_works(region).await
    })
    .await
}

async fn a_full_size_frame_passes(region: &Scenario, to: &PortInfo) -> anyhow::Result<()> {
    let request = PingRequest {
        payload: 1450 - 28,
        dont_fragment: true,
        ..PingRequest::to(to.ip)
    };
    let report = region.lab().ping("a", request).await?;
    assert!(report.complete(), "{report:?}");
    Ok(())
}

/// A group's members are its fixed addresses; link-local ones need a rule of their own.
async fn allow_link_local(region: &Scenario, of: &PortInfo) -> anyhow::Result<()> {
    let shown = stage::port(region, of).await?;
    let rule = json!({ "security_group_rule": {
        "security_group_id": shown["security_groups"][0],
        "direction": "ingress", "ethertype": "IPv6", "protocol": "ipv6-icmp",
        "remote_ip_prefix": "fe80::/10",
    }});
    let rules = "/v2.0/security-group-rules";
    region.rest().post(rules, &rule).await.map(drop)
}

async fn neighbour_discovery_works(region: &Scenario) -> anyhow::Result<()> {
    let lab = region.lab();
    for (vm, last) in [("a", "11"), ("b", "12")] {
        let address = format!("2001:db8::{last}/64").parse()?;
        lab.address(vm, address).await?;
        let line = format!("ip address replace fe80::{last}/64 dev eth0 nodad");
        run(lab, vm, &line).await?;
    }
    for target in ["2001:db8::12", "fe80::12%eth0"] {
        run(lab, "a", &format!("ping -6 -c 3 -i 0.1 -w 10 {target}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_switched_off_is_silent_until_it_is_on_again() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        let a = settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let c = settle(region, "c", 1, &net, json!({})).await?;
        for (off, to) in [(&b, &b), (&a, &b), (&c, &c)] {
            change(region, off, json!({ "admin_state_up": false })).await?;
            let shown = stage::port(region, off).await?;
            assert_eq!(shown["status"], "DOWN", "{shown}");
            until("nobody answers", async || misses(lab, "a", to.ip).await).await?;
            change(region, off, json!({ "admin_state_up": true })).await?;
            region.wait_for_status(off.id, "ACTIVE").await?;
            if off.id == c.id {
                // ACTIVE is the word of the port's own host: no need to try again.
                reach(lab, "a", to.ip, 3).await?;
            }
            lab.first_answer("a", to.ip, LONG).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_network_that_is_switched_off_is_silent_until_it_is_on_again() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 1, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let path = format!("/v2.0/networks/{}", net.network);
        let up = |up: bool| json!({ "network": { "admin_state_up": up } });
        region.rest().put(&path, &up(false)).await?;
        until("nobody answers", async || misses(lab, "a", b.ip).await).await?;
        region.rest().put(&path, &up(true)).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        Ok(())
    })
    .await
}
