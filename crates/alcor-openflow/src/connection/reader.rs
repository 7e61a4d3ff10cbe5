//! The task that reads. It sorts what arrives into answers and events, and never waits for
//! anything but the socket.

use super::Settings;
use super::event::{Event, EventSink};
use super::handshake::ReadHalf;
use super::shared::{Disconnect, Shared};
use crate::message::kind;
use crate::{DecodeError, Frame, Message, Received};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

/// Room made in the buffer before each read.
const READ_AHEAD: usize = 128 << 10;

pub(super) struct Reader {
    pub(super) read: ReadHalf,
    pub(super) buffer: BytesMut,
    pub(super) shared: Arc<Shared>,
    pub(super) sink: EventSink,
    /// Echo messages for the writer.
    pub(super) urgent: mpsc::Sender<Bytes>,
    pub(super) settings: Settings,
}

impl Reader {
    pub(super) async fn run(mut self) {
        let reason = self.read_until_end().await;
        self.shared.end(&reason);
        let reason = self.shared.ended().unwrap_or(reason);
        tracing::debug!(%reason, "switch connection ended");
        self.sink.finish(reason).await;
    }

    async fn read_until_end(&mut self) -> Disconnect {
        let stop = self.shared.stop.clone();
        let mut last_heard = Instant::now();
        loop {
            if let Err(error) = self.take_frames() {
                return error.into();
            }
            self.buffer.reserve(READ_AHEAD);
            let reading = self.read.read_buf(&mut self.buffer);
            let interval = self.settings.echo_interval;
            let read = tokio::select! {
                () = stop.cancelled() => return Disconnect::Closed,
                read = tokio::time::timeout(interval, reading) => read,
            };
            match read {
                Ok(Ok(0)) => return Disconnect::Ended,
                Ok(Ok(_)) => last_heard = Instant::now(),
                Ok(Err(error)) => return Disconnect::Broken(error.to_string()),
                Err(_) if last_heard.elapsed() >= self.settings.dead_after => {
                    return Disconnect::Silent(last_heard.elapsed());
                }
                Err(_) => self.send_urgent(&Message::EchoRequest(Bytes::new())),
            }
        }
    }

    fn take_frames(&mut self) -> Result<(), DecodeError> {
        while let Some(frame) = Frame::split(&mut self.buffer)? {
            self.take_frame(&frame);
        }
        Ok(())
    }

    fn take_frame(&mut self, frame: &Frame) {
        // Before it is decoded: a flood of packet-ins shall cost little.
        if is_packet_in(frame) && !self.sink.admits_packet_in() {
            return;
        }
        match Received::decode(frame) {
            Ok(received) => self.dispatch(frame.xid, received),
            // The framing is intact, and so is the connection.
            Err(error) => {
                tracing::warn!(%error, kind = frame.kind, xid = frame.xid, "undecodable message");
                self.shared.spoiled(frame.xid, error);
            }
        }
    }

    fn dispatch(&mut self, xid: u32, received: Received) {
        match received {
            Received::BarrierReply => self.shared.barrier_answered(xid),
            Received::Multipart(reply) => self.shared.part_arrived(xid, reply),
            Received::Error(error) => {
                if let Some(error) = self.shared.refused(error) {
                    self.sink.offer(Event::Refused(error));
                }
            }
            Received::EchoRequest(data) => self.echo(xid, data),
            Received::PacketIn(packet) => self.sink.offer(Event::PacketIn(packet)),
            Received::PortStatus(status) => self.sink.offer(Event::PortStatus(status)),
            Received::FlowRemoved(removed) => self.sink.offer(Event::FlowRemoved(removed)),
            Received::Other { kind, .. } => tracing::debug!(kind, "unknown message from switch"),
            Received::Hello(_)
            | Received::EchoReply(_)
            | Received::Features(_)
            | Received::Role(..)
            | Received::BundleControl(_) => {}
        }
    }

    fn echo(&self, xid: u32, data: Bytes) {
        let mut bytes = BytesMut::new();
        // What came as one message fits into one message.
        if Message::EchoReply(data).encode(xid, &mut bytes).is_ok() {
            self.queue(bytes);
        }
    }

    fn send_urgent(&self, message: &Message) {
        let mut bytes = BytesMut::new();
        if message.encode(0, &mut bytes).is_ok() {
            self.queue(bytes);
        }
    }

    fn queue(&self, bytes: BytesMut) {
        if self.urgent.try_send(bytes.freeze()).is_err() {
            tracing::debug!("echo dropped, the switch does not read");
        }
    }
}

fn is_packet_in(frame: &Frame) -> bool {
    match frame.kind {
        kind::PACKET_IN => true,
        kind::EXPERIMENTER => frame.body.starts_with(&crate::message::PACKET_IN2_HEAD),
        _ => false,
    }
}
