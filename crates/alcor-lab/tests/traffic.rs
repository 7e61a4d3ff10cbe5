//! Packets between VMs of two hosts, over a real switch with flows that the test writes:
//! the lab must carry them, and must break and mend as told. Needs root and Open vSwitch.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use alcor_lab::{Client, Echo, Guard, Lab, PingReport, PingRequest, Role, Settings, VmSpec};
use alcor_types::MacAddr;
use ipnet::IpNet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(20);

async fn lab(hosts: u16) -> Guard {
    Lab::up(Settings::hosts(hosts)).await.unwrap().guard()
}

/// Makes br-int and its tunnel port, as the agent would.
async fn make_bridge(lab: &Lab, host: u16) {
    let args = format!(
        "add-br br-int -- set Bridge br-int datapath_type=netdev fail_mode=secure \
         -- add-port br-int vxlan0 -- set Interface vxlan0 type=vxlan ofport_request=100 \
         options:remote_ip=flow options:key=flow options:local_ip={}",
        lab.tunnel_ip(host)
    );
    lab.vsctl(host, args.split_whitespace()).await.unwrap();
}

async fn add_vm(lab: &Lab, name: &str, host: u16, last: u8) {
    let mac = MacAddr([2, 0, 0, 0, 0, last]);
    let spec = VmSpec::new(name, host, Uuid::new_v4().into(), mac).unwrap();
    lab.add_vm(spec).await.unwrap();
}

async fn add_vm_with_address(lab: &Lab, name: &str, host: u16, last: u8) {
    add_vm(lab, name, host, last).await;
    let cidr: IpNet = format!("10.0.0.{last}/24").parse().unwrap();
    lab.address(name, cidr).await.unwrap();
}

