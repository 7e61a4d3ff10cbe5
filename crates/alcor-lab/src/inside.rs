//! Work of this process inside namespaces of a lab.

use crate::LabError;
use crate::teardown::namespace_path;
use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::io;
use tokio::sync::oneshot;

/// Does something on a thread of its own, which may [`enter`] namespaces and ends with the work: a
/// thread that has entered a namespace must not serve anybody else. Work that is given up runs to its end.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LabError> + Send + 'static,
) -> Result<T, LabError> {
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("lab-inside".to_owned());
    let started = thread.spawn(move || drop(tell.send(work())));
    started.map_err(failed)?;
    let ended = |_| Err(failed(io::Error::other("ended before its work")));
    told.await.unwrap_or_else(ended)
}

/// From now on the present thread is in this namespace. Sockets stay where they were made.
pub(crate) fn enter(namespace: &str) -> Result<(), LabError> {
    let path = namespace_path(namespace);
    let file = File::open(&path).map_err(LabError::io(&path))?;
    setns(file, CloneFlags::CLONE_NEWNET).map_err(|error| LabError::io(&path)(error.into()))
}

fn failed(source: io::Error) -> LabError {
    LabError::Socket {
        what: "a thread inside the lab",
        source,
    }
}
