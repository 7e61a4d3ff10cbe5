//! A run from beginning to end.

mod real;

use crate::check;
use crate::create::{self, Maker, Network};
use crate::fairness;
use crate::fleet::Fleet;
use crate::lookups;
use crate::machine::{self, Machine};
use crate::phases::{self, PATIENCE, count, per, percent};
use crate::plan::Plan;
use crate::quiet;
use crate::region::Region;
use crate::report::{Figures, Report, percentiles, stretches};
use crate::scenario::Scenario;
use crate::switches::{FirstPings, Switches};
use crate::timeline::{Listener, Timeline};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Which region is run against.
#[derive(Clone, Debug)]
pub enum Target {
    /// One that is started for the run.
    Own {
        /// The `alcor` program.
        program: PathBuf,
        /// Where its store is made, in a folder of its own; the system's temporary folder where none is named.
        data_dir: Option<PathBuf>,
    },
    /// One that runs already, with nothing in it.
    At {
        /// The `alcor` program, for agents of real hosts.
        program: PathBuf,
        /// Its API.
        api: String,
        /// Where agents connect.
        agents: String,
    },
}

/// Latencies that are kept at most, roughly: of more ports, one of some is measured.
const SAMPLES: u64 = 2_000_000;

/// Runs a scenario. What differs at the end is in the report, and no error.
pub async fn run(
    scenario: &Scenario,
    target: &Target,
    listener: Option<Listener>,
) -> anyhow::Result<Report> {
    scenario.validate()?;
    let folder = match target {
        Target::Own { data_dir, .. } => Some(folder(data_dir.as_ref())?),
        Target::At { .. } => None,
    };
    let region = match (target, &folder) {
        (Target::Own { program, .. }, Some(folder)) => {
            Region::start(program, folder.path(), scenario.on_demand_above).await?
        }
        (Target::At { api, agents, .. }, _) => Region::at(api.clone(), agents.clone()),
        (Target::Own { .. }, None) => anyhow::bail!("no folder for the region's store"),
    };
    let (Target::Own { program, .. } | Target::At { program, .. }) = target;
    let mut run = Run::new(scenario, program, region)?;
    let looking = run
        .maker
        .timeline
        .run(&run.maker.fleet, run.began, listener);
    let done = run.all().await;
    looking.abort();
    let report = match done {
        Ok(verdict) => Ok(run.report(verdict)),
        Err(error) => Err(error),
    };
    if let Some(switches) = run.switches.take() {
        switches.down().await?;
    }
    run.region.stop().await?;
    report
}

fn folder(base: Option<&PathBuf>) -> anyhow::Result<tempfile::TempDir> {
    let Some(base) = base else {
        return Ok(tempfile::tempdir()?);
    };
    std::fs::create_dir_all(base)?;
    tempfile::tempdir_in(base)
        .with_context(|| format!("cannot make a folder in {}", base.display()))
}

