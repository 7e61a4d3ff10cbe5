//! The task that owns the socket.
//!
//! Reading, writing, new calls and the clock are served by one loop, so that a large write
//! never keeps us from reading (a server that cannot write to us stops reading from us).
//! All bounds are here: unsent bytes, unanswered calls, message size, silence.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::{Buf, BytesMut};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::connection::Options;
use crate::endpoint::Socket;
use crate::error::Error;
use crate::feed::Feed;
use crate::message::Message;
use crate::stream::JsonStream;
use crate::update::{Flavour, TableUpdates};

/// Above this many unsent bytes no new call is taken from the queue.
const MAX_UNSENT: usize = 1 << 20;

/// How much is read from the socket at once, in bytes.
const READ_SIZE: usize = 64 << 10;

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

/// The connection's state; see the module.
pub(crate) struct Actor {
    reader: ReadHalf<Box<dyn Socket>>,
    writer: WriteHalf<Box<dyn Socket>>,
    commands: mpsc::Receiver<Command>,
    options: Arc<Options>,
    received: BytesMut,
    exchange: Exchange,
}

impl Actor {
    pub(crate) fn new(
        socket: Box<dyn Socket>,
        commands: mpsc::Receiver<Command>,
        options: Arc<Options>,
    ) -> Self {
        let (reader, writer) = tokio::io::split(socket);
        let exchange = Exchange::new(options.max_message);
        Self {
            reader,
            writer,
            commands,
            options,
            received: BytesMut::new(),
            exchange,
        }
    }

    /// Serves until the connection ends, then tells everybody why.
    pub(crate) async fn run(mut self, report: watch::Sender<Option<Error>>) {
        let mut clock = interval(self.options.echo_interval);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        clock.reset();
        let reason = loop {
            match self.step(&mut clock).await {
                Ok(true) => {}
                Ok(false) => break Error::closed("no handle is left"),
                Err(error) => break error,
            }
        };
        tracing::debug!(%reason, "ovsdb connection closed");
        report.send_replace(Some(reason.clone()));
        self.exchange.close(&reason);
    }

    /// One turn of the loop; false when nobody holds a handle any more.
    async fn step(&mut self, clock: &mut Interval) -> Result<bool, Error> {
        let exchange = &mut self.exchange;
        let has_room =
            exchange.unsent.len() < MAX_UNSENT && exchange.pending.len() < self.options.queue;
        self.received.clear();
        self.received.reserve(READ_SIZE);
        tokio::select! {
            count = self.reader.read_buf(&mut self.received) => match count.map_err(broken)? {
                0 => return Err(Error::closed("the database closed it")),
                _ => exchange.receive(&self.received)?,
            },
            count = self.writer.write(&exchange.unsent), if exchange.unsent.has_remaining() => {
                exchange.unsent.advance(count.map_err(broken)?);
            }
            command = self.commands.recv(), if has_room => match command {
                Some(command) => exchange.send(command),
                None => return Ok(false),
            },
            _ = clock.tick() => exchange.check_silence()?,
        }
        Ok(true)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn broken(error: std::io::Error) -> Error {
    Error::closed(error.to_string())
}

/// The protocol without the socket: bytes in, bytes out.
struct Exchange {
    incoming: JsonStream,
    unsent: BytesMut,
    pending: HashMap<u64, Pending>,
    monitors: HashMap<String, Weak<Feed>>,
    last_id: u64,
    /// Whether anything arrived since the clock last ticked.
    heard: bool,
    echo_sent: bool,
}

impl Exchange {
    fn new(max_message: usize) -> Self {
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

    fn send(&mut self, command: Command) {
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

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
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

    fn check_silence(&mut self) -> Result<(), Error> {
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

    fn close(&mut self, reason: &Error) {
        for (_, pending) in self.pending.drain() {
            pending.fail(reason.clone());
        }
        for feed in self.monitors.values().filter_map(Weak::upgrade) {
            feed.close(reason.clone());
        }
    }
}
