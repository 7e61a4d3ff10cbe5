//! How messages become bytes: as the library does it, but with buffers that begin small. A region has a
//! session with each of its hosts, most of which say little, and the library's buffers are 8 KiB each.

use prost::Message;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic_prost::ProstDecoder;

/// The size that a buffer begins with, in bytes: a heartbeat with the digests of some scopes.
const BEGINNING: usize = 256;
/// Bytes after which a stream lets others go on: the library's own number.
const TURN: usize = 32 << 10;

/// The codec of all services here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SmallBuffers<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for SmallBuffers<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for SmallBuffers<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = Fitting<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        Fitting(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::new(BEGINNING, TURN))
    }
}

/// Takes as much room as the message needs. The library's encoder lets its buffer grow by doubling, and a
/// stream keeps the buffer of its last message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitting<T>(PhantomData<T>);

impl<T: Message> Encoder for Fitting<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.reserve(message.encoded_len());
        let encoded = message.encode(into);
        encoded.map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BEGINNING, TURN)
    }
}
