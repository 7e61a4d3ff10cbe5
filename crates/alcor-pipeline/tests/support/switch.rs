//! A bridge in memory: holds flows, and runs frames through them as OpenFlow says, for the
//! fields and actions that the pipeline uses. What it does not know, or what a real bridge
//! would refuse, fails the test.

use super::connections::Connections;
use super::frame::Frame;
use alcor_goalstate::Sought;
use alcor_openflow::{Action, Ct, Field, Flow, FlowKey, Meter, PortNo};
use alcor_pipeline::{Contents, FlowChanges, Installed, Punt, table};
use alcor_types::{MacAddr, NetworkId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// How deep resubmits may go in Open vSwitch.
const DEPTH: usize = 64;

#[derive(Default, Debug)]
pub(crate) struct Switch {
    flows: BTreeMap<FlowKey, Flow>,
    meters: BTreeMap<u32, Meter>,
    pub(crate) connections: Connections,
}

/// What became of a frame.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Frames sent, with all state at that moment.
    pub(crate) sent: Vec<(PortNo, Frame)>,
    /// Meters that were passed, in order.
    pub(crate) metered: Vec<u32>,
    /// Words to the agent.
    pub(crate) punted: Vec<Punt>,
    /// Whom it waited for. It went on as if nobody was found.
    pub(crate) asked: Vec<(NetworkId, Sought)>,
    /// It went in circles.
    pub(crate) circled: bool,
}

impl Switch {
    /// Takes in changes. They must speak of what is there, and of each key once.
    pub(crate) fn apply(&mut self, changes: FlowChanges) {
        let added: BTreeSet<_> = changes.add.iter().map(|flow| flow.key.clone()).collect();
        let twice = changes.delete.iter().find(|gone| added.contains(&gone.key));
        assert_eq!(twice, None, "in a bundle the delete might come last");
        for gone in changes.delete {
            let held = self.flows.remove(&gone.key);
            let cookie = held.as_ref().map(|flow| flow.cookie);
            assert_eq!(cookie, Some(gone.cookie), "deletes {:?}", gone.key);
        }
        for meter in changes.meters.put {
            self.meters.insert(meter.id, meter);
        }
        for flow in changes.add {
            let held = self.flows.get(&flow.key);
            assert_ne!(held, Some(&flow), "adds what is there");
            self.flows.insert(flow.key.clone(), flow);
        }
        for id in changes.meters.delete {
            assert!(self.meters.remove(&id).is_some(), "deletes meter {id}");
        }
        // A switch refuses a flow without its meter, and deletes it with the meter.
        let mut used = self
            .flows
            .values()
            .filter_map(|flow| flow.instructions.meter);
        assert!(used.all(|meter| self.meters.contains_key(&meter)));
    }

    pub(crate) fn meters(&self) -> Vec<Meter> {
        self.meters.values().copied().collect()
    }

    pub(crate) fn contents(&self) -> Contents {
        Contents {
            flows: self.installed(),
            meters: self.meters(),
        }
    }

    pub(crate) fn flows(&self) -> Vec<Flow> {
        self.flows.values().cloned().collect()
    }

    pub(crate) fn installed(&self) -> Vec<Installed> {
        self.flows.values().map(Installed::from).collect()
    }

    /// A frame comes in on a port.
    pub(crate) fn receive(&self, port: PortNo, frame: &Frame) -> Outcome {
        let mut frame = frame.clone();
        frame.set(Field::InPort, port.0.into());
        let mut outcome = Outcome::default();
        // As in Open vSwitch, a packet that goes in circles is dropped with all that came of it.
        let deepest = self.run(0, &mut frame, &mut outcome, 0);
        if deepest < DEPTH {
            return outcome;
        }
        Outcome {
            circled: true,
            ..Outcome::default()
        }
    }

    /// Answers how deep resubmits went.
    fn run(&self, mut table: u8, frame: &mut Frame, outcome: &mut Outcome, depth: usize) -> usize {
        if depth == DEPTH {
            return depth;
        }
        let mut deepest = depth;
        while let Some(flow) = self.lookup(table, frame) {
            let todo = &flow.instructions;
            assert!(todo.write.is_empty() && !todo.clear_actions);
            if let Some(meter) = todo.meter {
                outcome.metered.push(meter);
            }
            for action in &todo.apply {
                deepest = deepest.max(self.act(action, frame, outcome, depth));
            }
            if let Some((value, mask)) = todo.write_metadata {
                let kept = frame.get(Field::Metadata) & !u128::from(mask);
                frame.set(Field::Metadata, kept | u128::from(value & mask));
            }
            match todo.goto_table {
                Some(next) if next > table => table = next,
                Some(next) => panic!("goes back from table {table} to {next}"),
                None => return deepest,
            }
        }
        deepest
    }

    /// The flow of the highest priority that matches. Two of one priority that do different
    /// things would be a bug. Clauses that complete a conjunction win over flows below them.
    fn lookup(&self, table: u8, frame: &Frame) -> Option<&Flow> {
        let matches = |flow: &&Flow| {
            let mut fields = flow.key.matching.iter();
            flow.key.table == table
                && fields.all(|(field, value, mask)| frame.get(field) & mask == value)
        };
        let hits = self.flows.values().filter(matches);
        let (clauses, mut hits): (Vec<_>, Vec<_>) = hits.partition(|flow| is_clause(flow));
        hits.sort_by_key(|flow| std::cmp::Reverse(flow.key.priority));
        let best = hits.first().map_or(0, |flow| flow.key.priority);
        if let Some(flow) = self.conjunction(table, frame, &clauses, best) {
            return Some(flow);
        }
        if let [first, second, ..] = &hits[..] {
            let same = first.key.priority == second.key.priority;
            let differ = first.instructions != second.instructions;
            assert!(!(same && differ), "{first:?} or {second:?}?");
        }
        hits.first().copied()
    }