/// Ties the VM's port to the tunnel of the other host.
async fn tie(lab: &Lab, host: u16, vm: &str, peer: u16) {
    let tap = format!("tap{vm}");
    let get = ["get", "Interface", &tap, "ofport"];
    let port = lab.vsctl(host, get).await.unwrap();
    let (port, peer) = (port.trim(), lab.tunnel_ip(peer));
    let flows = format!(
        "in_port=100,actions=output:{port}\n\
         in_port={port},actions=set_field:7->tun_id,set_field:{peer}->tun_dst,output:100\n"
    );
    let add = ["--bundle", "replace-flows", "br-int", "-"];
    lab.ofctl(host, add, &flows).await.unwrap();
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

async fn ping(lab: &Lab, from: &str, to: u8) -> PingReport {
    lab.ping(from, PingRequest::to(address(to))).await.unwrap()
}

/// Two hosts with one VM each, tied together, whose first packet has arrived.
async fn pair() -> Guard {
    let lab = lab(2).await;
    for (host, name, peer) in [(1, "a", 2), (2, "b", 1)] {
        make_bridge(&lab, host).await;
        add_vm_with_address(&lab, name, host, u8::try_from(host).unwrap()).await;
        tie(&lab, host, name, peer).await;
    }
    lab.first_answer("a", address(2), LONG).await.unwrap();
    lab
}

#[tokio::test]
async fn vms_of_two_hosts_reach_each_other_over_vxlan() {
    let lab = pair().await;
    let report = ping(&lab, "a", 2).await;
    assert!(report.complete(), "{report:?}");
    assert_eq!((report.sent, report.rtts.len()), (3, 3));
    let full = PingRequest {
        payload: 1472,
        dont_fragment: true,
        ..PingRequest::to(address(1))
    };
    let report = lab.ping("b", full).await.unwrap();
    assert!(
        report.complete(),
        "a full frame must fit the underlay: {report:?}"
    );
    let nobody = ping(&lab, "a", 77).await;
    assert_eq!((nobody.received, nobody.complete()), (0, false));
    let dump = ["dump-ports", "br-int", "100"];
    let counters = lab.ofctl(1, dump, "").await.unwrap();
    assert!(
        !counters.contains("rx pkts=0,"),
        "the tunnel carried nothing: {counters}"
    );
}

fn echo(from: &str, last: u8) -> Echo {
    let (from, to) = (from.to_owned(), Ipv4Addr::new(10, 0, 0, last));
    Echo { from, to }
}

#[tokio::test]
async fn many_echo_requests_at_once_are_told_apart() {
    let lab = pair().await;
    let echoes = [echo("a", 2), echo("b", 1), echo("a", 77), echo("a", 2)];
    let deadline = Duration::from_millis(500);
    let told = lab.echo(&echoes, deadline).await.unwrap();
    let answered: Vec<_> = told.iter().map(|echoed| echoed.took.is_some()).collect();
    assert_eq!(answered, [true, true, false, true], "{told:?}");
    let took = told.iter().filter_map(|echoed| echoed.took);
    assert!(
        took.clone()
            .all(|took| took > Duration::ZERO && took < deadline)
    );
    assert!(told.is_sorted_by_key(|echoed| echoed.sent), "{told:?}");
}

#[tokio::test]
async fn frames_for_hosts_outside_the_lab_come_to_where_their_tunnels_end() {
    let lab = pair().await;
    lab.lead_beyond("100.64.0.0/10".parse().unwrap())
        .await
        .unwrap();
    let (far, other) = (MacAddr([2, 0, 0, 0, 9, 9]), MacAddr([2, 0, 0, 0, 9, 8]));
    let tap = ["get", "Interface", "tapa", "ofport"];
    let port = lab.vsctl(1, tap).await.unwrap();
    let flow = format!(
        "in_port={},actions=set_field:7->tun_id,set_field:100.65.0.3->tun_dst,output:100\n",
        port.trim()
    );
    let add = ["--bundle", "replace-flows", "br-int", "-"];
    lab.ofctl(1, add, &flow).await.unwrap();
    let known = format!("ip neigh replace 10.0.0.99 lladdr {far} dev eth0");
    lab.exec("a", known.split(' '), LONG).await.unwrap();
    let beyond = lab.beyond().await.unwrap();
    let (echoes, macs, long) = ([echo("a", 99)], [far, other], Duration::from_secs(1));
    let (sent, came) = tokio::join!(lab.echo(&echoes, long), beyond.frames_to(&macs, long));
    let (sent, came) = (sent.unwrap(), came.unwrap());
    assert_eq!(came.len(), 1, "nobody sent to {other}: {came:?}");
    let frame = came[&far];
    assert_eq!(
        (frame.host_ip, frame.vni),
        (Ipv4Addr::new(100, 65, 0, 3), 7)
    );
    assert!(frame.at >= sent[0].sent && sent[0].took.is_none());
}

#[tokio::test]
async fn hosts_that_are_announced_know_each_other() {
    let lab = lab(3).await;
    for host in 1..=3 {
        make_bridge(&lab, host).await;
    }
    lab.announce_hosts().await.unwrap();
    for (host, peer) in [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)] {
        let knows = async {
            let peer = format!("{} ", lab.tunnel_ip(peer));
            let show = || lab.appctl(host, ["tnl/neigh/show"]);
            while !show().await.unwrap().contains(&peer) {}
        };
        let in_time = tokio::time::timeout(LONG, knows).await;
        assert!(in_time.is_ok(), "host {host} does not know host {peer}");
    }
}

#[tokio::test]
async fn tcp_passes_between_hosts_too() {
    let lab = pair().await;
    let serve = ["busybox", "nc", "-l", "-p", "5000", "-e", "echo", "hello"];
    let mut server = lab.command("b", serve).unwrap().spawn().unwrap();
    let listening = || async {
        let out = lab.exec("b", ["ss", "-ltnH"], LONG).await.unwrap();
        out.stdout.contains(":5000")
    };
    while !listening().await {}
    let ask = ["busybox", "nc", "-w", "5", "10.0.0.2", "5000"];
    let heard = lab.exec("a", ask, LONG).await.unwrap();
    assert_eq!(heard.stdout, "hello\n", "{heard:?}");
    server.wait().unwrap();
}

