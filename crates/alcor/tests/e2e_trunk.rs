//! Trunks: one interface of a VM carries its own port and others, each with its tag, and each of them
//! is a port as any.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Role;
use serde_json::json;
use stage::trunks::{Trunk, Vlan, lease, unbound};
use stage::{
    LONG, Rule, assert_untouched, at, caught_up, change, flows, flows_are, group, misses, on_hosts,
    port, reach, router, run, set_groups, settle, settle_behind, steady_ping, until,
};

const RED: u16 = 100;
const BLUE: u16 = 200;

/// Networks `base`, `red` and `blue` with a router over them; `near` and `far` are in `red`, `sky` is
/// in `blue`, `plain` in `base`.
struct Place {
    base: Segment,
    red: Segment,
    blue: Segment,
    near: PortInfo,
    far: PortInfo,
    sky: PortInfo,
    plain: PortInfo,
}

impl Place {
    async fn make(region: &Scenario) -> anyhow::Result<Self> {
        let base = region.segment("base", "10.1.0.0/24").await?;
        let red = region.segment("red", "10.2.0.0/24").await?;
        let blue = region.segment("blue", "10.3.0.0/24").await?;
        router(region, &[&base, &red, &blue]).await?;
        let vm =
            async |name, host, on, ip| settle_behind(region, name, host, on, (ip, at(ip))).await;
        Ok(Self {
            near: vm("near", 1, &red, "10.2.0.21").await?,
            far: vm("far", 2, &red, "10.2.0.22").await?,
            sky: vm("sky", 3, &blue, "10.3.0.23").await?,
            plain: vm("plain", 2, &base, "10.1.0.24").await?,
            base,
            red,
            blue,
        })
    }
}

/// `vm` on host 1: its own port in `base`, and one in `red`.
struct Vm {
    trunk: Trunk,
    own: PortInfo,
    red: PortInfo,
    _vlan: Vlan,
}

impl Vm {
    async fn boot(region: &Scenario, place: &Place) -> anyhow::Result<Self> {
        let lab = region.lab();
        let own = unbound(region, &place.base, at("10.1.0.11")).await?;
        let red = unbound(region, &place.red, at("10.2.0.11")).await?;
        let trunk = Trunk::make(region, &own, &[(&red, RED)]).await?;
        let host = lab.host_id(1);
        change(region, &own, json!({ "binding:host_id": host })).await?;
        region.plug("vm", 1, &own).await?;
        for one in [&own, &red] {
            region.wait_for_status(one.id, "ACTIVE").await?;
        }
        stage::configure(region, "vm", &own).await?;
        let vlan = Vlan::make(region, "vm", &red, RED).await?;
        assert_eq!(
            lease(region, "vm", "vlan100").await?,
            "10.2.0.11 10.2.0.1 1450"
        );
        run(lab, "vm", "ip address add 10.2.0.11/24 dev vlan100").await?;
        let shown = port(region, &red).await?;
        assert_eq!(shown["device_owner"], "trunk:subport");
        assert_eq!(shown["binding:host_id"], host);
        Ok(Self {
            trunk,
            own,
            red,
            _vlan: vlan,
        })
    }
}

#[tokio::test]
async fn a_vms_interface_carries_several_ports() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let place = Place::make(region).await?;
        let before = flows(lab, 1).await?;
        let vm = Vm::boot(region, &place).await?;
        for (from, to) in [
            ("vm", &place.near),
            ("vm", &place.far),
            ("vm", &place.plain),
            ("near", &vm.red),
            ("far", &vm.red),
            ("plain", &vm.own),
        ] {
            lab.first_answer(from, to.ip, LONG).await?;
            reach(lab, from, to.ip, 5).await?;
        }
        lies_are_dropped(region, &place, &vm).await?;
        groups_are_asked(region, &vm).await?;
        let (others, _vlan) = another_joins(region, &place, &vm).await?;
        an_agent_may_end(region, &place, &vm).await?;
        all_go_again(region, (&vm, &others)).await?;
        flows_are(lab, 1, &before).await?;
        let ids = lab
            .vsctl(1, ["get", "bridge", "br-int", "external_ids"])
            .await?;
        assert!(!ids.contains("sub-port"), "{ids}");
        Ok(())
    })
    .await
}

/// A tag that is no port's, and an address that is not the port's.
async fn lies_are_dropped(region: &Scenario, place: &Place, vm: &Vm) -> anyhow::Result<()> {
    let lab = region.lab();
    let near = place.near.ip;
    let other = Vlan::make(region, "vm", &vm.red, 300).await?;
    run(
        lab,
        "vm",
        &format!("ip route add {near}/32 dev vlan300 src 10.2.0.11"),
    )
    .await?;
    assert!(misses(lab, "vm", near).await?, "by another tag");
    drop(other);
    reach(lab, "vm", near, 3).await?;
    run(lab, "vm", "ip address add 10.2.0.99/24 dev vlan100").await?;
    run(
        lab,
        "vm",
        &format!("ip route add {near}/32 dev vlan100 src 10.2.0.99"),
    )
    .await?;
    assert!(misses(lab, "vm", near).await?, "from another address");
    run(lab, "vm", &format!("ip route delete {near}/32")).await?;
    run(lab, "vm", "ip address delete 10.2.0.99/24 dev vlan100").await?;
    reach(lab, "vm", near, 3).await
}

