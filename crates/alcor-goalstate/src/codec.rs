//! How messages become bytes: as the library does it, but with buffers that begin small. A region has a
//! session with each of its hosts, most of which say little, and the library's buffers are 8 KiB each.

use prost::Message;
use std::marker::PhantomData;
use tonic::codec::{BufferSettings, Codec};
use tonic_prost::{ProstDecoder, ProstEncoder};

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
    type Encoder = ProstEncoder<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(BufferSettings::new(BEGINNING, TURN))
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::new(BEGINNING, TURN))
    }
}
