//! The task that owns the socket.
//!
//! Reading, writing, new calls and the clock are served by one loop, so that a large write
//! never keeps us from reading (a server that cannot write to us stops reading from us).
//! All bounds are here: unsent bytes, unanswered calls, message size, silence.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::connection::Options;
use crate::endpoint::Socket;
use crate::error::Error;
use crate::exchange::{Command, Exchange};

/// Above this many unsent bytes no new call is taken from the queue.
const MAX_UNSENT: usize = 1 << 20;

/// How much is read from the socket at once, in bytes.
const READ_SIZE: usize = 64 << 10;

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
            exchange.unsent.len() < MAX_UNSENT && exchange.unanswered() < self.options.queue;
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