struct Run<'a> {
    scenario: &'a Scenario,
    program: &'a Path,
    region: Region,
    switches: Option<Switches>,
    first_pings: Option<FirstPings>,
    maker: Maker,
    began: Instant,
    load: String,
    figures: Figures,
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario, program: &'a Path, region: Region) -> anyhow::Result<Self> {
        let began = Instant::now();
        let plan = Plan::new(scenario);
        let words: u64 = plan
            .networks()
            .iter()
            .map(|network| match network.size {
                large if large > scenario.on_demand_above => u64::from(large),
                small => u64::from(small) * u64::from(network.span),
            })
            .sum();
        let every = u32::try_from(words.div_ceil(SAMPLES).max(1))?;
        let timeline = Arc::new(Timeline::default());
        timeline.watch_region(region.pid());
        let maker = Maker {
            rest: region.rest(),
            fleet: Arc::new(Fleet::new(scenario, began, every)?),
            timeline,
            plan: Arc::new(plan),
            groups: scenario.security_groups,
            on_demand_above: scenario.on_demand_above,
            seed: scenario.seed,
        };
        Ok(Self {
            scenario,
            program,
            region,
            switches: None,
            first_pings: None,
            maker,
            began,
            load: machine::load(),
            figures: Figures::default(),
        })
    }

    async fn all(&mut self) -> anyhow::Result<check::Verdict> {
        self.connect().await?;
        self.boot_switches().await?;
        let mut networks = self.make().await?;
        self.weigh();
        self.play_on_switches(&networks).await?;
        if self.scenario.churn.seconds > 0 {
            self.maker.timeline.phase("churn");
            self.maker.fleet.watch().measure_every(1);
            phases::churn(&self.maker, &mut networks, self.scenario, &mut self.figures).await?;
        }
        if self.scenario.lookups.seconds > 0 {
            self.maker.timeline.phase("look-ups");
            lookups::lookups(&self.maker, &networks[0], self.scenario, &mut self.figures).await?;
        }
        self.maker.timeline.phase("restart agents");
        let (maker, region) = (&self.maker, &mut self.region);
        phases::restarts(maker, region, self.scenario, &mut self.figures).await?;
        if self.scenario.fairness.ports > 0 {
            self.maker.timeline.phase("fairness");
            let rest = self.region.rest();
            fairness::fairness(&self.maker, rest, self.scenario, &mut self.figures).await?;
        }
        self.check().await
    }

    /// Nodes, and a session of each.
    async fn connect(&mut self) -> anyhow::Result<()> {
        let (maker, scenario) = (self.maker.clone(), self.scenario);
        let there = maker.rest.get("/nodes?limit=1").await?;
        let empty = there["host_infos"].as_array().is_some_and(Vec::is_empty);
        ensure!(
            empty,
            "the region has nodes already: use one with nothing in it"
        );
        maker.timeline.phase("nodes");
        let began = Instant::now();
        create::nodes(&maker.rest, scenario.hosts).await?;
        self.figures.add(
            "nodes registered",
            count(scenario.hosts) / secs(began),
            "/s",
        );
        maker.timeline.phase("connect");
        let began = Instant::now();
        maker.fleet.dial(self.region.agents(), scenario).await?;
        quiet::complete(&maker.fleet, PATIENCE).await?;
        self.figures.add("all hosts connected", secs(began), "s");
        let memory = count(self.region_memory()) / count(scenario.hosts);
        self.figures
            .add("region's memory a connected host", memory, "B");
        Ok(())
    }

    /// Networks and ports, until every host has what it needs.
    async fn make(&mut self) -> anyhow::Result<Vec<Network>> {
        let (maker, scenario) = (self.maker.clone(), self.scenario);
        maker.timeline.phase("networks");
        let began = Instant::now();
        let mut networks = create::networks(&maker.rest, &maker.plan, "vpc").await?;
        self.figures.add(
            "networks with a subnet made",
            count(networks.len()) / secs(began),
            "/s",
        );
        maker.timeline.phase("ports");
        let (before, cpu) = (maker.fleet.seen(), self.cpu());
        let began = Instant::now();
        maker.ports(&mut networks, "vpc", scenario).await?;
        let stored = secs(began);
        let last = quiet::quiet(&maker.fleet, maker.timeline.ports(), PATIENCE).await?;
        let settled = last.duration_since(began).as_secs_f64().max(stored);
        let ports = count(scenario.ports);
        let spent = self.cpu().map(|now| now - cpu.unwrap_or_default());
        let seen = self.maker.fleet.seen().since(&before);
        let figures = &mut self.figures;
        figures.add("ports made by the API", ports / stored, "/s");
        figures.add("ports made and held by all hosts", ports / settled, "/s");
        figures.add("all hosts hold all ports after", settled, "s");
        if let Some(spent) = spent {
            figures.add("region's processor time a port", spent / ports * 1e6, "us");
        }
        figures.add("pushes a port", per(seen.pushes, ports), "");
        figures.add("goals a port", per(seen.changes, ports), "");
        figures.add("bytes a port, all hosts", per(seen.bytes, ports), "B");
        figures.add("bytes a host", per(seen.bytes, count(scenario.hosts)), "B");
        figures.add("goals sent a second", count(seen.changes) / settled, "/s");
        figures.add(
            "bytes of repeats",
            percent(seen.repeated_bytes, seen.bytes),
            "%",
        );
        Ok(networks)
    }

    /// What the region is now, at rest.
    fn weigh(&mut self) {
        let ports = count(self.scenario.ports);
        let seen = self.maker.fleet.seen();
        let memory = count(self.region_memory());
        let disk = self.region.store().map(|store| machine::disk_bytes(&store));
        let unused = unused(&self.maker.plan);
        let (own, everywhere) = self.maker.fleet.watch().samples();
        let figures = &mut self.figures;
        figures.add(
            "goals a host",
            count(seen.goals) / count(self.scenario.hosts),
            "",
        );
        figures.add("region's memory", memory / f64::from(1 << 20), "MiB");
        figures.add("region's memory a port", memory / ports, "B");
        if let Some(disk) = disk {
            figures.add("region's disk a port", count(disk) / ports, "B");
        }
        for (name, samples) in [("own host", own), ("last host", everywhere)] {
            let [p50, p95, p99] = percentiles(samples.iter().map(|it| it.took * 1e3).collect());
            figures.add(&format!("call to {name}'s word, p50"), p50, "ms");
            figures.add(&format!("call to {name}'s word, p95"), p95, "ms");
            figures.add(&format!("call to {name}'s word, p99"), p99, "ms");
        }
        figures.add("neighbours never used, each port with 8 peers", unused, "%");
        let driver = count(machine::resident_bytes(std::process::id()));
        figures.add("driver's memory", driver / f64::from(1 << 20), "MiB");
    }

    async fn check(&mut self) -> anyhow::Result<check::Verdict> {
        let maker = self.maker.clone();
        maker.timeline.phase("check");
        quiet::quiet(&maker.fleet, maker.timeline.ports(), PATIENCE).await?;
        let seen = maker.fleet.seen();
        self.figures.add(
            "sessions lost without our doing",
            count(seen.lost_sessions),
            "",
        );
        for (reason, times) in maker.fleet.reasons() {
            let what = format!("of these: {reason}");
            self.figures.add(&what, count(times), "");
        }
        self.figures.add("pushes refused", count(seen.refused), "");
        let metrics = maker.rest.text("/metrics").await?;
        let mismatches = metrics
            .lines()
            .find_map(|line| line.strip_prefix("alcor_delivery_audit_mismatches_total "));
        let mismatches = mismatches.and_then(|number| number.parse().ok());
        self.figures
            .add("digests that differed", mismatches.unwrap_or(f64::NAN), "");
        let began = Instant::now();
        let compared = check::Compared {
            rest: &maker.rest,
            fleet: &maker.fleet,
            switches: self.switches.as_ref(),
            on_demand_above: self.scenario.on_demand_above as usize,
        };
        let verdict = check::check(&compared, &self.scenario.check, self.scenario.seed).await?;
        self.figures
            .add("intent read back and compared", secs(began), "s");
        Ok(verdict)
    }

    fn report(&self, verdict: check::Verdict) -> Report {
        let length = self.began.elapsed().as_secs_f64();
        let (own, everywhere) = self.maker.fleet.watch().samples();
        Report {
            scenario: self.scenario.clone(),
            machine: Machine::here(),
            load: [self.load.clone(), machine::load()],
            figures: self.figures.clone(),
            own: stretches(&own, length),
            everywhere: stretches(&everywhere, length),
            first_pings: self.first_pings.clone(),
            timeline: self.maker.timeline.looks(),
            verdict,
        }
    }

    fn region_memory(&self) -> u64 {
        self.region.pid().map_or(0, machine::resident_bytes)
    }

    fn cpu(&self) -> Option<f64> {
        self.region.pid().map(machine::cpu_seconds)
    }
}

fn secs(began: Instant) -> f64 {
    began.elapsed().as_secs_f64().max(1e-6)
}

/// The part of neighbours that hosts hold and no port of theirs ever talks to, in percent, where
/// every port talks to 8 random others of its network.
fn unused(plan: &Plan) -> f64 {
    const PEERS: f64 = 8.0;
    let (mut held, mut used) = (0.0, 0.0);
    for network in plan.networks() {
        let (size, span) = (f64::from(network.size), f64::from(network.span));
        let own = size / span;
        let others = size - own;
        let missed = (1.0 - PEERS.min(size - 1.0) / (size - 1.0).max(1.0)).powf(own);
        held += span * others;
        used += span * others * (1.0 - missed);
    }
    if held > 0.0 {
        100.0 * (1.0 - used / held)
    } else {
        0.0
    }
}
