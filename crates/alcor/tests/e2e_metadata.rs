//! Instance metadata: every VM asks at one address and is known by its port.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, Role};
use serde_json::{Value, json};
use stage::trunks::{Trunk, Vlan, unbound};
use stage::{
    LONG, Peer, at, binary, change, router, run, set_groups, settle, until, without_agents,
};

const SECRET: &str = "the two share it";
const URL: &str = "http://169.254.169.254";
const URL6: &str = "http://[fe80::a9fe:a9fe%eth0]";

/// A region whose agents ask this Nova.
async fn region_with(
    hosts: u16,
    nova: u16,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let url = format!("http://127.0.0.1:{nova}");
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), format!("{SECRET}\n"))?;
    let path = file.path().display().to_string();
    without_agents(hosts, async |region| {
        for host in 1..=hosts {
            let flags = [
                ["--datapath", "netdev"],
                ["--metadata-url", &url],
                ["--metadata-secret-file", &path],
            ];
            let flags = flags.concat();
            region.lab().start_agent(host, binary(), flags).await?;
        }
        region.wait_for_agents(hosts.into()).await?;
        region.underlay_learnt().await?;
        test(region).await
    })
    .await
}

/// An instance with the first address that all tenants have, and a default route.
async fn instance(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    project: &str,
) -> anyhow::Result<PortInfo> {
    let port = json!({
        "device_id": format!("instance-{vm}"),
        "device_owner": "compute:nova",
        "project_id": project,
        "fixed_ips": [{ "ip_address": "10.0.0.5" }],
    });
    let port = settle(region, vm, host, on, port).await?;
    run(region.lab(), vm, "ip route add default via 10.0.0.1").await?;
    Ok(port)
}

/// What Nova tells a VM of itself.
async fn who(region: &Scenario, vm: &str, url: &str, more: &[&str]) -> anyhow::Result<Value> {
    let url = format!("{url}/latest/who?x=1");
    let words = ["curl", "-gsS", "--max-time", "50", &url];
    let output = region
        .lab()
        .exec(vm, words.iter().chain(more).copied(), LONG)
        .await?;
    anyhow::ensure!(output.success(), "{vm}: {output:?}");
    serde_json::from_str(&output.stdout).map_err(|error| anyhow::anyhow!("{error}: {output:?}"))
}

fn check(told: &Value, vm: &str, project: &str) {
    assert_eq!(told["x-instance-id"], format!("instance-{vm}"), "{told}");
    assert_eq!(told["x-tenant-id"], project, "{told}");
    assert_eq!(told["x-forwarded-for"], "10.0.0.5", "{told}");
    assert_eq!(told["path"], "/latest/who?x=1", "{told}");
}

#[tokio::test]
async fn every_vm_is_known_by_its_port() -> anyhow::Result<()> {
    let nova = Peer::nova(SECRET, None)?;
    region_with(3, nova.port, async |region| {
        let lab = region.lab();
        let red = region.segment("red", "10.0.0.0/24").await?;
        let blue = region.segment("blue", "10.0.0.0/24").await?;
        let port = instance(region, "r1", 1, &red, "red").await?;
        instance(region, "b1", 1, &blue, "blue").await?;
        let both = [("r1", "red"), ("b1", "blue")];
        for (vm, project) in both {
            check(&who(region, vm, URL, &[]).await?, vm, project);
            link_local(region, vm).await?;
            check(&who(region, vm, URL6, &[]).await?, vm, project);
            // As a neighbour, not by the gateway.
            run(lab, vm, "ip route add 169.254.169.254 dev eth0").await?;
            check(&who(region, vm, URL, &[]).await?, vm, project);
            run(lab, vm, "ip route del 169.254.169.254 dev eth0").await?;
        }
        what_a_vm_says_of_itself_does_not_count(region).await?;
        set_groups(region, &port, &[]).await?;
        stage::caught_up(region, 1, &red).await?;
        check(&who(region, "r1", URL, &[]).await?, "r1", "red");
        router(region, &[&red]).await?;
        stage::caught_up(region, 1, &red).await?;
        run(lab, "r1", "ip neighbour flush dev eth0").await?;
        check(&who(region, "r1", URL, &[]).await?, "r1", "red");
        lab.restart(Role::Agent(1)).await?;
        region.wait_for_agents(3).await?;
        for (vm, project) in both {
            check(
                &who(region, vm, URL, &["--retry", "9", "--retry-all-errors"]).await?,
                vm,
                project,
            );
        }
        a_false_source_gets_nothing(region).await
    })
    .await
}