#[tokio::test]
async fn a_killed_switch_loses_its_flows_and_keeps_its_ports() {
    let lab = pair().await;
    let request = PingRequest {
        count: None,
        interval: Duration::from_millis(20),
        ..PingRequest::to(address(2))
    };
    let mut running = lab.spawn_ping("a", request).unwrap();
    running.answered(3, LONG).await.unwrap();
    let before = lab.pid(Role::Vswitchd(2)).unwrap();
    lab.kill(Role::Vswitchd(2)).await.unwrap();
    assert_eq!(lab.pid(Role::Vswitchd(2)).unwrap(), None);
    lab.start(Role::Vswitchd(2)).await.unwrap();
    assert_ne!(lab.pid(Role::Vswitchd(2)).unwrap(), before);
    let flows = lab.ofctl(2, ["dump-flows", "br-int"], "").await.unwrap();
    assert!(
        !flows.contains("in_port"),
        "flows outlived the switch: {flows}"
    );
    tie(&lab, 2, "b", 1).await;
    lab.first_answer("a", address(2), LONG).await.unwrap();
    let report = running.stop().await.unwrap();
    assert!(
        report.received >= 3 && !report.lost.is_empty(),
        "{report:?}"
    );
    assert!(ping(&lab, "b", 1).await.complete());
}

#[tokio::test]
async fn a_restarted_database_leaves_traffic_alone() {
    let lab = pair().await;
    let request = PingRequest {
        count: None,
        interval: Duration::from_millis(20),
        ..PingRequest::to(address(2))
    };
    let mut running = lab.spawn_ping("a", request).unwrap();
    running.answered(3, LONG).await.unwrap();
    lab.kill(Role::Ovsdb(1)).await.unwrap();
    lab.start(Role::Ovsdb(1)).await.unwrap();
    lab.restart(Role::Ovsdb(2)).await.unwrap();
    running.answered(10, LONG).await.unwrap();
    let report = running.stop().await.unwrap();
    assert!(report.complete(), "{report:?}");
    let shown = lab.vsctl(1, ["show"]).await.unwrap();
    assert!(shown.contains("tapa"), "{shown}");
}

#[tokio::test]
async fn a_vm_is_unplugged_replugged_moved_and_removed() {
    let lab = pair().await;
    lab.unplug_vm("b").await.unwrap();
    let ports = lab.vsctl(2, ["list-ports", "br-int"]).await.unwrap();
    assert!(!ports.contains("tapb"), "{ports}");
    assert_eq!(ping(&lab, "a", 2).await.received, 0);
    lab.replug_vm("b").await.unwrap();
    tie(&lab, 2, "b", 1).await;
    lab.first_answer("a", address(2), LONG).await.unwrap();

    lab.move_vm("b", 1).await.unwrap();
    let id = ["get", "Interface", "tapb", "external_ids:iface-id"];
    assert!(lab.vsctl(1, id).await.is_ok());
    assert!(lab.vsctl(2, id).await.is_err());
    lab.ofctl(1, ["replace-flows", "br-int", "-"], "actions=NORMAL\n")
        .await
        .unwrap();
    lab.first_answer("a", address(2), LONG).await.unwrap();

    lab.remove_vm("b").await.unwrap();
    assert!(lab.remove_vm("b").await.is_err());
    let left: Vec<_> = lab.status().unwrap().vms;
    assert_eq!(left.len(), 1);
    add_vm_with_address(&lab, "b", 1, 2).await;
    lab.first_answer("b", address(1), LONG).await.unwrap();
}

#[tokio::test]
async fn a_vm_may_come_before_the_bridge_and_while_the_switch_is_dead() {
    let lab = lab(1).await;
    tokio::join!(add_vm_with_address(&lab, "a", 1, 1), make_bridge(&lab, 1));
    lab.kill(Role::Vswitchd(1)).await.unwrap();
    add_vm_with_address(&lab, "b", 1, 2).await;
    lab.start(Role::Vswitchd(1)).await.unwrap();
    lab.ofctl(1, ["add-flow", "br-int", "actions=NORMAL"], "")
        .await
        .unwrap();
    lab.first_answer("b", address(1), LONG).await.unwrap();
}

