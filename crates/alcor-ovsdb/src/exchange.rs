//! The protocol of one connection without its socket: bytes in, bytes out, and who waits
//! for which answer. Pure apart from the channels on which answers are given.

use std::collections::HashMap;
use std::sync::Weak;

use bytes::BytesMut;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::feed::Feed;
use crate::message::Message;
use crate::stream::JsonStream;
use crate::update::{Flavour, TableUpdates};

/// What a handle asks of the task.
#[derive(Debug)]
pub(crate) enum Command {
    /// A call with an answer.
    Call {
        method: &'static str,
        params: Vec<Value>,
        reply: oneshot::Sender<Result<Value, Error>>,
    },
    /// Start a monitor and keep the feed current from its first answer on.
    Monitor {
        flavour: Flavour,
        database: String,
        requests: Value,
        feed: Weak<Feed>,
        reply: oneshot::Sender<Result<(), Error>>,
    },
}

/// A call that is not answered yet.
enum Pending {
    Call {
        method: &'static str,
        reply: oneshot::Sender<Result<Value, Error>>,
    },
    Monitor {
        flavour: Flavour,
        id: String,
        feed: Weak<Feed>,
        reply: oneshot::Sender<Result<(), Error>>,
    },
    Echo,
    Cancel,
}

impl Pending {
    /// Whether the caller has given up. A monitor is kept: its answer says that updates
    /// will come, and the first of them cancels it.
    fn is_abandoned(&self) -> bool {
        matches!(self, Self::Call { reply, .. } if reply.is_closed())
    }

    fn fail(self, error: Error) {
        // A caller that no longer waits has had its timeout.
        match self {
            Self::Call { reply, .. } => drop(reply.send(Err(error))),
            Self::Monitor { reply, .. } => drop(reply.send(Err(error))),
            Self::Echo | Self::Cancel => {}
        }
    }
}

/// The state of the protocol; see the module.
pub(crate) struct Exchange {
    incoming: JsonStream,
    /// Bytes that the socket has not taken yet.
    pub(crate) unsent: BytesMut,
    pending: HashMap<u64, Pending>,
    monitors: HashMap<String, Weak<Feed>>,
    last_id: u64,
    /// Whether anything arrived since the clock last ticked.
    heard: bool,
    echo_sent: bool,
}

impl Exchange {
    pub(crate) fn new(max_message: usize) -> Self {
        Self {
            incoming: JsonStream::new(max_message),
            unsent: BytesMut::new(),
            pending: HashMap::new(),
            monitors: HashMap::new(),
            last_id: 0,
            heard: false,
            echo_sent: false,
        }
    }

    /// How many calls wait for an answer.
    pub(crate) fn unanswered(&self) -> usize {
        self.pending.len()
    }

    /// Queues the bytes of a call.
    pub(crate) fn send(&mut self, command: Command) {
        match command {
            Command::Call {
                method,
                params,
                reply,
            } => {
                self.request(method, params, Pending::Call { method, reply });
            }
            Command::Monitor {
                flavour,
                database,
                requests,
                feed,
                reply,
            } => {
                let id = format!("alcor-{}", self.last_id + 1);
                let params = flavour.params(&database, &id, &requests);
                let pending = Pending::Monitor {
                    flavour,
                    id,
                    feed,
                    reply,
                };
                self.request(flavour.method(), params, pending);
            }
        }
    }

    fn request(&mut self, method: &str, params: Vec<Value>, pending: Pending) {
        self.last_id += 1;
        self.pending.insert(self.last_id, pending);
        let (id, method) = (json!(self.last_id), method.to_owned());
        self.write(&Message::Request { id, method, params });
    }

    fn write(&mut self, message: &Message) {
        self.unsent
            .extend_from_slice(message.to_json().to_string().as_bytes());
    }

