//! What a store promises, asked of each back end. A new back end joins by a variant of
//! [`medium::Medium`].

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a failed step fails the test; nobody uses a test from outside"
)]

/// Runs each named `async fn(Medium)` once for each back end.
macro_rules! over_each_medium {
    ($($name:ident),* $(,)?) => {
        mod on_disk {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(crate::medium::Medium::disk()).await;
            })*
        }
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(crate::medium::Medium::memory()).await;
            })*
        }
    };
}

mod derived;
mod disk;
mod failure;
mod fairness;
mod isolation;
mod kill;
mod lifetime;
mod medium;
mod model;
mod records;
mod thing;
mod watching;
