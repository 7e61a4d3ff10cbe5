//! What a run measured, for machines.

use crate::check::Verdict;
use crate::machine::Machine;
use crate::scenario::Scenario;
use crate::switches::FirstPings;
use crate::timeline::Look;
use crate::watch::Sample;
use serde::Serialize;

/// One figure.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figure {
    /// What it is.
    pub what: String,
    /// Its value.
    pub value: f64,
    /// In what.
    pub unit: &'static str,
}

/// All figures, in the order in which they were taken.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Figures(pub Vec<Figure>);

impl Figures {
    /// Adds one.
    pub fn add(&mut self, what: &str, value: f64, unit: &'static str) {
        let what = what.to_owned();
        self.0.push(Figure { what, value, unit });
    }

    /// One by its name.
    pub fn get(&self, what: &str) -> Option<f64> {
        let found = self.0.iter().find(|figure| figure.what == what);
        found.map(|figure| figure.value)
    }
}

/// Latencies that ended within a stretch of time.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Stretch {
    /// Its middle, in seconds since the run began.
    pub at: f64,
    /// How many.
    pub count: usize,
    /// Of these, in milliseconds: the median.
    pub p50: f64,
    /// 95 of 100 were faster.
    pub p95: f64,
    /// 99 of 100 were faster.
    pub p99: f64,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was run.
    pub scenario: Scenario,
    /// On what.
    pub machine: Machine,
    /// The load averages before and after.
    pub load: [String; 2],
    /// The figures.
    pub figures: Figures,
    /// From the call to the word of the port's own host.
    pub own: Vec<Stretch>,
    /// From the call to the word of the last host that needs the port.
    pub everywhere: Vec<Stretch>,
    /// First pings of real hosts' VMs, where there are any.
    pub first_pings: Option<FirstPings>,
    /// Everything once a second.
    pub timeline: Vec<Look>,
    /// Whether hosts hold what intent says.
    pub verdict: Verdict,
}

impl Report {
    /// Whether nothing differs.
    pub fn is_right(&self) -> bool {
        self.verdict.differences == 0
    }
}

/// The median, and what 95 and 99 of 100 are below.
pub(crate) fn percentiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [50, 95, 99].map(|percent| {
        let rank = (values.len() * percent).div_ceil(100).max(1);
        values.get(rank - 1).copied().unwrap_or(f64::NAN)
    })
}

/// Latencies by the second, or by longer stretches in a long run.
pub(crate) fn stretches(samples: &[Sample], length: f64) -> Vec<Stretch> {
    let wide = (length / 120.0).max(1.0);
    let mut stretches = Vec::new();
    let mut from = 0.0;
    while from < length {
        let within = samples
            .iter()
            .filter(|it| it.at >= from && it.at < from + wide);
        let took: Vec<_> = within.map(|sample| sample.took * 1e3).collect();
        if !took.is_empty() {
            let count = took.len();
            let [p50, p95, p99] = percentiles(took);
            let at = from + wide / 2.0;
            stretches.push(Stretch {
                at,
                count,
                p50,
                p95,
                p99,
            });
        }
        from += wide;
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_there() {
        let values = (1..=100).map(f64::from).collect();
        let whole = |values| percentiles(values).map(|it| format!("{it:.0}"));
        assert_eq!(whole(values), ["50", "95", "99"]);
        assert_eq!(whole(vec![7.0]), ["7"; 3]);
        assert!(percentiles(Vec::new())[0].is_nan());
    }
}