    /// Takes bytes from the socket. After an error the connection must end.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.heard = true;
        self.incoming.push(bytes);
        while let Some(value) = self.incoming.next_value()? {
            self.handle(Message::from_json(value)?)?;
        }
        Ok(())
    }

    fn handle(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::Request { id, method, params } => self.answer(id, &method, params),
            Message::Notification { method, params } => return self.notified(&method, &params),
            Message::Response { id, outcome } => {
                if let Some(pending) = id.as_u64().and_then(|id| self.pending.remove(&id)) {
                    self.complete(pending, outcome);
                } else {
                    tracing::debug!("ovsdb answer without a call");
                }
            }
        }
        Ok(())
    }

    fn answer(&mut self, id: Value, method: &str, params: Vec<Value>) {
        let known = method == "echo";
        let outcome = if known {
            Ok(Value::Array(params))
        } else {
            Err(json!("unknown method"))
        };
        self.write(&Message::Response { id, outcome });
    }

    fn notified(&mut self, method: &str, params: &[Value]) -> Result<(), Error> {
        if method == "monitor_canceled" {
            self.monitor_ended(params);
            return Ok(());
        }
        let Some(flavour) = Flavour::from_notification(method) else {
            tracing::debug!(method, "ovsdb notification ignored");
            return Ok(());
        };
        let (id, updates) = flavour.split(params)?;
        match self.monitors.get(id).map(Weak::upgrade) {
            Some(Some(feed)) => Ok(feed.apply(TableUpdates::from_json(flavour, updates)?)?),
            Some(None) => {
                self.cancel_monitor(id);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The server ended a monitor, which it does when the schema changes.
    fn monitor_ended(&mut self, params: &[Value]) {
        let feed = params
            .first()
            .and_then(Value::as_str)
            .and_then(|id| self.monitors.remove(id));
        if let Some(feed) = feed.and_then(|feed| feed.upgrade()) {
            feed.close(Error::closed("the database ended the monitor"));
        }
    }

    /// Nobody follows these tables any more.
    fn cancel_monitor(&mut self, id: &str) {
        self.monitors.remove(id);
        self.request("monitor_cancel", vec![json!(id)], Pending::Cancel);
    }

    fn complete(&mut self, pending: Pending, outcome: Result<Value, Value>) {
        match pending {
            Pending::Call { method, reply } => {
                let answer = outcome.map_err(|error| Error::refused(method, &error));
                drop(reply.send(answer));
            }
            Pending::Monitor {
                flavour,
                id,
                feed,
                reply,
            } => {
                let started = match outcome {
                    Ok(result) => self.start_feed(flavour, id, feed, &result),
                    Err(error) => Err(Error::refused(flavour.method(), &error)),
                };
                drop(reply.send(started));
            }
            Pending::Echo => self.echo_sent = false,
            Pending::Cancel => {}
        }
    }

    /// Runs before the next message is looked at, so that no update is missed.
    fn start_feed(
        &mut self,
        flavour: Flavour,
        id: String,
        feed: Weak<Feed>,
        result: &Value,
    ) -> Result<(), Error> {
        if let Some(strong) = feed.upgrade() {
            strong.start(flavour.initial(result)?)?;
        }
        self.monitors.insert(id, feed);
        Ok(())
    }

    /// Called by the clock: asks a silent peer for an echo, then gives it up.
    pub(crate) fn check_silence(&mut self) -> Result<(), Error> {
        self.pending.retain(|_, pending| !pending.is_abandoned());
        if std::mem::take(&mut self.heard) {
            return Ok(());
        }
        if self.echo_sent {
            return Err(Error::closed("the database no longer answers an echo"));
        }
        self.echo_sent = true;
        self.request("echo", vec![json!("alcor")], Pending::Echo);
        Ok(())
    }

    /// Tells everybody who waits why the connection ended.
    pub(crate) fn close(&mut self, reason: &Error) {
        for (_, pending) in self.pending.drain() {
            pending.fail(reason.clone());
        }
        for feed in self.monitors.values().filter_map(Weak::upgrade) {
            feed.close(reason.clone());
        }
    }
}