/// A DHCP server in a VM, until the lab goes down.
fn serve_dhcp(lab: &Lab, vm: &str) {
    let conf = lab.dir().join("udhcpd.conf");
    let leases = lab.dir().join("udhcpd.leases");
    fs::write(&leases, "").unwrap();
    let text = format!(
        "start 10.0.0.100\nend 10.0.0.150\ninterface eth0\nlease_file {}\npidfile {}\n\
         opt subnet 255.255.255.0\nopt router 10.0.0.1\nopt dns 8.8.8.8 9.9.9.9\nopt mtu 1450\n\
         opt staticroutes 172.16.0.0/12 10.0.0.9, 0.0.0.0/0 10.0.0.1\nopt lease 3600\n",
        leases.display(),
        lab.dir().join("udhcpd.pid").display()
    );
    fs::write(&conf, text).unwrap();
    let argv = ["busybox", "udhcpd", "-f", conf.to_str().unwrap()];
    let mut server = lab.command(vm, argv).unwrap();
    // Reaped by the system after the lab has ended it.
    drop(server.spawn().unwrap());
}

const TO_SERVER: &str = "udp,nw_dst=10.0.0.1,tp_dst=67";

/// DHCP packets that went straight to the server so far.
async fn unicast_to_server(lab: &Lab) -> u32 {
    let dump = ["dump-flows", "br-int", TO_SERVER];
    let flows = lab.ofctl(1, dump, "").await.unwrap();
    let (_, count) = flows.split_once("n_packets=").unwrap();
    count.split_once(',').unwrap().0.parse().unwrap()
}

async fn client_gets_and_renews(client: Client) {
    let lab = lab(1).await;
    make_bridge(&lab, 1).await;
    let flows = format!("actions=NORMAL\npriority=60000,{TO_SERVER},actions=NORMAL\n");
    lab.ofctl(1, ["add-flows", "br-int", "-"], &flows)
        .await
        .unwrap();
    add_vm_with_address(&lab, "server", 1, 1).await;
    serve_dhcp(&lab, "server");
    add_vm(&lab, "vm", 1, 2).await;

    let lease = lab.dhcp("vm", client).await.unwrap();
    assert_eq!((lease.prefix, lease.mtu), (24, Some(1450)), "{lease:?}");
    assert_eq!(lease.router.map(IpAddr::from), Some(address(1)));
    assert_eq!((lease.dns.len(), lease.routes.len()), (2, 2), "{lease:?}");
    assert_eq!(lease.server_id.map(IpAddr::from), Some(address(1)));
    assert_eq!(lease.lease_time, Some(Duration::from_hours(1)));
    let routes = lab.exec("vm", ["ip", "route"], LONG).await.unwrap().stdout;
    assert!(routes.contains("172.16.0.0/12 via 10.0.0.9"), "{routes}");
    assert!(ping(&lab, "vm", 1).await.complete());

    let again = lab.dhcp_renew("vm", LONG).await.unwrap();
    assert_eq!(again.ip, lease.ip);
    assert_eq!(lab.dhcp_history("vm").unwrap().len(), 2);

    let before = unicast_to_server(&lab).await;
    lab.dhcp_release("vm").await.unwrap();
    let released = async { while unicast_to_server(&lab).await == before {} };
    let in_time = tokio::time::timeout(LONG, released).await;
    assert!(in_time.is_ok(), "no DHCPRELEASE was seen");
    let shown = ["ip", "-4", "-o", "address", "show", "eth0"];
    let left = lab.exec("vm", shown, LONG).await.unwrap().stdout;
    assert_eq!(left, "");
    assert!(
        lab.dhcp_renew("vm", LONG).await.is_err(),
        "a released client has ended"
    );
}

#[tokio::test]
async fn udhcpc_gets_renews_and_releases_a_lease() {
    client_gets_and_renews(Client::Udhcpc).await;
}

#[tokio::test]
async fn dhclient_gets_renews_and_releases_a_lease() {
    client_gets_and_renews(Client::Dhclient).await;
}

#[tokio::test]
async fn dhcpcd_gets_renews_and_releases_a_lease() {
    client_gets_and_renews(Client::Dhcpcd).await;
}