async fn link_local(region: &Scenario, vm: &str) -> anyhow::Result<()> {
    until("the VM has a link-local address", async || {
        let line = "ip -6 address show dev eth0 scope link -tentative";
        anyhow::Ok(run(region.lab(), vm, line).await?.contains("fe80::"))
    })
    .await
}

async fn what_a_vm_says_of_itself_does_not_count(region: &Scenario) -> anyhow::Result<()> {
    let lies = [
        "-H",
        "X-Instance-ID: instance-b1",
        "-H",
        "X_Instance_ID: instance-b1",
        "-H",
        "X-Tenant-ID: blue",
        "-H",
        "X-Forwarded-For: 10.0.0.9",
        "-H",
        "Connection: X-Instance-ID",
    ];
    let told = who(region, "r1", URL, &lies).await?;
    check(&told, "r1", "red");
    assert!(told["x_instance_id"].is_null(), "{told}");
    let line = format!("curl -sS -o /dev/null -w %{{http_code}} --path-as-is {URL}/a/../b");
    assert_eq!(run(region.lab(), "r1", &line).await?, "400");
    Ok(())
}

async fn a_false_source_gets_nothing(region: &Scenario) -> anyhow::Result<()> {
    run(region.lab(), "r1", "ip address add 10.0.0.99/24 dev eth0").await?;
    let line = format!("curl -sS --max-time 3 --interface 10.0.0.99 {URL}/");
    let output = region.lab().exec("r1", line.split(' '), LONG).await?;
    assert_eq!(output.status, Some(28), "{output:?}");
    Ok(())
}

#[tokio::test]
async fn long_answers_and_many_at_once_arrive_whole() -> anyhow::Result<()> {
    let nova = Peer::nova(SECRET, None)?;
    region_with(1, nova.port, async |region| {
        let lab = region.lab();
        let mut vms = Vec::new();
        for number in 0..4 {
            let vm = format!("v{number}");
            let net = region.segment(&vm, "10.0.0.0/24").await?;
            instance(region, &vm, 1, &net, "red").await?;
            vms.push(vm);
        }
        let big = format!("curl -sS --max-time 50 {URL}/big -o /dev/stdout");
        let sum = format!("{big} | sha256sum");
        let asked = (0..20).map(|number| {
            let words = ["sh", "-c", &sum].map(str::to_owned);
            lab.exec(&vms[number % 4], words, LONG)
        });
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| (at * 7 % 251) as u8).collect();
        let expected = sha256(&bytes)?;
        for output in futures::future::join_all(asked).await {
            let output = output?;
            assert!(output.stdout.starts_with(&expected), "{output:?}");
        }
        let post = format!("head -c 50000 /dev/zero | curl -sS --data-binary @- {URL}/password");
        let output = lab.exec("v0", ["sh", "-c", &post], LONG).await?;
        assert_eq!(output.stdout, "50000 bytes", "{output:?}");
        let post = post.replace("50000", "70000") + " -o /dev/null -w %{http_code}";
        let output = lab.exec("v0", ["sh", "-c", &post], LONG).await?;
        assert_eq!(output.stdout, "413", "{output:?}");
        Ok(())
    })
    .await
}

fn sha256(bytes: &[u8]) -> anyhow::Result<String> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), bytes)?;
    let output = std::process::Command::new("sha256sum")
        .arg(file.path())
        .output()?;
    Ok(String::from_utf8(output.stdout)?[..64].to_owned())
}

