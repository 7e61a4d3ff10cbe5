//! Regions one after the other on the same switches, and what their packets came to.

use super::answers::{self, Answer};
use super::expected::{self, host_number};
use super::packets::{frame, from_vm};
use super::region::any_history;
use super::replies::Reply;
use super::roads::Wire;
use super::support::facts::{HOSTS, PORTS};
use super::support::world::World;
use super::switches::Switches;
use super::ways::surroundings;
use super::{outlets, questions};
use alcor_compiler::oracle::{Intent, Packet, Step, Translator};
use alcor_openflow::Flow;
use alcor_types::{MacAddr, NetworkId, Port, Revision};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

/// Less than the depth of resubmits at which Open vSwitch gives up, so that a loop of routes ends
/// here.
pub(crate) const TTL: u8 = 12;

const NEW: &str = "trk,new";
const KNOWN: &str = "trk,est";
pub(crate) const ANSWER: &str = "trk,est,rpl";

/// How often packets ended so.
type Tally = BTreeMap<String, u32>;

/// The switches, and what was asked of them.
pub(crate) struct Proof {
    runtime: tokio::runtime::Runtime,
    switches: RefCell<Switches>,
    /// Which flows the switches get.
    given: Box<dyn Fn(&Flow) -> bool>,
    tally: RefCell<Tally>,
    began: Instant,
}

impl Proof {
    /// On switches of its own, which get these flows of all.
    pub(crate) fn new(given: impl Fn(&Flow) -> bool + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let switches = runtime.block_on(Switches::start(HOSTS, PORTS));
        Self {
            runtime,
            switches: RefCell::new(switches),
            given: Box::new(given),
            tally: RefCell::default(),
            began: Instant::now(),
        }
    }

    /// Compares so many regions; answers with the first difference, made small in so many steps.
    pub(crate) fn run(&mut self, cases: u32, steps: u32) -> Option<String> {
        let config = Config {
            cases,
            max_shrink_iters: steps,
            failure_persistence: None,
            ..Config::default()
        };
        let proven = TestRunner::new(config).run(&any_history(), |history| {
            let (mut world, mut intent, mut compiler) = World::play(&history);
            let idle = outlets::idle(&intent, &compiler);
            let next = Revision(history.len() as u64 + 1);
            world.go_on((&mut compiler, &mut intent), next, &idle);
            let mut switches = self.switches.borrow_mut();
            let mut tally = self.tally.borrow_mut();
            self.runtime.block_on(async {
                for (host, number) in world.hosts.iter_mut().zip(0..) {
                    host.hear(surroundings(&intent));
                    host.keep_translations();
                    let flows = host.flows().into_iter();
                    let given = flows.filter(|flow| (self.given)(flow));
                    switches.program(number, given.collect()).await;
                }
                region(&mut switches, &intent, &mut tally).await
            })
        });
        proven.err().map(|failure| failure.to_string())
    }

    /// How many packets ended so.
    pub(crate) fn count(&self, end: &str) -> u32 {
        self.tally.borrow().get(end).copied().unwrap_or(0)
    }

    /// How many packets were compared.
    pub(crate) fn packets(&self) -> u32 {
        self.count("outward") + self.count("inward") + self.count("answers") + self.count("replies")
    }

    /// All of it in words.
    pub(crate) fn told(&self) -> String {
        let (packets, asked) = (self.packets(), self.switches.borrow().asked);
        let rate = f64::from(packets) / self.began.elapsed().as_secs_f64();
        let tally = self.tally.borrow();
        format!("{packets} packets in {asked} traces, {rate:.0} packets/s: {tally:?}")
    }
}

/// All packets of a region.
async fn region(
    switches: &mut Switches,
    intent: &Intent,
    tally: &mut Tally,
) -> Result<(), TestCaseError> {
    let mut note = |what: &str| *tally.entry(what.to_owned()).or_default() += 1;
    for (from, packet) in questions::of_vms(intent) {
        let steps = outward(switches, intent, from, &packet).await?;
        note("outward");
        note(end_of(&steps));
        if let Some(Step::Left { .. }) = steps.last()
            && answered(switches, intent, from, (&packet, &steps)).await?
        {
            note("answers");
            note(by_of(&steps));
        }
    }
    for (network, hop, packet) in questions::of_machines() {
        let steps = intent.explain_arrival((network, hop), &packet, TTL);
        let wire = Wire { intent, network };
        let to = intent.mac_outside(network, hop);
        let frame = frame(&packet, to.unwrap_or(MacAddr([2, 0, 0, 0, 0, 9])));
        let (end, told) = switches
            .machine_sends(&wire, frame, first(&packet, &steps))
            .await;
        let expected = expected::of_machine(intent, &packet, &steps);
        prop_assert!(
            expected.contains(&end),
            "{packet:?} by {hop}\n{steps:#?}\nexpected {expected:?}, is {end:?}\n{told}"
        );
        note("inward");
        note(end_of(&steps));
        if replied(switches, intent, ((network, &packet), &steps)).await? {
            note("replies");
        }
    }
    Ok(())
}

