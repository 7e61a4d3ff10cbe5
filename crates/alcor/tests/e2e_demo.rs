//! The main job, as `cargo xtask demo` shows it: two networks with the same addresses, six VMs
//! on three hosts, leases by real DHCP clients, and a ping between every pair.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// The names of the labs in a folder.
fn labs(base: &Path) -> Vec<String> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.collect()
}

/// Namespaces of a lab, and processes that know of its folder. Found without the lab's code.
fn remains(lab: &str, base: &Path) -> Vec<String> {
    let entries = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    let mut found: Vec<_> = names
        .filter(|name| name.starts_with(&format!("alcor-{lab}-")))
        .collect();
    let folder = base.join(lab).display().to_string();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(process.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
            found.extend(text.contains(&folder).then_some(text));
        }
    }
    found
}

#[tokio::test]
async fn the_demo_reaches_whom_it_should_and_leaves_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let base = folder.path().join("labs");
    let mut command = Command::new(stage::binary());
    command
        .args(["lab", "demo", "--json"])
        .env("ALCOR_LAB_BASE", &base);
    let demo = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    stage::until("the demo makes a lab", async || {
        anyhow::Ok(!labs(&base).is_empty())
    })
    .await?;
    let lab = labs(&base).remove(0);
    let output = demo.wait_with_output().await?;
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {log}", output.status);

    let outcome: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(outcome["passed"], true, "{outcome:#}");
    let pairs = outcome["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 30);
    assert!(pairs.iter().all(|pair| pair["expected"] == pair["seen"]));
    let expected = pairs.iter().filter(|pair| pair["expected"] == true);
    assert_eq!(expected.count(), 12, "two networks of three VMs each");
    assert_eq!(outcome["ports"].as_array().unwrap().len(), 6);

    assert_eq!(remains(&lab, &base), [""; 0]);
    assert_eq!(labs(&base), [""; 0]);
    Ok(())
}
