//! The answer to a list request: short ones as one body, long ones in chunks, so that a
//! hundred thousand ports need no more memory than a thousand.

use super::page::Rows;
use super::walk::Step;
use crate::error::RequestError;
use crate::link::{Extent, Origin};
use crate::resource::{Resource, Row};
use crate::view::{self, Selection};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;

pub(crate) use super::page::Listing;

/// A body grows to this many bytes before it is sent on.
const CHUNK_BYTES: usize = 128 * 1024;

/// How many rows are written before other requests get the worker thread.
const BUDGET: usize = 128;

/// How many chunks wait for a client.
const CHUNKS_AHEAD: usize = 2;

/// A client that takes no chunk for so long loses the connection, so that it cannot keep an old
/// view of the region in memory.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Answers a list request.
pub(crate) async fn answer<R: Resource>(
    listing: Listing<R>,
    selection: Selection,
    origin: Origin,
) -> Result<Response, RequestError> {
    let rows = listing.rows().await?;
    let mut writer = Writer {
        listing,
        selection,
        origin,
        rows,
        extent: Extent::default(),
    };
    let mut buffer = Vec::with_capacity(4096);
    view::open_list::<R>(&mut buffer);
    let body = match writer.fill(&mut buffer).await? {
        Step::Done => Body::from(buffer),
        Step::More => writer.spawn(buffer.into()),
    };
    Ok(json(body))
}

/// A response with a JSON body.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

struct Writer<R: Resource> {
    listing: Listing<R>,
    selection: Selection,
    origin: Origin,
    rows: Rows<R>,
    extent: Extent,
}

impl<R: Resource> Writer<R> {
    /// Sends `first`, and then the rest as the client takes it.
    fn spawn(mut self, first: Bytes) -> Body {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        tokio::spawn(async move {
            let mut chunk = Ok(first);
            let mut step = Step::More;
            loop {
                let failed = chunk.is_err();
                let sent = sender.send_timeout(chunk, READ_TIMEOUT).await.is_ok();
                if failed || !sent || step == Step::Done {
                    return;
                }
                let mut buffer = Vec::with_capacity(CHUNK_BYTES + 8192);
                chunk = self.fill(&mut buffer).await.map(|done| {
                    step = done;
                    buffer.into()
                });
            }
        });
        Body::from_stream(stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|chunk| (chunk, receiver))
        }))
    }

    /// Fills the buffer up to a chunk, or to the end of the answer.
    async fn fill(&mut self, buffer: &mut Vec<u8>) -> Result<Step, RequestError> {
        while buffer.len() < CHUNK_BYTES {
            if self.advance(buffer)? == Step::Done {
                self.close(buffer)?;
                return Ok(Step::Done);
            }
            tokio::task::yield_now().await;
        }
        Ok(Step::More)
    }

    /// Writes a bounded number of rows.
    fn advance(&mut self, buffer: &mut Vec<u8>) -> Result<Step, RequestError> {
        let Self {
            listing,
            selection,
            rows,
            extent,
            ..
        } = self;
        let mut push = |row: &Row<'_, R>| {
            if extent.count > 0 {
                buffer.push(b',');
            }
            extend(
                extent,
                R::id(&row.record),
                listing.query.page.limit.is_some(),
            );
            view::append(buffer, row, selection)
        };
        match rows {
            Rows::Walk(walk, left) => walk.step(&listing.reading, BUDGET, &mut |record| {
                let row = listing.row(record);
                if *left > 0 && listing.wants(&row) {
                    push(&row)?;
                    *left -= 1;
                }
                Ok(if *left == 0 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            }),
            Rows::Keys(keys) => {
                for key in keys.by_ref().take(BUDGET) {
                    push(&listing.row(listing.record(&key)?))?;
                }
                Ok(if keys.len() == 0 {
                    Step::Done
                } else {
                    Step::More
                })
            }
        }
    }

    /// Ends the list, with its links where it is a page.
    fn close(&self, buffer: &mut Vec<u8>) -> Result<(), RequestError> {
        buffer.push(b']');
        let links = self.origin.links(&self.listing.query.page, &self.extent);
        if !links.is_empty() {
            buffer.extend_from_slice(b",\"");
            buffer.extend_from_slice(R::PLURAL.as_bytes());
            buffer.extend_from_slice(b"_links\":");
            serde_json::to_writer(&mut *buffer, &links).map_err(|_| RequestError::Damaged)?;
        }
        buffer.push(b'}');
        Ok(())
    }
}

/// Counts an item; its id is kept only where links will name it.
fn extend(extent: &mut Extent, id: uuid::Uuid, linked: bool) {
    extent.count += 1;
    if linked {
        let id = id.to_string();
        extent.first.get_or_insert_with(|| id.clone());
        extent.last = Some(id);
    }
}
