//! The handle through which a switch is asked and told things.

use super::request::{Request, RequestError};
use super::shared::{Answer, Shared};
use crate::{
    Aggregate, Continuation, DecodeError, Features, FlowMod, FlowRequest, FlowStats, Group,
    GroupMod, Message, Meter, MeterMod, MultipartEntry, MultipartRequest, PacketOut, PortDesc,
    PortNo, PortStats, SwitchDesc, TableStats,
};
use bytes::{Bytes, BytesMut};
use std::fmt;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A handle of a connection, cheap to clone. The connection ends when the last one is dropped.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Bytes>,
}

impl Client {
    pub(super) fn new(shared: Arc<Shared>, jobs: mpsc::Sender<Bytes>) -> Self {
        Self { shared, jobs }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What the switch said of itself in the handshake.
    pub fn features(&self) -> Features {
        self.shared.features
    }

    /// Whether the connection is over.
    pub fn is_closed(&self) -> bool {
        self.shared.stop.is_cancelled()
    }

    /// Packet-ins that were dropped because nobody took them from the queue in time.
    pub fn dropped_packet_ins(&self) -> u64 {
        self.shared.counters.dropped_packet_ins()
    }

    /// Waits until the switch has processed all that was sent before.
    pub async fn barrier(&self) -> Result<(), RequestError> {
        self.request(&[]).await.map(drop)
    }

    /// Sends messages one behind the other and waits until the switch has processed them; the
    /// first refusal is the result. The others have had their effect nevertheless: where that
    /// is wrong, use [`Client::commit`].
    pub async fn send(&self, messages: &[Message]) -> Result<(), RequestError> {
        self.request(messages).await.map(drop)
    }

    /// Changes one flow.
    pub async fn flow_mod(&self, change: FlowMod) -> Result<(), RequestError> {
        self.send(&[Message::FlowMod(change)]).await
    }

    /// Changes one group.
    pub async fn group_mod(&self, change: GroupMod) -> Result<(), RequestError> {
        self.send(&[Message::GroupMod(change)]).await
    }

    /// Changes one meter. Meters cannot be part of a bundle.
    pub async fn meter_mod(&self, change: MeterMod) -> Result<(), RequestError> {
        self.send(&[Message::MeterMod(change)]).await
    }

    /// Forgets the tracked connections of a zone.
    pub async fn flush_zone(&self, zone: u16) -> Result<(), RequestError> {
        self.send(&[Message::CtFlushZone(zone)]).await
    }

    /// Sends a packet. Does not wait for the switch: a refusal comes as
    /// [`Event::Refused`](crate::Event::Refused).
    pub async fn packet_out(&self, packet: PacketOut) -> Result<(), RequestError> {
        self.post(&Message::PacketOut(packet)).await
    }

    /// Lets a paused packet go on. Does not wait for the switch.
    pub async fn resume(&self, continuation: Continuation) -> Result<(), RequestError> {
        self.post(&Message::Resume(continuation)).await
    }

    /// The flows of a request, in the switch's order.
    pub async fn dump_flows(&self, request: FlowRequest) -> Result<Vec<FlowStats>, RequestError> {
        self.ask(MultipartRequest::Flows(request)).await
    }

    /// The sum over the flows of a request.
    pub async fn aggregate(&self, request: FlowRequest) -> Result<Aggregate, RequestError> {
        self.ask_one(MultipartRequest::Aggregate(request)).await
    }

    /// Counters of all flow tables.
    pub async fn tables(&self) -> Result<Vec<TableStats>, RequestError> {
        self.ask(MultipartRequest::Tables).await
    }

    /// All groups.
    pub async fn dump_groups(&self) -> Result<Vec<Group>, RequestError> {
        self.ask(MultipartRequest::Groups).await
    }

    /// All meters.
    pub async fn dump_meters(&self) -> Result<Vec<Meter>, RequestError> {
        self.ask(MultipartRequest::Meters).await
    }

    /// All ports.
    pub async fn port_desc(&self) -> Result<Vec<PortDesc>, RequestError> {
        self.ask(MultipartRequest::Ports).await
    }

    /// Counters of one port, or of all ([`PortNo::ANY`]).
    pub async fn port_stats(&self, port: PortNo) -> Result<Vec<PortStats>, RequestError> {
        self.ask(MultipartRequest::PortStats(port)).await
    }

    /// Who made the switch.
    pub async fn description(&self) -> Result<SwitchDesc, RequestError> {
        self.ask_one(MultipartRequest::Desc).await
    }

    async fn ask<T: MultipartEntry>(
        &self,
        request: MultipartRequest,
    ) -> Result<Vec<T>, RequestError> {
        let number = request.number();
        let answer = self.request(&[Message::MultipartRequest(request)]).await?;
        if answer.parts.last().is_none_or(|part| part.more) {
            return Err(RequestError::NoAnswer);
        }
        let mut entries = Vec::new();
        for part in &answer.parts {
            if part.number != number {
                let what = "multipart type";
                let number = part.number.into();
                return Err(DecodeError::Unknown { what, number }.into());
            }
            entries.append(&mut part.entries()?);
        }
        Ok(entries)
    }

    async fn ask_one<T: MultipartEntry>(
        &self,
        request: MultipartRequest,
    ) -> Result<T, RequestError> {
        let entries = self.ask(request).await?;
        entries.into_iter().next().ok_or(RequestError::NoAnswer)
    }

    /// Sends messages and a barrier, and collects what comes until its answer.
    async fn request(&self, messages: &[Message]) -> Result<Answer, RequestError> {
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX / 2);
        let request = Request::new(self.shared.clone(), count.saturating_add(1))?;
        let mut buffer = BytesMut::new();
        let barrier = [Message::BarrierRequest];
        for (xid, message) in (request.first..).zip(messages.iter().chain(&barrier)) {
            message.encode(xid, &mut buffer)?;
        }
        let answered = request.expect(request.last);
        self.write(buffer.freeze()).await?;
        request.wait(answered).await?;
        let mut answer = request.take_answer();
        if !answer.errors.is_empty() {
            return Err(RequestError::Refused(answer.errors.swap_remove(0)));
        }
        match answer.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(answer),
        }
    }

    /// Sends a message that has no answer.
    async fn post(&self, message: &Message) -> Result<(), RequestError> {
        let mut buffer = BytesMut::new();
        message.encode(0, &mut buffer)?;
        self.write(buffer.freeze()).await
    }

    /// Hands bytes to the writer; waits while too much is on its way, not longer than a
    /// request may take.
    pub(super) async fn write(&self, bytes: Bytes) -> Result<(), RequestError> {
        let limit = self.shared.request_timeout;
        match tokio::time::timeout(limit, self.jobs.send(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => {
                let reason = self.shared.ended();
                let reason = reason.unwrap_or(super::shared::Disconnect::Ended);
                Err(RequestError::Disconnected(reason))
            }
            Err(_) => Err(RequestError::Timeout(limit)),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("datapath_id", &self.shared.features.datapath_id)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