    /// The flow of a conjunction of which every clause matched, above a priority.
    fn conjunction(
        &self,
        table: u8,
        frame: &Frame,
        clauses: &[&Flow],
        above: u16,
    ) -> Option<&Flow> {
        assert_eq!(frame.get(Field::ConjId), 0, "one conjunction a lookup");
        let mut found: BTreeMap<u32, (u8, BTreeSet<u8>)> = BTreeMap::new();
        for flow in clauses.iter().filter(|flow| flow.key.priority > above) {
            for action in &flow.instructions.apply {
                if let Action::Conjunction {
                    id,
                    clause,
                    clauses,
                } = action
                {
                    let held = found.entry(*id).or_insert((*clauses, BTreeSet::new()));
                    assert_eq!(held.0, *clauses, "clauses of {id}");
                    held.1.insert(*clause);
                }
            }
        }
        let full = |(count, there): &(u8, BTreeSet<u8>)| usize::from(*count) == there.len();
        let ids: BTreeSet<u128> = found
            .iter()
            .filter(|(_, held)| full(held))
            .map(|(id, _)| u128::from(*id))
            .collect();
        self.flows.values().find(|flow| {
            let id = flow.key.matching.get(Field::ConjId);
            flow.key.table == table && id.is_some_and(|(id, _)| ids.contains(&id))
        })
    }

    fn act(
        &self,
        action: &Action,
        frame: &mut Frame,
        outcome: &mut Outcome,
        depth: usize,
    ) -> usize {
        let in_port = frame.get(Field::InPort);
        match action {
            Action::Output(PortNo::IN_PORT) => {
                let port = PortNo(u32::try_from(in_port).unwrap());
                outcome.sent.push((port, frame.clone()));
            }
            // OpenFlow never sends a frame back by accident.
            Action::Output(port) if in_port == u128::from(port.0) => {}
            Action::Output(port) => outcome.sent.push((*port, frame.clone())),
            Action::SetField {
                field: Field::InPort16,
                value,
            } => frame.set(Field::InPort, *value),
            Action::OutputReg { port, .. } => {
                let port = PortNo(u32::try_from(frame.get(port.field)).unwrap());
                return self.act(&Action::Output(port), frame, outcome, depth);
            }
            Action::Ct(ct) => return self.track(ct, frame, outcome, depth),
            Action::CtClear => {
                frame.set(Field::CtState, 0);
                frame.set(Field::CtMark, 0);
            }
            Action::Clone(actions) => {
                let mut copy = frame.clone();
                for action in actions {
                    self.act(action, &mut copy, outcome, depth);
                }
            }
            Action::PushVlan(_) => frame.set(Field::VlanVid, 0x1000),
            Action::PopVlan => frame.set(Field::VlanVid, 0),
            Action::Push(_) => frame.set(Field::XxReg3, in_port),
            Action::Pop(_) => {
                let kept = frame.get(Field::XxReg3);
                frame.set(Field::InPort, kept);
            }
            Action::OutputTrunc { port, .. } => {
                assert_eq!(
                    in_port,
                    u128::from(port.0),
                    "to where it came from: nothing"
                );
            }
            Action::CheckPktLarger { length, dst } => frame.measure(*length, *dst),
            Action::SetField { field, value } => frame.set(*field, *value),
            Action::DecTtl => frame.age(),
            Action::Move { src, dst } => {
                assert_eq!(src.bits, dst.bits);
                frame.write(*dst, frame.read(*src));
            }
            Action::Load { dst, value } => frame.write(*dst, u128::from(*value)),
            Action::Resubmit {
                in_port: PortNo::IN_PORT,
                table,
            } => return self.run(*table, frame, outcome, depth + 1),
            Action::Controller(controller) => {
                assert_eq!(controller.max_len, 0xffff);
                let punt = Punt::parse(&controller.userdata).unwrap();
                if controller.pause {
                    outcome.asked.push(sought(punt, frame));
                } else {
                    outcome.punted.push(punt);
                }
            }
            other => panic!("the bridge of this test does not know {other:?}"),
        }
        depth
    }

    fn track(&self, ct: &Ct, frame: &Frame, outcome: &mut Outcome, depth: usize) -> usize {
        let mut copy = frame.clone();
        self.connections.track(ct, &mut copy);
        let next = ct.table;
        next.map_or(depth, |table| {
            self.run(table, &mut copy, outcome, depth + 1)
        })
    }
}

/// Whom a frame waits for.
fn sought(punt: Punt, frame: &Frame) -> (NetworkId, Sought) {
    match punt {
        Punt::UnknownAddress { network } => {
            let number = frame.get(table::ADDRESS_OF);
            let four = u32::try_from(number).map(|four| IpAddr::V4(four.into()));
            let address = four.unwrap_or(IpAddr::V6(number.into()));
            (network, Sought::Address(address))
        }
        Punt::UnknownMac { network } => {
            let bytes = frame.get(Field::EthDst).to_be_bytes();
            let mac = MacAddr(*bytes.last_chunk().unwrap());
            (network, Sought::Mac(mac))
        }
        other => panic!("nobody waits for {other:?}"),
    }
}

/// Whether the flow is part of conjunctions; then it is nothing else.
fn is_clause(flow: &Flow) -> bool {
    let clause = |action: &Action| matches!(action, Action::Conjunction { .. });
    let todo = &flow.instructions;
    let some = todo.apply.iter().any(clause);
    let alone = todo.apply.iter().all(clause) && todo.goto_table.is_none();
    assert!(!some || alone, "{flow:?}");
    some
}
