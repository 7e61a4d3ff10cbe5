//! One connection, one question at a time.

use alcor_ovsdb::{JsonStream, Message};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The most that a dial or an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// The longest answer that is taken, in bytes: the trace of a broadcast to a thousand hosts has less.
const MAX_ANSWER: usize = 16 << 20;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such socket, or nobody listens.
    #[error("{}: {error}", path.display())]
    Dial {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] std::io::Error),
    /// The answer took too long.
    #[error("no answer within {} s", ANSWER.as_secs())]
    Silent,
    /// The answer is none.
    #[error("not an answer: {0}")]
    Garbled(String),
    /// The daemon cannot do that.
    #[error("ovs-vswitchd: {0}")]
    Refused(String),
}

/// A connection to a daemon's control socket.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    answers: JsonStream,
    asked: u64,
}

impl Client {
    /// Dials a socket such as `/run/openvswitch/ovs-vswitchd.4711.ctl`.
    pub async fn connect(path: &Path) -> Result<Self, Error> {
        let dial = |error| Error::Dial {
            path: path.to_owned(),
            error,
        };
        let stream = tokio::time::timeout(ANSWER, UnixStream::connect(path)).await;
        Ok(Self {
            stream: stream.map_err(|_| Error::Silent)?.map_err(dial)?,
            answers: JsonStream::new(MAX_ANSWER),
            asked: 0,
        })
    }

    /// Calls a method, and returns what it prints. After an error that is no refusal the
    /// connection is of no more use.
    pub async fn call(&mut self, method: &str, words: &[&str]) -> Result<String, Error> {
        let call = self.exchange(method, words);
        tokio::time::timeout(ANSWER, call)
            .await
            .map_err(|_| Error::Silent)?
    }

    async fn exchange(&mut self, method: &str, words: &[&str]) -> Result<String, Error> {
        self.asked += 1;
        let request = json!({ "id": self.asked, "method": method, "params": words });
        self.stream
            .write_all(request.to_string().as_bytes())
            .await?;
        let garbled = |what: &dyn std::fmt::Display| Error::Garbled(what.to_string());
        let answer = self.answer().await?;
        let message = Message::from_json(answer).map_err(|error| garbled(&error))?;
        match message {
            Message::Response { id, outcome } if id == json!(self.asked) => match outcome {
                Ok(Value::String(text)) => Ok(text),
                Err(Value::String(text)) => Err(Error::Refused(text.trim_end().to_owned())),
                Ok(other) | Err(other) => Err(garbled(&other)),
            },
            other => Err(garbled(&other.to_json())),
        }
    }

    async fn answer(&mut self) -> Result<Value, Error> {
        let mut piece = [0; 8192];
        loop {
            let next = self.answers.next_value();
            if let Some(value) = next.map_err(|error| Error::Garbled(error.to_string()))? {
                return Ok(value);
            }
            match self.stream.read(&mut piece).await? {
                0 => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
                read => self.answers.push(&piece[..read]),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;
    use tokio::net::UnixListener;

    /// A daemon that answers one call with these bytes, in two pieces.
    async fn asked_of(answer: &'static str) -> Result<String, Error> {
        let name = format!("alcor-unixctl-{}-{}", std::process::id(), answer.len());
        let path = std::env::temp_dir().join(name);
        // What an earlier run left is in the way; nothing is the usual case.
        let _left = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let daemon = tokio::spawn(async move {
            let (mut caller, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let read = caller.read(&mut asked).await.unwrap();
            let (first, rest) = answer.as_bytes().split_at(answer.len() / 2);
            caller.write_all(first).await.unwrap();
            tokio::task::yield_now().await;
            caller.write_all(rest).await.unwrap();
            String::from_utf8(asked[..read].to_vec()).unwrap()
        });
        let mut client = Client::connect(&path).await.unwrap();
        let said = client.call("ofproto/trace", &["br-int", "ip"]).await;
        let asked: Value = serde_json::from_str(&daemon.await.unwrap()).unwrap();
        assert_eq!(asked["params"], json!(["br-int", "ip"]));
        std::fs::remove_file(&path).unwrap();
        said
    }

    #[tokio::test]
    async fn an_answer_is_a_text_or_a_refusal() {
        let said = asked_of(r#"{"id":1,"error":null,"result":"a {\"text\"}\n"}"#).await;
        assert_eq!(said.unwrap(), "a {\"text\"}\n");
        let refused = asked_of(r#"{"id":1,"result":null,"error":"Unknown bridge\n"}"#).await;
        assert!(matches!(refused, Err(Error::Refused(text)) if text == "Unknown bridge"));
        for wrong in [r#"{"id":7,"error":null,"result":"late"}"#, "[1, 2, 3]", ""] {
            assert!(asked_of(wrong).await.is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_is_named() {
        let error = Client::connect(Path::new("/nowhere/ovs.ctl"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("/nowhere/ovs.ctl"), "{error}");
    }
}
