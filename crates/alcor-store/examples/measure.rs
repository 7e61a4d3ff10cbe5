//! Measures the store on this machine: durable transactions at several numbers of callers, reads,
//! scans, memory. Usage: `measure [directory or -] [seconds per step] [rows]`.
//!
//! One transaction is shaped like a port's creation: 20 reads and 12 writes, half of them index
//! rows without a value.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measuring program: it prints, stops at any error, and rounds"
)]

use alcor_store::{Options, Read, Snapshot, Store, Txn};
use bytes::Bytes;
use std::convert::Infallible;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROWS_PER_PORT: u64 = 12;
const READS_PER_PORT: u64 = 20;

fn key(table: u8, number: u64) -> Bytes {
    // Spread the numbers like random ids.
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut key = vec![table, 0];
    key.extend_from_slice(&spread.to_be_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    key.into()
}

fn create_port(txn: &mut Txn<'_>, number: u64, known: u64, hot: bool) {
    for read in 0..READS_PER_PORT {
        let other = number.wrapping_mul(31).wrapping_add(read * 7919) % known;
        std::hint::black_box(txn.get(&key(1, other)));
    }
    for row in 0..ROWS_PER_PORT {
        let value = if row % 2 == 0 {
            vec![0; 160]
        } else {
            Vec::new()
        };
        txn.put(key(2, number * ROWS_PER_PORT + row), value);
    }
    if hot {
        let pool = txn.get(b"pool").unwrap_or_default();
        txn.put(
            &b"pool"[..],
            pool.first()
                .map_or(vec![1; 64], |byte| vec![byte.wrapping_add(1); 64]),
        );
    }
}

async fn step(
    store: &Store,
    callers: u64,
    seconds: u64,
    hot: bool,
    next: &Arc<AtomicU64>,
    known: u64,
) {
    let cpu = cpu_seconds();
    let begin = Instant::now();
    let until = begin + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, next) = (store.clone(), Arc::clone(next));
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < until {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let asked = Instant::now();
                    store
                        .transact(move |txn| {
                            create_port(txn, number, known, hot);
                            Ok::<_, Infallible>(())
                        })
                        .await
                        .unwrap();
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.unwrap());
    }
    let took = begin.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at =
        |share: usize| waits[(waits.len() * share / 1000).min(waits.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "{callers:>4} callers{}: {:>7.0} tx/s, p50 {:.2} ms, p99 {:.2} ms, {:.0} us cpu per tx, load {}",
        if hot { " on one row" } else { "" },
        waits.len() as f64 / took,
        at(500),
        at(990),
        (cpu_seconds() - cpu) * 1e6 / waits.len() as f64,
        load(),
    );
}

fn reads(view: &Snapshot, rows: u64) {
    let begin = Instant::now();
    let asked = 1_000_000_u64;
    for number in 0..asked {
        std::hint::black_box(view.get(&key(1, number.wrapping_mul(2_654_435_761) % rows)));
    }
    println!(
        "get: {:.0} per second",
        asked as f64 / begin.elapsed().as_secs_f64()
    );
    let begin = Instant::now();
    let seen = view.range(Bound::Unbounded, Bound::Unbounded).count();
    println!(
        "scan: {:.0} rows per second",
        seen as f64 / begin.elapsed().as_secs_f64()
    );
    let begin = Instant::now();
    for number in 0..10_000 {
        let from = key(1, number);
        std::hint::black_box(
            view.range(Bound::Excluded(&from), Bound::Unbounded)
                .take(100)
                .count(),
        );
    }
    println!(
        "page of 100: {:.1} us",
        begin.elapsed().as_secs_f64() * 100.0
    );
    let begin = Instant::now();
    for number in 0..10_000 {
        let to = key(1, number);
        std::hint::black_box(
            view.range(Bound::Unbounded, Bound::Excluded(&to))
                .rev()
                .take(100)
                .count(),
        );
    }
    println!(
        "page of 100 backwards: {:.1} us",
        begin.elapsed().as_secs_f64() * 100.0
    );
}

async fn fill(store: &Store, rows: u64) {
    let before = resident_kib();
    let begin = Instant::now();
    for chunk in 0..rows.div_ceil(1_000) {
        let fill = move |txn: &mut Txn<'_>| {
            for number in chunk * 1_000..((chunk + 1) * 1_000).min(rows) {
                txn.put(key(1, number), vec![1; 160]);
            }
            Ok::<_, Infallible>(())
        };
        store.transact(fill).await.unwrap();
    }
    let took = begin.elapsed().as_secs_f64();
    println!(
        "fill: {rows} rows of 18 + 160 bytes in {took:.1} s, {:.0} bytes of memory each \
              (change log included)",
        (resident_kib() - before) * 1024.0 / rows as f64
    );
}

fn proc(file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{file}")).unwrap_or_default()
}

fn resident_kib() -> f64 {
    let status = proc("self/status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0.0)
}

fn cpu_seconds() -> f64 {
    let stat = proc("self/stat");
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn load() -> String {
    proc("loadavg")
        .split_whitespace()
        .next()
        .unwrap_or("?")
        .to_owned()
}

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args.next().filter(|dir| dir != "-").map(PathBuf::from);
    let seconds = args.next().map_or(3, |seconds| seconds.parse().unwrap());
    let rows = args.next().map_or(100_000, |rows| rows.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async move {
        let options = Options {
            keep_change_bytes: 16 << 20,
            ..Options::default()
        };
        let store = dir
            .as_ref()
            .map_or_else(Store::ephemeral, |dir| Store::open(dir, options).unwrap());
        fill(&store, rows).await;
        reads(&store.snapshot(), rows);
        let next = Arc::new(AtomicU64::new(store.revision().0 << 20));
        for (callers, hot) in [
            (1, false),
            (8, false),
            (32, false),
            (64, false),
            (256, false),
            (32, true),
        ] {
            step(&store, callers, seconds, hot, &next, rows).await;
        }
        store.close().await.unwrap();
        if let Some(dir) = dir {
            let begin = Instant::now();
            let store = Store::open(&dir, options).unwrap();
            println!(
                "reopen: {} rows in {:.2} s",
                store.snapshot().len(),
                begin.elapsed().as_secs_f64()
            );
            store.close().await.unwrap();
        }
    });
}
