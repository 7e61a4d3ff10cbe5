//! The rules as callers meet them: whole transactions on the real store, without a disk.

mod concurrency;
mod lifecycle;
mod networks;
mod nodes;
mod policies;
mod ports;
mod region;
mod states;
mod subnets;
