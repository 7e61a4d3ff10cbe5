//! What to tell the region of the host's own ports: only what it has not heard yet.

use alcor_goalstate::wire::goal_state_operation_reply::GoalStateOperationStatus;
use alcor_goalstate::wire::{OperationStatus, OperationType, PortReport, ResourceType};
use alcor_types::{PortId, Revision};
use std::collections::HashMap;

/// A port's state on this host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PortWord {
    /// The switch has confirmed its flows.
    Verified,
    /// It waits for something that the region cannot give: its interface.
    Waiting(&'static str),
    /// The switch refused it.
    Failed(String),
}

/// The last word on every own port.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    said: HashMap<PortId, (Revision, PortWord)>,
    /// Words that wait for a session.
    unsent: HashMap<PortId, GoalStateOperationStatus>,
}

impl Reports {
    /// Notes a word; it will be sent if it is news.
    pub(crate) fn say(&mut self, port: PortId, revision: Revision, word: PortWord) {
        let news = self.said.get(&port).is_none_or(|(_, said)| *said != word);
        if news {
            self.unsent.insert(port, status(port, revision, &word));
        }
        self.said.insert(port, (revision, word));
    }

    /// The port is not this host's any more.
    pub(crate) fn forget(&mut self, port: PortId) {
        self.said.remove(&port);
        self.unsent.remove(&port);
    }

    /// A new session: the region may have lost what an old one was told.
    pub(crate) fn repeat_all(&mut self) {
        let all = self
            .said
            .iter()
            .map(|(port, (revision, word))| (*port, status(*port, *revision, word)));
        self.unsent.extend(all);
    }

    /// Takes what is to be sent.
    pub(crate) fn take(&mut self) -> Option<PortReport> {
        if self.unsent.is_empty() {
            return None;
        }
        Some(PortReport {
            statuses: self.unsent.drain().map(|(_, status)| status).collect(),
        })
    }
}

fn status(port: PortId, revision: Revision, word: &PortWord) -> GoalStateOperationStatus {
    let (operation_status, reason) = match word {
        PortWord::Verified => (OperationStatus::Success, String::new()),
        PortWord::Waiting(reason) => (OperationStatus::Pending, (*reason).to_owned()),
        PortWord::Failed(reason) => (OperationStatus::Failure, reason.clone()),
    };
    GoalStateOperationStatus {
        resource_id: port.to_string(),
        resource_type: ResourceType::Port.into(),
        operation_type: OperationType::Update.into(),
        operation_status: operation_status.into(),
        reason,
        store_revision: revision.0,
        ..GoalStateOperationStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_sent_once_and_again_in_a_new_session() {
        let (port, mut reports) = (PortId::random(), Reports::default());
        reports.say(port, Revision(1), PortWord::Waiting("not plugged"));
        assert_eq!(reports.take().unwrap().statuses.len(), 1);
        reports.say(port, Revision(2), PortWord::Waiting("not plugged"));
        assert_eq!(reports.take(), None);
        reports.say(port, Revision(2), PortWord::Verified);
        let sent = reports.take().unwrap().statuses;
        assert_eq!(sent[0].operation_status(), OperationStatus::Success);
        reports.repeat_all();
        assert_eq!(reports.take().unwrap().statuses.len(), 1);
        reports.forget(port);
        reports.repeat_all();
        assert_eq!(reports.take(), None);
    }
}
