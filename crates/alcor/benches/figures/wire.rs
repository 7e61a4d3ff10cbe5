//! HTTP/1.1 as cheap as it gets: one kept connection, requests as ready bytes, no parsing
//! beyond what tells where an answer ends. The server under test shares the machine with its
//! clients, so what a client costs is missing from the figure.

use anyhow::{Context, bail};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What any one call may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// What is read at a time, in bytes.
const READ: usize = 256 << 10;

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    line: Vec<u8>,
    body: Vec<u8>,
}

/// How long the body is.
enum Length {
    Known(usize),
    Chunks,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(READ, stream),
            line: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Sends a request and returns the body of its answer, which must have this status.
    pub(crate) async fn call(&mut self, request: &[u8], expected: u16) -> anyhow::Result<&[u8]> {
        let status = timeout(PATIENCE, self.exchange(request))
            .await
            .context("no answer")??;
        if status != expected {
            let text = String::from_utf8_lossy(&self.body);
            bail!("status {status} instead of {expected}: {text}");
        }
        Ok(&self.body)
    }

    /// Reads a path.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<&[u8]> {
        self.call(&get(path), 200).await
    }

    /// Makes a resource.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> anyhow::Result<&[u8]> {
        self.call(&post(path, body), 201).await
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.get_mut().write_all(request).await?;
        let (status, length) = self.head().await?;
        self.body.clear();
        match length {
            Length::Known(length) => self.take(length).await?,
            Length::Chunks => self.chunks().await?,
        }
        Ok(status)
    }

    async fn head(&mut self) -> anyhow::Result<(u16, Length)> {
        self.read_line().await?;
        let status = std::str::from_utf8(&self.line)?.split(' ').nth(1);
        let status = status.context("no status line")?.parse()?;
        let mut length = Length::Known(0);
        loop {
            self.read_line().await?;
            if self.line.is_empty() {
                return Ok((status, length));
            }
            let line = std::str::from_utf8(&self.line)?;
            let (name, value) = line.split_once(':').context("no header line")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = Length::Known(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                length = Length::Chunks;
            }
        }
    }

    async fn chunks(&mut self) -> anyhow::Result<()> {
        loop {
            self.read_line().await?;
            let size = usize::from_str_radix(std::str::from_utf8(&self.line)?, 16)?;
            self.take(size).await?;
            self.read_line().await?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    /// Appends so many bytes to the body.
    async fn take(&mut self, size: usize) -> anyhow::Result<()> {
        let have = self.body.len();
        self.body.resize(have + size, 0);
        self.stream.read_exact(&mut self.body[have..]).await?;
        Ok(())
    }

    async fn read_line(&mut self) -> anyhow::Result<()> {
        self.line.clear();
        if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
            bail!("the server closed the connection");
        }
        let end = self.line.trim_ascii_end().len();
        self.line.truncate(end);
        Ok(())
    }
}

/// A request for a path.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: region\r\n\r\n").into_bytes()
}

/// A request that makes something.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    with_body("POST", path, body)
}

/// A request that changes something.
pub(crate) fn put(path: &str, body: &str) -> Vec<u8> {
    with_body("PUT", path, body)
}

/// A request that takes something away.
pub(crate) fn delete(path: &str) -> Vec<u8> {
    format!("DELETE {path} HTTP/1.1\r\nhost: region\r\n\r\n").into_bytes()
}

fn with_body(method: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: region\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
