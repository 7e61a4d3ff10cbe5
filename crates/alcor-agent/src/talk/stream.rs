//! A connection of a VM as a stream of bytes.

use super::guest::Shared;
use super::stack::Opened;
use smoltcp::socket::tcp::State;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// See the module. Whoever drops it without a shutdown breaks the connection off.
pub(crate) struct Stream {
    shared: Arc<Shared>,
    opened: Opened,
    shut: bool,
}

impl Stream {
    pub(super) fn new(shared: Arc<Shared>, opened: Opened) -> Self {
        Self {
            shared,
            opened,
            shut: false,
        }
    }

    /// Whom the VM speaks to.
    pub(crate) fn to(&self) -> SocketAddr {
        SocketAddr::new(self.opened.to.addr.into(), self.opened.to.port)
    }

    /// The VM's own address.
    pub(crate) fn from(&self) -> IpAddr {
        self.opened.from.addr.into()
    }

    /// Who the VM is now.
    pub(crate) fn guest(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

fn broken() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stack = self.shared.stack.lock();
        let socket = stack.socket(self.opened.handle);
        if socket.can_recv() {
            let read = socket.recv_slice(buffer.initialize_unfilled());
            let read = read.map_err(|_| broken())?;
            buffer.advance(read);
            drop(stack);
            // There is room again: the VM is to hear of it.
            self.shared.poke.notify_one();
            return Poll::Ready(Ok(()));
        }
        match socket.state() {
            State::Closed | State::Listen => Poll::Ready(Err(broken())),
            State::SynReceived => {
                socket.register_recv_waker(cx.waker());
                Poll::Pending
            }
            _ if socket.may_recv() => {
                socket.register_recv_waker(cx.waker());
                Poll::Pending
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut stack = self.shared.stack.lock();
        let socket = stack.socket(self.opened.handle);
        if socket.can_send() {
            let sent = socket.send_slice(bytes).map_err(|_| broken())?;
            drop(stack);
            self.shared.poke.notify_one();
            return Poll::Ready(Ok(sent));
        }
        if socket.state() == State::SynReceived || socket.may_send() {
            socket.register_send_waker(cx.waker());
            return Poll::Pending;
        }
        Poll::Ready(Err(broken()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// What was written still goes out.
    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut = true;
        self.shared.stack.lock().socket(self.opened.handle).close();
        self.shared.poke.notify_one();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut stack = self.shared.stack.lock();
        if !self.shut {
            stack.socket(self.opened.handle).abort();
        }
        stack.release(self.opened.handle);
        drop(stack);
        self.shared.poke.notify_one();
    }
}
