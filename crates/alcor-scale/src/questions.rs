//! What an emulated host asks its region: who has an address of a large network. It asks once for each, as its
//! driver says; what is answered is held as a real agent holds it.

use alcor_goalstate::Sought;
use alcor_goalstate::wire::{Answer, Want};
use alcor_types::NetworkId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// What came of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// Who has the address, or that nobody has it.
    After(Duration),
    /// The region was too busy to look.
    PutOff,
}

/// The questions of one host.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    state: Mutex<State>,
    /// Rings when there is something to ask.
    pub(crate) bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    /// To be said yet.
    wants: Vec<Want>,
    pending: HashMap<u64, (Instant, oneshot::Sender<Told>)>,
}

impl Questions {
    /// Asks who has an address. Nothing comes where the session ends before the answer.
    pub(crate) fn ask(&self, network: NetworkId, sought: Sought) -> oneshot::Receiver<Told> {
        let (teller, told) = oneshot::channel();
        let mut state = self.state.lock();
        state.last += 1;
        let id = state.last;
        state.wants.push(Want {
            id,
            network: network.to_string(),
            sought: vec![sought.to_bytes()],
            ..Want::default()
        });
        state.pending.insert(id, (Instant::now(), teller));
        drop(state);
        self.bell.notify_one();
        told
    }

    /// Takes what is to be said.
    pub(crate) fn take(&self) -> Vec<Want> {
        std::mem::take(&mut self.state.lock().wants)
    }

    /// The region has answered.
    pub(crate) fn answered(&self, answer: &Answer) {
        let Some((asked, teller)) = self.state.lock().pending.remove(&answer.want) else {
            return;
        };
        let told = if answer.busy {
            Told::PutOff
        } else {
            Told::After(asked.elapsed())
        };
        // Who asked may have given up.
        let _ = teller.send(told);
    }

    /// The session has ended, and with it all its questions.
    pub(crate) fn give_up(&self) {
        let mut state = self.state.lock();
        state.wants.clear();
        state.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn each_question_has_its_own_answer() {
        let questions = Questions::default();
        let ask = || {
            let sought = Sought::Address(Ipv4Addr::LOCALHOST.into());
            questions.ask(NetworkId::random(), sought)
        };
        let [mut first, mut second, mut third] = [ask(), ask(), ask()];
        let wants = questions.take();
        assert_eq!(wants.len(), 3);
        assert!(questions.take().is_empty());
        let answer = |number: usize, busy| Answer {
            want: wants[number].id,
            busy,
            ..Answer::default()
        };
        questions.answered(&answer(1, false));
        questions.answered(&answer(0, true));
        assert_eq!(first.try_recv(), Ok(Told::PutOff));
        assert!(matches!(second.try_recv(), Ok(Told::After(_))));
        questions.give_up();
        assert_eq!(third.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
