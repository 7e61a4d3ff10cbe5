//! Asks other servers for names on behalf of VMs: each question from a socket of its own, so that an
//! answer must come from whom was asked, to a port and with a number that nobody else knows.

use crate::errand::{Back, Inquiry};
use crate::outlet;
use alcor_openflow::PacketOut;
use alcor_responder::dns::{self, Failure, echoes, failure};
use alcor_types::PortId;
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

/// Questions under way, of all VMs and of one; further ones are met with silence, VMs ask again.
const ALL: usize = 512;
const EACH: usize = 32;
/// How long one server has, and how many are asked.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: usize = 3;
/// The longest answer by UDP that is looked at.
const LONGEST: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(crate) struct Forwarder {
    /// Whom to ask where the subnet names nobody.
    servers: Vec<SocketAddr>,
    all: Arc<Semaphore>,
    each: HashMap<PortId, Arc<Semaphore>>,
}

impl Forwarder {
    pub(crate) fn new(servers: Vec<SocketAddr>) -> Self {
        Self {
            servers,
            all: Arc::new(Semaphore::new(ALL)),
            each: HashMap::new(),
        }
    }

    /// The port is not this host's any more, or another VM's.
    pub(crate) fn forget(&mut self, port: PortId) {
        self.each.remove(&port);
    }

    /// Asks, and has the answer brought back.
    pub(crate) fn ask(&mut self, inquiry: Inquiry, frames: Option<mpsc::Sender<PacketOut>>) {
        let Some(permits) = self.permits(inquiry.port) else {
            tracing::debug!(port = %inquiry.port, "name not asked for: too many questions");
            return;
        };
        let named = inquiry.servers.iter();
        let named = named.map(|ip| SocketAddr::new(*ip, dns::PORT));
        let mut servers: Vec<_> = named.collect();
        if servers.is_empty() {
            servers.clone_from(&self.servers);
        }
        tokio::spawn(async move {
            let answer = find(&inquiry, &servers).await;
            if let Some(answer) = answer {
                bring(inquiry, answer, frames).await;
            }
            drop(permits);
        });
    }

    fn permits(&mut self, port: PortId) -> Option<[OwnedSemaphorePermit; 2]> {
        let each = self.each.entry(port);
        let each = each.or_insert_with(|| Arc::new(Semaphore::new(EACH)));
        let own = Arc::clone(each).try_acquire_owned().ok()?;
        let shared = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some([own, shared])
    }
}

/// The answer of the first server that gives one, or that none does.
async fn find(inquiry: &Inquiry, servers: &[SocketAddr]) -> Option<Vec<u8>> {
    if servers.is_empty() {
        return failure(&inquiry.message, inquiry.otherwise).ok();
    }
    let own = inquiry.message.get(..2)?;
    let by_tcp = matches!(inquiry.back, Back::Tcp(_));
    for server in servers.iter().cycle().take(TRIES.min(servers.len() + 1)) {
        let asked = renumbered(&inquiry.message)?;
        let answer = async {
            if by_tcp {
                ask_tcp(&asked, *server).await
            } else {
                ask_udp(&asked, *server).await
            }
        };
        match timeout(PATIENCE, answer).await {
            Ok(Ok(mut answer)) => {
                answer[..2].copy_from_slice(own);
                return Some(answer);
            }
            Ok(Err(error)) => tracing::debug!(%server, %error, "name server not asked"),
            Err(_) => tracing::debug!(%server, "name server gives no answer"),
        }
    }
    failure(&inquiry.message, Failure::Server).ok()
}

/// The message under a number that nobody can guess.
fn renumbered(message: &[u8]) -> Option<Vec<u8>> {
    let mut asked = message.to_vec();
    SystemRandom::new().fill(asked.get_mut(..2)?).ok()?;
    Some(asked)
}

async fn ask_udp(asked: &[u8], server: SocketAddr) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    // The kernel drops what comes from elsewhere.
    socket.connect(server).await?;
    socket.send(asked).await?;
    let mut answer = vec![0; LONGEST];
    loop {
        let length = socket.recv(&mut answer).await?;
        if echoes(asked, &answer[..length]) {
            answer.truncate(length);
            return Ok(answer);
        }
    }
}

async fn ask_tcp(asked: &[u8], server: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(asked.len()).map_err(io::Error::other)?;
    stream
        .write_all(&[&length.to_be_bytes(), asked].concat())
        .await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    if echoes(asked, &answer) {
        return Ok(answer);
    }
    Err(io::Error::other("the answer is to another question"))
}

async fn bring(inquiry: Inquiry, answer: Vec<u8>, frames: Option<mpsc::Sender<PacketOut>>) {
    match inquiry.back {
        // The VM may have hung up.
        Back::Tcp(back) => drop(back.send(answer)),
        Back::Udp(ofport, question, mtu) => match (question.answer(answer, mtu), frames) {
            (Ok(frame), Some(frames)) => {
                let _gone = frames.send(outlet::packet(ofport, frame)).await;
            }
            (Err(reason), _) => {
                tracing::debug!(reason = reason.as_str(), "name server's answer not brought");
            }
            (_, None) => {}
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Vec<u8> {
        let header = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        [&header[..], b"\x03web\0\0\x01\0\x01"].concat()
    }

    fn inquiry() -> Inquiry {
        Inquiry {
            port: PortId::random(),
            message: question(),
            servers: Vec::new(),
            otherwise: Failure::Refused,
            back: Back::Tcp(tokio::sync::oneshot::channel().0),
        }
    }

    #[tokio::test]
    async fn an_answer_to_another_question_is_passed_over() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = server.local_addr().unwrap();
        let asked = renumbered(&question()).unwrap();
        let answered = tokio::spawn(async move { ask_udp(&asked, at).await });
        let mut heard = [0; 100];
        let (length, from) = server.recv_from(&mut heard).await.unwrap();
        let mut answer = heard[..length].to_vec();
        answer[2] |= 0x80;
        let mut wrong = answer.clone();
        wrong[0] ^= 1;
        server.send_to(&wrong, from).await.unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        stranger.send_to(&answer, from).await.unwrap();
        answer.push(9);
        server.send_to(&answer, from).await.unwrap();
        assert_eq!(answered.await.unwrap().unwrap(), answer);
    }

    #[tokio::test]
    async fn without_servers_the_question_is_refused() {
        let answer = find(&inquiry(), &[]).await.unwrap();
        assert_eq!(answer[..2], [0x12, 0x34]);
        assert_eq!(answer[3] & 0xf, 5);
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_fails_the_question() {
        let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = gone.local_addr().unwrap();
        drop(gone);
        let answer = find(&inquiry(), &[at]).await.unwrap();
        assert_eq!(answer[3] & 0xf, 2);
    }

    #[tokio::test]
    async fn one_port_has_so_many_questions_under_way_and_no_more() {
        let mut forwarder = Forwarder::new(Vec::new());
        let port = PortId::random();
        let held: Vec<_> = (0..EACH).map(|_| forwarder.permits(port)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(forwarder.permits(port).is_none());
        assert!(forwarder.permits(PortId::random()).is_some());
    }
}
