//! Finds JSON-RPC messages in a byte stream that has no framing.
//!
//! OVSDB sends JSON objects one after the other, with or without white space between. The
//! decoder looks at each byte once, whatever the pieces in which the bytes arrive, and only
//! hands a complete object to the JSON parser.

use serde_json::Value;

use crate::error::DecodeError;

/// An incremental decoder with a bound on the size of one message.
///
/// After an error the stream has no known message boundary any more: the same error is
/// given for ever, and the connection is of no more use.
#[derive(Debug)]
pub struct JsonStream {
    buffer: Vec<u8>,
    /// How much of the buffer has been looked at.
    scanned: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    limit: usize,
    failed: Option<DecodeError>,
}

impl JsonStream {
    /// A decoder that refuses messages longer than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            scanned: 0,
            depth: 0,
            in_string: false,
            escaped: false,
            limit,
            failed: None,
        }
    }

    /// Adds bytes as they came from the socket.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next complete message, or `None` until more bytes are pushed.
    pub fn next_value(&mut self) -> Result<Option<Value>, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let outcome = self.decode_next();
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }

    fn decode_next(&mut self) -> Result<Option<Value>, DecodeError> {
        self.skip_space()?;
        let Some(end) = self.find_end() else {
            return if self.buffer.len() > self.limit {
                Err(self.too_long())
            } else {
                Ok(None)
            };
        };
        if end > self.limit {
            return Err(self.too_long());
        }
        let parsed = serde_json::from_slice(&self.buffer[..end]);
        self.buffer.drain(..end);
        self.scanned = 0;
        parsed
            .map(Some)
            .map_err(|error| DecodeError::Json(error.to_string()))
    }

    fn too_long(&self) -> DecodeError {
        DecodeError::TooLong { limit: self.limit }
    }

    /// Drops white space before a message and insists that a brace opens it.
    fn skip_space(&mut self) -> Result<(), DecodeError> {
        if self.depth > 0 {
            return Ok(());
        }
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let start = self.buffer.iter().position(|byte| !is_space(byte));
        self.buffer.drain(..start.unwrap_or(self.buffer.len()));
        match self.buffer.first() {
            None | Some(b'{') => Ok(()),
            Some(&other) => Err(DecodeError::NotAnObject(other)),
        }
    }

    /// Goes on scanning where the last call stopped; the length of the message if its
    /// closing brace is there.
    fn find_end(&mut self) -> Option<usize> {
        while let Some(&byte) = self.buffer.get(self.scanned) {
            self.scanned += 1;
            if self.closes_message(byte) {
                return Some(self.scanned);
            }
        }
        None
    }

    fn closes_message(&mut self, byte: u8) -> bool {
        if self.in_string {
            let ends = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.in_string = !ends;
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.depth == 0
    }
}
