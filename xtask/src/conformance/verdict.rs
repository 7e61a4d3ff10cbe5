//! Ours beside the peer's: what passes on Neutron must pass here.

use super::tempest::Outcome;
use comfy_table::{Table, presets};
use std::collections::{BTreeMap, BTreeSet};

/// The peer's results, a line a test.
const EXPECTED: &str = include_str!("../../conformance/expected.tsv");

/// What the run says.
pub(super) struct Verdict {
    /// Tests that the peer passes and we do not, with what they do here.
    pub(super) missing: Vec<(String, Outcome)>,
    table: Table,
}

impl Verdict {
    /// Compares a run with the peer's list.
    pub(super) fn new(outcomes: &BTreeMap<String, Outcome>) -> Self {
        let peer = peer(EXPECTED);
        let unmet = |(test, outcome): &(&String, &Outcome)| {
            peer.contains(test.as_str()) && **outcome != Outcome::Pass
        };
        let missing = outcomes.iter().filter(unmet);
        Self {
            missing: missing.map(|(test, is)| (test.clone(), *is)).collect(),
            table: table(outcomes, &peer),
        }
    }

    /// Passed, failed, skipped, a line for each file of tests.
    pub(super) fn table(&self) -> &Table {
        &self.table
    }
}

/// The tests that the peer passes.
fn peer(list: &'static str) -> BTreeSet<&'static str> {
    let lines = list.lines().filter_map(|line| line.split_once('\t'));
    let passed = lines.filter(|(result, _)| *result == "pass");
    passed.map(|(_, test)| test).collect()
}

/// A line's numbers.
#[derive(Default)]
struct Counts {
    passed: u32,
    failed: u32,
    skipped: u32,
    peer: u32,
}

impl Counts {
    fn add(&mut self, outcome: Outcome, by_peer: bool) {
        match outcome {
            Outcome::Pass => self.passed += 1,
            Outcome::Fail => self.failed += 1,
            Outcome::Skip => self.skipped += 1,
        }
        self.peer += u32::from(by_peer);
    }

    fn row(&self, area: &str) -> Vec<String> {
        let numbers = [self.passed, self.failed, self.skipped, self.peer];
        let numbers = numbers.iter().map(u32::to_string);
        std::iter::once(area.to_owned()).chain(numbers).collect()
    }
}

fn table(outcomes: &BTreeMap<String, Outcome>, peer: &BTreeSet<&str>) -> Table {
    let mut areas: BTreeMap<String, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for (test, outcome) in outcomes {
        let by_peer = peer.contains(test.as_str());
        areas.entry(area(test)).or_default().add(*outcome, by_peer);
        all.add(*outcome, by_peer);
    }
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["tests", "passed", "failed", "skipped", "Neutron passes"]);
    for (area, counts) in &areas {
        table.add_row(counts.row(area));
    }
    table.add_row(all.row("all"));
    table
}

/// The file that a test is in.
fn area(test: &str) -> String {
    let name = test.strip_prefix("tempest.api.network.").unwrap_or(test);
    let mut parts: Vec<&str> = name.split('.').collect();
    parts.truncate(parts.len().saturating_sub(2));
    parts.join(".").replace("test_", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_the_peer_is_read_whole() {
        assert_eq!(peer(EXPECTED).len(), 255);
    }

    #[test]
    fn only_what_the_peer_passes_can_be_missing() {
        let passed = *peer(EXPECTED).first().unwrap();
        let outcomes = BTreeMap::from([
            (passed.to_owned(), Outcome::Skip),
            (
                "tempest.api.network.test_x.Y.test_z".to_owned(),
                Outcome::Fail,
            ),
        ]);
        let verdict = Verdict::new(&outcomes);
        assert_eq!(verdict.missing, [(passed.to_owned(), Outcome::Skip)]);
    }

    #[test]
    fn an_area_is_a_file_of_tests() {
        assert_eq!(
            area("tempest.api.network.admin.test_ports.A.test_b"),
            "admin.ports"
        );
    }
}
