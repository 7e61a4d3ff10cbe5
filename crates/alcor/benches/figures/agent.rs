//! One agent: the real `alcor agent` beside a real Open vSwitch, told by a stub of a region
//! that its network has so many ports on other hosts.

use crate::Scale;
use crate::meter::{Meter, Usage, resident_bytes};
use crate::region::PROGRAM;
use crate::report::{Goal as Target, Report, Row};
use crate::samples::Samples;
use crate::stub::{Stub, Verified};
use crate::switch;
use alcor_goalstate::{
    Carrier, DhcpGoal, Goal, NeighborGoal, PortGoal, PortIdentity, SubnetGoal, VpcGoal,
};
use alcor_lab::{Guard, Lab, LabName, Role, Settings, VmSpec};
use alcor_types::{FixedIp, MacAddr, NetworkId, PortId, ProjectId, Revision, SubnetId, Vni};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// The one host of the lab.
const HOST: u16 = 1;
/// Hosts that the neighbours are spread over, as in the intent benchmark's larger form.
const PEERS: u32 = 20;
/// What anything may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long an agent with nothing to do is watched.
const IDLE: Duration = Duration::from_secs(10);

/// What one run found.
struct Found {
    /// Taking the neighbours, with the agent's processor time.
    agent: Usage,
    /// The switch's processor seconds meanwhile.
    switch: f64,
    flows: u64,
    /// Memory of the agent and of the switch, in bytes.
    resident: (f64, f64),
    /// From the start of a new agent until it has verified all, in milliseconds.
    restart: f64,
    /// Cores that an agent with nothing to do uses.
    idle: f64,
}

pub(crate) async fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let sizes: &[(u32, usize)] =
        scale.pick(&[(1_000, 5), (10_000, 5), (100_000, 2)], &[(1_000, 1)]);
    for (neighbours, rounds) in sizes {
        let mut all = Vec::new();
        for _ in 0..*rounds {
            all.push(round(*neighbours).await?);
        }
        tell(*neighbours, &all, report);
    }
    let size = std::fs::metadata(PROGRAM)?.len() as f64 / 1e6;
    report.add(
        Row::once("the program's file", size, "MB")
            .goal(Target::Below(20.0))
            .note("server, agent and lab in one"),
    );
    Ok(())
}

fn tell(neighbours: u32, all: &[Found], report: &mut Report) {
    let of = |figure: fn(&Found) -> f64| -> Samples { all.iter().map(figure).collect() };
    let wall = of(|found| found.agent.wall * 1e3);
    let per = |figure: fn(&Found) -> f64| of(figure).median() * 1e6 / f64::from(neighbours);
    let note = format!(
        "CPU a neighbour: agent {:.1} us, switch {:.1} us; others {:.2} cores",
        per(|found| found.agent.watched),
        per(|found| found.switch),
        of(|found| found.agent.others).median(),
    );
    let what = format!("agent takes {neighbours} neighbours");
    let row = Row::of(what.clone(), &wall, "ms").note(note);
    report.add(match neighbours {
        10_000 => row
            .peer("530 ms (first Alcor's later agent)")
            .goal(Target::Below(150.0)),
        100_000 => row.goal(Target::Below(1_500.0)),
        _ => row,
    });
    let flows = of(|found| found.flows as f64 / found.agent.wall);
    report.add(
        Row::of(format!("{what}, flows"), &flows, "/s").note(format!(
            "{:.0} flows",
            of(|found| found.flows as f64).median()
        )),
    );
    let resident = of(|found| found.resident.0 / 1e6);
    let row = Row::of(format!("{what}, agent's memory"), &resident, "MB").note(format!(
        "switch {:.0} MB",
        of(|found| found.resident.1 / 1e6).median()
    ));
    report.add(match neighbours {
        10_000 => row.peer("400 MB (OVN)").goal(Target::Below(30.0)),
        _ => row,
    });
    let restart = of(|found| found.restart);
    let row = Row::of(
        format!("agent killed with {neighbours} neighbours, in sync again"),
        &restart,
        "ms",
    );
    report.add(match neighbours {
        10_000 => row
            .peer("64,000 ms (OVN, 20 hosts)")
            .goal(Target::Below(500.0)),
        _ => row,
    });
    let idle = of(|found| found.idle * 100.0);
    report.add(
        Row::of(
            format!("idle agent with {neighbours} neighbours"),
            &idle,
            "% of a core",
        )
        .goal(Target::Below(0.1))
        .note("in ticks of 10 ms over 10 s"),
    );
}

