//! One run of Tempest's network tests, and what came of each test.

use super::keystone::{Keystone, PASSWORD};
use super::process::{self, Process};
use super::python::Python;
use super::region::Offer;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tests that there is a list of the peer's results for.
const SUITE: &str = r"^tempest\.api\.network\.";

/// What came of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It passed.
    Pass,
    /// It failed, or its class could not be set up.
    Fail,
    /// It was skipped, alone or with its class.
    Skip,
}

/// A workspace of Tempest's runner.
pub(super) struct Tempest<'a> {
    python: &'a Python,
    folder: PathBuf,
    select: String,
}

impl<'a> Tempest<'a> {
    /// Writes the configuration. The filter is a regular expression on tests' names.
    pub(super) fn configure(
        python: &'a Python,
        folder: &Path,
        keystone: &Keystone,
        offer: &Offer,
        filter: Option<&str>,
    ) -> anyhow::Result<Self> {
        let folder = folder.join("tempest");
        for part in ["etc", "lock"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        let text = configuration(&folder, keystone.url(), offer);
        std::fs::write(folder.join("etc/tempest.conf"), text)?;
        let packages = python.packages("tempest")?;
        // Tests of one class share what it sets up, so a class stays with one worker.
        let runner = format!(
            "[DEFAULT]\ntest_path={packages}/tempest/test_discover\ntop_dir={packages}\n\
             group_regex=([^\\.]*\\.)*\n",
            packages = packages.display()
        );
        std::fs::write(folder.join(".stestr.conf"), runner)?;
        let select = filter.map_or_else(|| SUITE.to_owned(), |regex| format!("{SUITE}.*({regex})"));
        Ok(Self {
            python,
            folder,
            select,
        })
    }

    /// Runs the tests. The outcomes are by name, of all that were selected.
    pub(super) async fn run(&self, workers: u32) -> anyhow::Result<BTreeMap<String, Outcome>> {
        self.output("stestr", "init", &["init"]).await?;
        let selected = self.selected().await?;
        println!("{} tests, {workers} at a time", selected.len());
        let workers = format!("--concurrency={workers}");
        let run = self.runner("stestr", "tempest", &["run", &workers, &self.select])?;
        // Its status only says that a test failed, which the outcomes say as well.
        run.ended().await?;
        let stream = self
            .output("stestr", "subunit", &["last", "--subunit"])
            .await?;
        let file = self.folder.join("last.subunit");
        std::fs::write(&file, stream)?;
        let file = file
            .to_str()
            .context("the folder's name is no UTF-8")?
            .to_owned();
        let table = self
            .output("subunit2csv", "csv", &["--no-passthrough", &file])
            .await?;
        let table = String::from_utf8(table)?;
        let classes = rows(&table);
        let of = |test: String| (outcome(&classes, &test), test);
        let outcomes = selected.into_iter().map(of);
        Ok(outcomes.map(|(outcome, test)| (test, outcome)).collect())
    }

    async fn selected(&self) -> anyhow::Result<Vec<String>> {
        let list = self
            .output("stestr", "list", &["list", &self.select])
            .await?;
        let list = String::from_utf8(list)?;
        let tests = list.lines().filter(|line| line.starts_with("tempest."));
        let tests: Vec<String> = tests.map(|line| bare(line).to_owned()).collect();
        if tests.is_empty() {
            bail!(
                "no test matches {}: see {}",
                self.select,
                process::log("list")?.display()
            );
        }
        Ok(tests)
    }

    fn runner(&self, program: &str, log: &'static str, words: &[&str]) -> anyhow::Result<Process> {
        let mut command = self.python.program(program);
        command
            .args(words)
            .current_dir(&self.folder)
            .env("TEMPEST_CONFIG_DIR", self.folder.join("etc"))
            .env("OS_TEST_TIMEOUT", "300");
        Process::start(log, &mut command)
    }

    /// What a program prints; its log file is where that goes.
    async fn output(
        &self,
        program: &str,
        log: &'static str,
        words: &[&str],
    ) -> anyhow::Result<Vec<u8>> {
        self.runner(program, log, words)?.ended().await?;
        Ok(std::fs::read(process::log(log)?)?)
    }
}

/// A test's name without the identifiers that Tempest puts behind it.
fn bare(test: &str) -> &str {
    test.split('[').next().unwrap_or(test)
}

/// Outcomes by test or by class, from the table `test,status,...` of one run.
fn rows(table: &str) -> BTreeMap<String, Outcome> {
    table.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<(String, Outcome)> {
    // Names with a comma are quoted; no name holds a quote.
    let (name, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\",")?,
        None => line.split_once(',')?,
    };
    let outcome = match rest.split(',').next()? {
        "success" | "xfail" => Outcome::Pass,
        "skip" => Outcome::Skip,
        "fail" | "uxsuccess" => Outcome::Fail,
        _ => return None,
    };
    Some((bare(name).to_owned(), outcome))
}

/// A test without a row of its own shares the fate of its class's set-up; one of which nothing
/// at all is known did not run, which is a failure.
fn outcome(rows: &BTreeMap<String, Outcome>, test: &str) -> Outcome {
    if let Some(outcome) = rows.get(test) {
        return *outcome;
    }
    let class = test.rsplit_once('.').map_or(test, |(class, _)| class);
    let set_up = rows.get(&format!("setUpClass ({class})"));
    set_up.copied().unwrap_or(Outcome::Fail)
}

fn configuration(folder: &Path, keystone: &str, offer: &Offer) -> String {
    let folder = folder.display();
    let port_security = offer
        .extensions
        .iter()
        .any(|alias| alias == "port-security");
    let extensions = offer.extensions.join(",");
    let external = &offer.external;
    format!(
        "[DEFAULT]\n\
         log_file = {folder}/tempest.debug.log\n\
         [auth]\n\
         use_dynamic_credentials = true\n\
         admin_username = admin\n\
         admin_password = {PASSWORD}\n\
         admin_project_name = admin\n\
         admin_domain_name = Default\n\
         tempest_roles = member\n\
         [oslo_concurrency]\n\
         lock_path = {folder}/lock\n\
         [identity]\n\
         uri_v3 = {keystone}\n\
         auth_version = v3\n\
         region = RegionOne\n\
         default_domain_id = default\n\
         v3_endpoint_type = publicURL\n\
         [service_available]\n\
         neutron = true\n\
         nova = false\n\
         glance = false\n\
         cinder = false\n\
         swift = false\n\
         horizon = false\n\
         [network]\n\
         project_network_cidr = 10.100.0.0/16\n\
         public_network_id = {external}\n\
         floating_network_name = public\n\
         build_timeout = 30\n\
         [network-feature-enabled]\n\
         ipv6 = true\n\
         ipv6_subnet_attributes = true\n\
         floating_ips = true\n\
         port_security = {port_security}\n\
         api_extensions = {extensions}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_shares_the_fate_of_its_class() {
        let table = "test,status,start_time,stop_time\n\
                     a.B.test_c[id-1],success,1,2\n\
                     \"a.B.test_d[id-2,smoke]\",fail,1,2\n\
                     setUpClass (a.E),skip,1,2\n";
        let rows = rows(table);
        assert_eq!(outcome(&rows, "a.B.test_c"), Outcome::Pass);
        assert_eq!(outcome(&rows, "a.B.test_d"), Outcome::Fail);
        assert_eq!(outcome(&rows, "a.E.test_f"), Outcome::Skip);
        assert_eq!(outcome(&rows, "a.B.test_never_ran"), Outcome::Fail);
    }
}
