//! Work that takes long. The threads that serve everybody must not stand still meanwhile, so that another takes
//! over: only so many may be at it at a time, or there are hundreds of threads.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Does work here that may be such work.
pub(crate) fn aside_if<T>(long: bool, work: impl FnOnce() -> T) -> T {
    if long { aside(work) } else { work() }
}

/// Does such work here, and has the other tasks of this thread done by another one.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}