async fn round(neighbours: u32) -> anyhow::Result<Found> {
    let network = Network::new();
    let mut stub = Stub::serve(network.id, network.own_goals()).await?;
    let lab = lab(&stub, &network).await?;
    stub.await_verified(stub.snapshot_of(1), PATIENCE).await?;
    let before = switch::flows(&lab, HOST).await?;
    let goals = (0..neighbours)
        .map(|number| network.neighbour(number))
        .collect();

    let [agent, vswitchd] = pids(&lab)?;
    let meter = Meter::start([agent]);
    let other = Meter::start([vswitchd]);
    let last = stub.push(goals).await?;
    stub.await_verified(last, PATIENCE).await?;
    let (taken, switch) = (meter.read(), other.read().watched);
    let flows = switch::flows(&lab, HOST).await? - before;
    let resident = (resident_bytes(agent), resident_bytes(vswitchd));

    let meter = Meter::start([agent]);
    tokio::time::sleep(IDLE).await;
    let idle = meter.read();
    let restart = restart(&lab, &mut stub, last).await?;
    Ok(Found {
        agent: Usage {
            others: (taken.others - switch / taken.wall).max(0.0),
            ..taken
        },
        switch,
        flows,
        resident,
        restart,
        idle: idle.watched / idle.wall,
    })
}

/// A host whose agent is told of the network's own port, which is plugged.
async fn lab(stub: &Stub, network: &Network) -> anyhow::Result<Guard> {
    let settings = Settings {
        name: LabName::unique(),
        ..Settings::hosts(1)
    };
    let lab = Lab::up(settings).await?.guard();
    let url = stub.url();
    let flags = ["--region", &url, "--datapath", "netdev", "--log", "warn"];
    lab.start_agent(HOST, PROGRAM, flags).await?;
    let own = VmSpec::new("own", HOST, network.port, network.mac)?;
    lab.add_vm(own).await?;
    Ok(lab)
}

fn pids(lab: &Lab) -> anyhow::Result<[i32; 2]> {
    let pids = switch::pids(lab, [Role::Agent(HOST), Role::Vswitchd(HOST)])?;
    Ok([pids[0], pids[1]])
}

/// Kills the agent and starts it again; all its flows are in the switch.
async fn restart(lab: &Lab, stub: &mut Stub, last: Verified) -> anyhow::Result<f64> {
    lab.kill(Role::Agent(HOST)).await?;
    let began = Instant::now();
    lab.start(Role::Agent(HOST)).await?;
    let whole = stub.snapshot_of(last.session + 1);
    stub.await_verified(whole, PATIENCE).await?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

/// A network with one port on our host.
struct Network {
    id: NetworkId,
    subnet: SubnetId,
    port: PortId,
    mac: MacAddr,
}

impl Network {
    fn new() -> Self {
        Self {
            id: NetworkId::random(),
            subnet: SubnetId::random(),
            port: PortId::random(),
            mac: MacAddr([0xfa, 0x16, 0x3e, 0, 0, 1]),
        }
    }

    fn own_goals(&self) -> Vec<Goal> {
        let revision = Revision(1);
        let address = Ipv4Addr::new(10, 255, 0, 2);
        vec![
            Goal::Vpc(VpcGoal {
                id: self.id,
                revision,
                project_id: ProjectId::from("bench"),
                name: "bench".to_owned(),
                carrier: Carrier::Vxlan(Vni::MIN),
                mtu: 1_450,
                admin_state_up: true,
                dns_domain: String::new(),
                on_demand: false,
            }),
            Goal::Subnet(SubnetGoal {
                id: self.subnet,
                revision,
                vpc: self.id,
                cidr: ipnet::IpNet::V4(ipnet::Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8)),
                gateway_ip: Some(Ipv4Addr::new(10, 0, 0, 1).into()),
                dhcp: true,
                dns_nameservers: Vec::new(),
                host_routes: Vec::new(),
                ipv6_address_mode: None,
                ipv6_ra_mode: None,
                address_scope: None,
            }),
            Goal::Port(PortGoal {
                id: self.port,
                revision,
                vpc: self.id,
                name: "own".to_owned(),
                mac: self.mac,
                admin_state_up: true,
                fixed_ips: vec![self.address(address)],
                device_id: String::new(),
                device_owner: String::new(),
                extra_dhcp_opts: Vec::new(),
                port_security_enabled: false,
                security_groups: Vec::new(),
                allowed_address_pairs: Vec::new(),
                identity: Box::new(PortIdentity {
                    project_id: "project".into(),
                    dns_name: String::new(),
                    trunk: None,
                }),
                limits: Box::default(),
                taps: None,
            }),
            Goal::Dhcp(DhcpGoal {
                port: self.port,
                subnet: self.subnet,
                revision,
                mac: self.mac,
                ipv4: address,
                host_name: "own".to_owned(),
            }),
        ]
    }

    fn neighbour(&self, number: u32) -> Goal {
        let [_, high, middle, low] = (number + 256).to_be_bytes();
        let [.., host] = (number % PEERS + 101).to_be_bytes();
        Goal::Neighbor(NeighborGoal {
            port: PortId::random(),
            revision: Revision(u64::from(number) + 2),
            vpc: self.id,
            mac: MacAddr([0xfa, 0x16, 0x3f, high, middle, low]),
            host_ip: Ipv4Addr::new(172, 30, 0, host).into(),
            fixed_ips: vec![self.address(Ipv4Addr::new(10, high, middle, low))],
            dns_name: String::new(),
            security_groups: Vec::new(),
        })
    }

    fn address(&self, ip: Ipv4Addr) -> FixedIp {
        FixedIp {
            subnet_id: self.subnet,
            ip_address: ip.into(),
        }
    }
}