/// The sub-port's groups say what it gets; those of its parent do not.
async fn groups_are_asked(region: &Scenario, vm: &Vm) -> anyhow::Result<()> {
    let lab = region.lab();
    let closed = group(region, json!({ "name": "closed" })).await?;
    let open = port(region, &vm.red).await?["security_groups"].clone();
    set_groups(region, &vm.red, &[&closed]).await?;
    until("nothing comes in", async || {
        misses(lab, "near", vm.red.ip).await
    })
    .await?;
    reach(lab, "plain", vm.own.ip, 3).await?;
    let rule = Rule::make(region, &closed, json!({ "protocol": "icmp" })).await?;
    lab.first_answer("near", vm.red.ip, LONG).await?;
    rule.remove(region).await?;
    until("nothing comes in", async || {
        misses(lab, "far", vm.red.ip).await
    })
    .await?;
    change(region, &vm.red, json!({ "security_groups": open })).await?;
    lab.first_answer("far", vm.red.ip, LONG).await?;
    Ok(())
}

/// A second sub-port, while the VM runs; its interface is given to a container.
async fn another_joins(
    region: &Scenario,
    place: &Place,
    vm: &Vm,
) -> anyhow::Result<([PortInfo; 2], Vlan)> {
    let lab = region.lab();
    let blue = unbound(region, &place.blue, at("10.3.0.11")).await?;
    vm.trunk.add(region, &blue, BLUE).await?;
    region.wait_for_status(blue.id, "ACTIVE").await?;
    let other = settle(region, "pod", 1, &place.base, at("10.1.0.12")).await?;
    let vlan = Vlan::make(region, "vm", &blue, BLUE).await?;
    let pod = lab.namespace("pod")?;
    run(lab, "vm", &format!("ip link set vlan200 netns {pod}")).await?;
    for line in [
        "ip link set vlan200 up",
        "ip address add 10.3.0.11/24 dev vlan200",
        "ip address flush dev eth0",
        "ip route add default via 10.3.0.1",
    ] {
        run(lab, "pod", line).await?;
    }
    lab.first_answer("pod", place.sky.ip, LONG).await?;
    reach(lab, "sky", blue.ip, 5).await?;
    // Through the router to another host, to this one, and back into the interface it came from.
    reach(lab, "pod", place.far.ip, 5).await?;
    reach(lab, "pod", place.near.ip, 5).await?;
    run(
        lab,
        "vm",
        "ip route add 10.3.0.0/24 via 10.2.0.1 dev vlan100",
    )
    .await?;
    reach(lab, "pod", vm.red.ip, 5).await?;
    reach(lab, "vm", blue.ip, 5).await?;
    run(
        lab,
        "vm",
        "ip route replace 10.3.0.0/24 via 10.1.0.1 dev eth0",
    )
    .await?;
    reach(lab, "pod", vm.own.ip, 5).await?;
    reach(lab, "vm", blue.ip, 5).await?;
    Ok(([blue, other], vlan))
}

/// What flows goes on flowing.
async fn an_agent_may_end(region: &Scenario, place: &Place, vm: &Vm) -> anyhow::Result<()> {
    let lab = region.lab();
    let before = flows(lab, 1).await?;
    let ping = steady_ping(lab, "far", vm.red.ip).await?;
    lab.kill(Role::Agent(1)).await?;
    lab.start(Role::Agent(1)).await?;
    caught_up(region, 1, &place.red).await?;
    let report = ping.stop().await?;
    assert!(report.complete(), "{report:?}");
    assert_untouched(&before, &flows(lab, 1).await?);
    assert_eq!(
        lease(region, "vm", "vlan100").await?,
        "10.2.0.11 10.2.0.1 1450"
    );
    Ok(())
}

/// One sub-port after the other, and then the VM.
async fn all_go_again(
    region: &Scenario,
    (vm, [blue, pod]): (&Vm, &[PortInfo; 2]),
) -> anyhow::Result<()> {
    let (lab, rest) = (region.lab(), region.rest());
    vm.trunk.remove(region, &vm.red).await?;
    until("the sub-port is gone", async || {
        misses(lab, "far", vm.red.ip).await
    })
    .await?;
    region.wait_for_status(vm.red.id, "DOWN").await?;
    reach(lab, "sky", blue.ip, 3).await?;
    // Its VM goes, and the other one with it.
    lab.unplug_vm("vm").await?;
    region.wait_for_status(blue.id, "DOWN").await?;
    lab.replug_vm("vm").await?;
    region.wait_for_status(blue.id, "ACTIVE").await?;
    lab.first_answer("sky", blue.ip, LONG).await?;
    lab.remove_vm("pod").await?;
    lab.remove_vm("vm").await?;
    change(region, &vm.own, json!({ "binding:host_id": "" })).await?;
    rest.delete(&format!("/v2.0/trunks/{}", vm.trunk.0)).await?;
    for port in [&vm.own, &vm.red, blue, pod] {
        rest.delete(&format!("/v2.0/ports/{}", port.id)).await?;
    }
    Ok(())
}
