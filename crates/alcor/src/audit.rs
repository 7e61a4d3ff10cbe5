//! `alcor audit`: says what is wrong with a data directory, if anything is.

use alcor_managers::schema;
use alcor_store::Store;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `alcor audit`.
#[derive(Args)]
pub(crate) struct Flags {
    /// The directory of a region that is not running.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// Reads the whole directory and prints each fault; fails when there is one.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let Flags { data_dir, json } = flags;
    // Opening would make a directory that is not there, and find nothing wrong with it.
    if !data_dir.is_dir() {
        bail!("there is no data directory {}", data_dir.display());
    }
    let shown = data_dir.display().to_string();
    let opened =
        tokio::task::spawn_blocking(move || Store::open(&data_dir, schema::store_options()));
    let store = opened
        .await?
        .with_context(|| format!("cannot open the store in {shown}"))?;
    let snapshot = store.snapshot();
    let faults = alcor_managers::audit(&snapshot)?;
    print(json, snapshot.revision().0, &faults);
    store.close().await?;
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} faults in {shown}", faults.len())
}

fn print(json: bool, revision: u64, faults: &[String]) {
    if json {
        println!("{}", json!({ "revision": revision, "faults": faults }));
        return;
    }
    for fault in faults {
        println!("{fault}");
    }
    if faults.is_empty() {
        println!("revision {revision}: nothing is wrong");
    }
}
