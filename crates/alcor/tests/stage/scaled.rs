//! A run of the scale test, on a region of its own.

use alcor_scale::{Report, Scenario, Target};

/// Runs the scenario, and sees that the hosts hold exactly what intent says.
pub(crate) async fn run(scenario: &Scenario) -> anyhow::Result<Report> {
    let target = Target::Own {
        program: env!("CARGO_BIN_EXE_alcor").into(),
        data_dir: None,
    };
    let report = alcor_scale::run(scenario, &target, None).await?;
    let verdict = &report.verdict;
    assert_eq!(verdict.differences, 0, "{:?}", verdict.told);
    Ok(report)
}
