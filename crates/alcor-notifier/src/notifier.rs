//! The running whole.

use crate::NotifierError;
use crate::courier::Courier;
use crate::follower::Follower;
use crate::nova::{Nova, Settings, Tokens};
use alcor_store::Store;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Notices that may wait for Nova. While the queue is full the store is not followed, which
/// loses nothing: what happened meanwhile is found by comparison.
const QUEUE: usize = 4096;

/// Follows a store and tells Nova.
pub struct Notifier<T> {
    follower: Follower,
    courier: Courier<T>,
}

impl<T: Tokens> Notifier<T> {
    /// Looks what Nova has not heard yet. Nova itself is not asked: it may start later.
    pub fn open(store: &Store, settings: Settings, tokens: T) -> Result<Self, NotifierError> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let nova = Nova::new(settings, tokens)?;
        Ok(Self {
            follower: Follower::open(store.clone(), sender)?,
            courier: Courier::new(store.clone(), nova, receiver),
        })
    }

    /// Runs until told to stop, or until the store fails.
    pub async fn run(self, stop: CancellationToken) -> Result<(), NotifierError> {
        let follow = async {
            let followed = self.follower.run(stop.clone()).await;
            stop.cancel();
            followed
        };
        let (followed, ()) = tokio::join!(follow, self.courier.run(stop.clone()));
        followed
    }
}
