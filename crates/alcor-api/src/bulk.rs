//! Creates of many resources in one call. They are work for whole milliseconds without a pause, so they
//! run on threads of their own: those that serve everybody's requests and sessions stay free. Of one project
//! only so many run at a time; the others of that project wait, and hold up nobody else.

use crate::error::RequestError;
use alcor_types::ProjectId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Instrument;

/// As many resources in a call are as quick as any other request.
pub(crate) const FEW: usize = 8;

/// Bulks of one project that run at once: while the store writes one, the next is prepared.
const AT_ONCE: usize = 2;

/// The bulks that run and wait, by projects.
#[derive(Debug, Default)]
pub(crate) struct Bulks(Mutex<HashMap<ProjectId, Arc<Semaphore>>>);

impl Bulks {
    /// Runs a bulk of a project once fewer than so many of that project run, and gives up where that takes
    /// longer than `wait`. The work goes on also when nobody waits for it any more.
    pub(crate) async fn run<T, F>(
        &self,
        project: &ProjectId,
        wait: Duration,
        work: F,
    ) -> Result<T, RequestError>
    where
        F: Future<Output = Result<T, RequestError>> + Send + 'static,
        T: Send + 'static,
    {
        let turn = timeout(wait, self.turn(project)).await;
        let turn = turn.map_err(|_| RequestError::Busy)??;
        let (runtime, work) = (Handle::current(), work.in_current_span());
        let running = spawn_blocking(move || {
            let done = runtime.block_on(work);
            drop(turn);
            done
        });
        match running.await {
            Ok(done) => done,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => Err(RequestError::Busy),
        }
    }

    async fn turn(&self, project: &ProjectId) -> Result<OwnedSemaphorePermit, RequestError> {
        let places = {
            let mut projects = self.0.lock();
            // A project of which nothing runs or waits is one whose places nobody else holds.
            projects.retain(|_, places| Arc::strong_count(places) > 1);
            let places = projects.entry(project.clone());
            Arc::clone(places.or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
        };
        let turn = places.acquire_owned().await;
        turn.map_err(|_| RequestError::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn one_projects_bulks_wait_for_each_other_and_for_nobody_else() {
        let bulks = Arc::new(Bulks::default());
        let (busy, quiet) = (ProjectId::from("busy"), ProjectId::from("quiet"));
        let mut ends = Vec::new();
        let mut running = Vec::new();
        for _ in 0..AT_ONCE {
            let (end, ended) = oneshot::channel::<()>();
            let (bulks, busy) = (Arc::clone(&bulks), busy.clone());
            let (begin, begun) = oneshot::channel();
            running.push(tokio::spawn(async move {
                let work = async move {
                    begin.send(()).unwrap();
                    ended.await.unwrap();
                    Ok(())
                };
                bulks.run(&busy, LONG, work).await
            }));
            begun.await.unwrap();
            ends.push(end);
        }
        let refused = bulks.run(&busy, Duration::ZERO, async { Ok(()) }).await;
        assert!(matches!(refused, Err(RequestError::Busy)));
        bulks.run(&quiet, LONG, async { Ok(()) }).await.unwrap();
        for end in ends {
            end.send(()).unwrap();
        }
        for bulk in running {
            bulk.await.unwrap().unwrap();
        }
        bulks.run(&busy, LONG, async { Ok(()) }).await.unwrap();
        assert!(bulks.0.lock().len() <= 2);
    }

    #[tokio::test]
    #[should_panic(expected = "of a rule")]
    async fn a_panic_is_the_requests() {
        let work = async { panic!("of a rule") };
        let project = ProjectId::from("a");
        let _: Result<(), _> = Bulks::default().run(&project, LONG, work).await;
    }
}
