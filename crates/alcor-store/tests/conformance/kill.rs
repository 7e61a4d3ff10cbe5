//! What was acknowledged survives a kill at any moment.
//!
//! The test runs this very binary as a victim that writes and reports each acknowledged commit,
//! kills it (SIGKILL), opens the store and checks. `ALCOR_STORE_KILLS` sets the number of rounds.

use crate::medium::{DEADLINE, number, text};
use alcor_store::{Options, Read, Revision, Store, Txn};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::time::timeout;

const DIRECTORY: &str = "ALCOR_STORE_VICTIM_DIR";
const WRITERS: u64 = 8;
/// Rows that each writer keeps; older ones it deletes.
const WINDOW: u64 = 20;
/// Large enough that the engine rotates its files now and then.
const VALUE_BYTES: usize = 8_000;

fn row(writer: u64, turn: u64) -> String {
    format!("row/{writer}/{turn:08}")
}

/// One turn: a new row, an old one gone, and the counter that says which.
fn turn(txn: &mut Txn<'_>, writer: u64) -> u64 {
    let counter = format!("counter/{writer}");
    let turn = number(txn, &counter) + 1;
    txn.put(counter, turn.to_string());
    txn.put(row(writer, turn), vec![b'x'; VALUE_BYTES]);
    if let Some(old) = turn.checked_sub(WINDOW) {
        txn.delete(row(writer, old).as_bytes());
    }
    turn
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "endless: a process that the test below starts and kills"]
async fn victim() {
    let Ok(dir) = std::env::var(DIRECTORY) else {
        return;
    };
    let store = Store::open(
        Path::new(&dir),
        Options {
            keep_changes: 100,
            ..Options::default()
        },
    );
    let store = store.unwrap();
    for writer in 0..WRITERS {
        let store = store.clone();
        tokio::spawn(async move {
            loop {
                let done = store
                    .transact(move |txn| Ok::<_, Infallible>(turn(txn, writer)))
                    .await
                    .unwrap();
                let mut out = std::io::stdout().lock();
                let line = format!(
                    "ack {writer} {} {}
",
                    done.value, done.revision
                );
                // Nobody listens any more: the test itself was ended.
                if out
                    .write_all(line.as_bytes())
                    .and_then(|()| out.flush())
                    .is_err()
                {
                    std::process::exit(1);
                }
            }
        });
    }
    std::future::pending::<()>().await;
}

/// What the victim was heard to have committed.
#[derive(Default)]
struct Heard {
    turns: BTreeMap<u64, u64>,
    newest: Revision,
    /// Each acknowledged turn of the newest life by its revision.
    commits: BTreeMap<u64, (u64, u64)>,
}

impl Heard {
    fn line(&mut self, line: &str) -> bool {
        let mut words = line.split_whitespace();
        if words.next() != Some("ack") {
            return false;
        }
        let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        // The last line may be cut off; it was not heard then.
        let [writer, turn, revision] = numbers[..] else {
            return false;
        };
        self.turns.insert(writer, turn);
        self.newest = self.newest.max(Revision(revision));
        self.commits.insert(revision, (writer, turn));
        true
    }
}

/// Lets a victim live until it has acknowledged `patience` turns, and listens to its end.
fn live_and_die(dir: &Path, patience: u64, heard: &mut Heard) {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kill::victim",
            "--include-ignored",
            "--nocapture",
        ])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    heard.commits.clear();
    let mut acknowledged = 0;
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).split(b'\n');
    let mut hear = |line: Vec<u8>| u64::from(heard.line(&String::from_utf8_lossy(&line)));
    while acknowledged < patience {
        let Some(Ok(line)) = lines.next() else { break };
        acknowledged += hear(line);
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        hear(line);
    }
    assert!(acknowledged >= patience, "the victim ended by itself");
}

async fn check(dir: &Path, heard: &Heard) {
    let store = Store::open(
        dir,
        Options {
            keep_changes: 100,
            ..Options::default()
        },
    )
    .unwrap();
    let view = store.snapshot();
    assert!(
        view.revision() >= heard.newest,
        "an acknowledged commit is missing"
    );
    let mut total = 0;
    for writer in 0..WRITERS {
        let turns = number(&view, &format!("counter/{writer}"));
        total += turns;
        assert!(turns >= heard.turns.get(&writer).copied().unwrap_or(0));
        let rows = view
            .prefix(format!("row/{writer}/").as_bytes())
            .map(|(key, _)| key.to_vec());
        let first = (turns + 1).saturating_sub(WINDOW).max(1);
        let expected: Vec<_> = (first..=turns)
            .map(|turn| row(writer, turn).into_bytes())
            .collect();
        assert_eq!(
            rows.collect::<Vec<_>>(),
            expected,
            "a commit is whole or not there"
        );
    }
    assert_eq!(
        view.revision(),
        Revision(total),
        "each commit has the next revision"
    );
    check_log(&store, heard).await;
    store.close().await.unwrap();
}

/// The log must lead up to the newest revision and tell what was acknowledged under each number.
async fn check_log(store: &Store, heard: &Heard) {
    let newest = store.revision();
    let oldest = Revision(newest.0.saturating_sub(100));
    let mut watch = store.watch(oldest, &[b"counter/"]).unwrap();
    for revision in oldest.0 + 1..=newest.0 {
        let commit = timeout(DEADLINE, watch.next()).await.unwrap().unwrap();
        assert_eq!(commit.revision, Revision(revision));
        if let Some((writer, turn)) = heard.commits.get(&revision) {
            assert_eq!(commit.changes[0].key, format!("counter/{writer}"));
            assert_eq!(
                commit.changes[0].value.as_deref(),
                Some(turn.to_string().as_bytes())
            );
        }
    }
    assert_eq!(text(&store.snapshot(), "unknown"), None);
}

#[tokio::test]
async fn acknowledged_commits_survive_kills() {
    let rounds = std::env::var("ALCOR_STORE_KILLS")
        .ok()
        .and_then(|rounds| rounds.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let mut heard = Heard::default();
    for round in 0..rounds.unwrap_or(8) {
        let dice = RandomState::new().build_hasher().finish();
        // Now and then at once, while the victim is still opening the store.
        let patience = if dice.is_multiple_of(8) {
            0
        } else {
            dice % 300
        };
        live_and_die(dir.path(), patience, &mut heard);
        check(dir.path(), &heard).await;
        println!(
            "round {round}: killed after {patience}, newest {}",
            heard.newest
        );
    }
}