#[tokio::test]
async fn without_nova_vms_hear_so_at_once() -> anyhow::Result<()> {
    let nova = Peer::nova(SECRET, None)?;
    let port = nova.port;
    region_with(1, nova.port, async |region| {
        let lab = region.lab();
        let net = region.segment("red", "10.0.0.0/24").await?;
        instance(region, "r1", 1, &net, "red").await?;
        check(&who(region, "r1", URL, &[]).await?, "r1", "red");
        drop(nova);
        let code = format!("curl -sS --max-time 50 -o /dev/null -w %{{http_code}} {URL}/");
        assert_eq!(run(lab, "r1", &code).await?, "503");
        let _again = Peer::nova(SECRET, Some(port))?;
        check(&who(region, "r1", URL, &[]).await?, "r1", "red");
        let plain = settle(region, "r2", 1, &net, json!({})).await?;
        run(lab, "r2", "ip route add default via 10.0.0.1").await?;
        let told = run(lab, "r2", &code).await?;
        assert_eq!(told, "404", "{} is no instance's", plain.id);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_agent_that_serves_none_refuses() -> anyhow::Result<()> {
    stage::on_hosts(1, async |region| {
        let net = region.segment("red", "10.0.0.0/24").await?;
        instance(region, "r1", 1, &net, "red").await?;
        let line = format!("curl -sS --max-time 50 {URL}/");
        let output = region.lab().exec("r1", line.split(' '), LONG).await?;
        assert_eq!(output.status, Some(7), "{output:?}");
        let (_, lease) = region.boot("r2", 1, &net, Client::Udhcpc).await?;
        assert!(lease.routes.is_empty(), "{lease:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dhcp_tells_the_way_where_no_router_is() -> anyhow::Result<()> {
    let nova = Peer::nova(SECRET, None)?;
    region_with(1, nova.port, async |region| {
        let net = region.segment("red", "10.0.0.0/24").await?;
        let (_, lease) = region.boot("r1", 1, &net, Client::Udhcpc).await?;
        let ways = |lease: &alcor_lab::Lease| {
            let ways = lease
                .routes
                .iter()
                .filter(|route| route.to.to_string() == "169.254.169.254/32");
            ways.map(|route| route.via.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ways(&lease), ["10.0.0.1"], "{lease:?}");
        router(region, &[&net]).await?;
        stage::caught_up(region, 1, &net).await?;
        let lease = region.lab().dhcp_renew("r1", LONG).await?;
        assert!(ways(&lease).is_empty(), "{lease:?}");
        assert_eq!(lease.router.unwrap().to_string(), "10.0.0.1");
        Ok(())
    })
    .await
}

/// A sub-port of a trunk asks as any port does; its instance is that of the trunk's own port.
#[tokio::test]
async fn a_vm_is_known_by_what_its_interface_carries() -> anyhow::Result<()> {
    let nova = Peer::nova(SECRET, None)?;
    region_with(1, nova.port, async |region| {
        let base = region.segment("base", "10.1.0.0/24").await?;
        let red = region.segment("red", "10.0.0.0/24").await?;
        let device = json!({ "device_id": "instance-vm", "device_owner": "compute:nova" });
        let own = unbound(region, &base, device).await?;
        let mut carried = at("10.0.0.5");
        carried["project_id"] = json!("red");
        let carried = unbound(region, &red, carried).await?;
        Trunk::make(region, &own, &[(&carried, 100)]).await?;
        let host = region.lab().host_id(1);
        change(region, &own, json!({ "binding:host_id": host })).await?;
        region.plug("vm", 1, &own).await?;
        region.wait_for_status(carried.id, "ACTIVE").await?;
        run(region.lab(), "vm", "ip link set eth0 mtu 1450 up").await?;
        let _vlan = Vlan::make(region, "vm", &carried, 100).await?;
        for line in [
            "ip address add 10.0.0.5/24 dev vlan100",
            "ip route add 169.254.169.254 dev vlan100",
        ] {
            run(region.lab(), "vm", line).await?;
        }
        check(&who(region, "vm", URL, &[]).await?, "vm", "red");
        Ok(())
    })
    .await
}