/// By whose address it has left.
fn by_of(steps: &[Step]) -> &'static str {
    match answers::translator(steps) {
        Some(Translator::Floating(_)) => "by a floating IP",
        Some(Translator::Router(_)) => "by a gateway",
        Some(Translator::Outlet(_)) => "by an outlet",
        None if matches!(steps.last(), Some(Step::Left { from, .. }) if from.is_ipv6()) => {
            "as it is, IPv6"
        }
        None => "as it is, IPv4",
    }
}

/// What a step is called.
fn end_of(steps: &[Step]) -> &'static str {
    match steps.last().unwrap() {
        Step::Delivered { .. } => "Delivered",
        Step::Refused { .. } => "Refused",
        Step::Barred { .. } => "Barred",
        Step::Left { .. } => "Left",
        Step::Own { .. } => "Own",
        Step::OwnOutside { .. } => "OwnOutside",
        Step::Untranslated { .. } => "Untranslated",
        Step::NoGateway { .. } => "NoGateway",
        Step::Spoofed { .. } => "Spoofed",
        Step::Cut { .. } => "Cut",
        Step::Parted { .. } => "Parted",
        _ => "elsewhere",
    }
}

/// What the tracker is to say of it. A connection that is known is asked of the rules again, but
/// for its answers; nothing that comes to a router's own address is known.
fn first(packet: &Packet, steps: &[Step]) -> [&'static str; 2] {
    let foreign = matches!(
        steps.last(),
        Some(Step::Untranslated { .. } | Step::OwnOutside { .. })
    );
    let first = if foreign || packet.port.is_multiple_of(2) {
        NEW
    } else {
        KNOWN
    };
    match steps.last() {
        Some(Step::Own { .. }) => [first, ANSWER],
        _ => [first, first],
    }
}

/// What a VM sends. Fails where intent and switches differ.
async fn outward(
    switches: &mut Switches,
    intent: &Intent,
    from: &Port,
    packet: &Packet,
) -> Result<Vec<Step>, TestCaseError> {
    let steps = intent.explain(from.id, packet, TTL);
    let Some(host) = from.host.as_ref().and_then(host_number) else {
        return Ok(steps);
    };
    let expected = expected::of_vm(intent, from, packet, &steps);
    let probe = from_vm(intent, from, packet);
    let (end, told) = switches
        .vm_sends(intent, (host, probe), first(packet, &steps))
        .await;
    prop_assert!(
        expected.contains(&end),
        "{packet:?}\n{steps:#?}\nexpected {expected:?}, is {end:?}\n{told}"
    );
    Ok(steps)
}

/// The answer to what has left.
async fn answered(
    switches: &mut Switches,
    intent: &Intent,
    to: &Port,
    (packet, steps): (&Packet, &[Step]),
) -> Result<bool, TestCaseError> {
    let Some(answer) = Answer::to(intent, packet, steps) else {
        return Ok(false);
    };
    let (steps, (end, told)) = answer.comes(switches, intent).await;
    let expected = expected::of_answer(intent, to, &steps);
    prop_assert!(
        expected.contains(&end),
        "the answer {answer:?}\n{steps:#?}\nexpected {expected:?}, is {end:?}\n{told}"
    );
    Ok(true)
}

/// The answer to what has come in.
async fn replied(
    switches: &mut Switches,
    intent: &Intent,
    (packet, steps): ((NetworkId, &Packet), &[Step]),
) -> Result<bool, TestCaseError> {
    let Some(reply) = Reply::to(intent, packet, steps) else {
        return Ok(false);
    };
    let Some((steps, expected, (end, told))) = reply.goes(switches, intent).await else {
        return Ok(false);
    };
    prop_assert!(
        expected.contains(&end),
        "the reply {reply:?}\n{steps:#?}\nexpected {expected:?}, is {end:?}\n{told}"
    );
    Ok(true)
}
