//! The scale test at its smallest: 200 emulated hosts and 2,000 ports against a real region, with
//! slow switches, sessions that break, ports that come and go, agents and a region that restart. At
//! the end every host holds exactly what intent says.

#[path = "stage/scaled.rs"]
mod scaled;

use alcor_scale::Scenario;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn emulated_hosts_hold_exactly_what_intent_says() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../alcor-scale/scenarios");
    let scenario = Scenario::read(&scenarios.join("smoke.toml")).unwrap();
    let report = scaled::run(&scenario).await.unwrap();
    let verdict = &report.verdict;
    assert_eq!(verdict.hosts, 200);
    assert_eq!(verdict.pairs, 1_000);
    assert!(verdict.reaching > 400, "{verdict:?}");
    // Each port is on 100 hosts, as itself or as a neighbour, and as a member of its group.
    assert!(verdict.goals > 2_000 * 100 * 2, "{verdict:?}");
    assert_eq!(report.figures.get("digests that differed"), Some(0.0));
    let page = alcor_scale::page(&report);
    assert!(
        page.contains("<svg") && !page.contains("http"),
        "the page needs nothing else"
    );
}

/// A network of more ports than the region tells everybody of: hosts hold what is theirs, and of the rest
/// only what they held before it grew so large, also after restarts of both sides. The network grows slowly: a host that
/// is behind while it does is told all of it once.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_large_network_hosts_hold_no_more_than_they_must() {
    let text = "hosts = 30\nports = 1500\nvpcs = 1\nprofile = 'one-large'\n\
                bulk = 20\nconcurrency = 1\n\
                lookups = { seconds = 2, rate = 200 }\n\
                restart = { agents = 5, region = true }";
    let scenario: Scenario = toml::from_str(text).unwrap();
    let report = scaled::run(&scenario).await.unwrap();
    let verdict = &report.verdict;
    assert_eq!(verdict.hosts, 30);
    // What hosts asked for is among what they hold: it is compared, too.
    let figure = |name| report.figures.get(name).unwrap();
    assert!(figure("look-ups a second") > 0.0);
    assert!(figure("look-up to answer, p99") > 0.0);
    for none in ["look-ups put off", "look-ups without an answer"] {
        assert_eq!(report.figures.get(none), Some(0.0), "{none}");
    }
    // No members of the group, and fewer neighbours than ports.
    assert!(verdict.goals < 30 * 1_500, "{verdict:?}");
    assert_eq!(report.figures.get("digests that differed"), Some(0.0));
}
