//! One OXM or NXM entry: header, value, optional mask (OpenFlow 1.3.5, 7.2.3.2).

use crate::field::EXPERIMENTER;
use crate::wire::{Reader, put_number};
use crate::{DecodeError, Field};
use bytes::{BufMut, Bytes, BytesMut};

/// Experimenter number of the ONF, and its number for TCP flags: the form in which Open
/// vSwitch writes that field back over OpenFlow 1.3.
const ONF: u32 = 0x4f4e_4600;
const ONF_TCP_FLAGS: u8 = 42;

/// What one entry of a match says.
pub(crate) enum Entry {
    /// A field of ours, with a mask unless it is exact.
    Known(Field, u128, Option<u128>),
    /// A field that this crate does not know, header included.
    Other(Bytes),
}

/// Appends header, value and mask of `field`.
pub(crate) fn encode(to: &mut BytesMut, field: Field, value: u128, mask: Option<u128>) {
    let layout = field.layout();
    let size = if mask.is_some() { 2 } else { 1 } * layout.width;
    put_header(to, field, mask.is_some(), size);
    put_number(to, value, layout.width);
    if let Some(mask) = mask {
        put_number(to, mask, layout.width);
    }
}

/// Appends the header alone, with the length of an exact value, as actions name a field.
pub(crate) fn encode_header(to: &mut BytesMut, field: Field) {
    put_header(to, field, false, field.layout().width);
}

fn put_header(to: &mut BytesMut, field: Field, masked: bool, size: usize) {
    let layout = field.layout();
    to.put_u16(layout.class);
    to.put_u8(layout.number << 1 | u8::from(masked));
    to.put_u8(u8::try_from(size).unwrap_or(u8::MAX));
}

/// Reads one entry.
pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Entry, DecodeError> {
    let whole = from.clone();
    let (field, masked, mut body) = decode_parts(from)?;
    let halves = if masked { 2 } else { 1 };
    let known = field.filter(|field| body.remaining() == halves * field.layout().width);
    let Some(field) = known else {
        let length = whole.remaining() - from.remaining();
        let bytes = whole.clone().take(length)?;
        return Ok(Entry::Other(Bytes::copy_from_slice(bytes)));
    };
    let value = body.number(field.layout().width)?;
    let mask = masked
        .then(|| body.number(field.layout().width))
        .transpose()?;
    Ok(Entry::Known(field, value, mask))
}

/// Header and body of one entry; the field where it is known.
fn decode_parts<'a>(
    from: &mut Reader<'a>,
) -> Result<(Option<Field>, bool, Reader<'a>), DecodeError> {
    let class = from.u16()?;
    let number_and_mask = from.u8()?;
    let length = usize::from(from.u8()?);
    let mut body = from.part("match field", length)?;
    let number = number_and_mask >> 1;
    let field = if class == EXPERIMENTER {
        match (body.u32()?, number) {
            (ONF, ONF_TCP_FLAGS) => Some(Field::TcpFlags),
            _ => None,
        }
    } else {
        Field::from_header(class, number)
    };
    Ok((field, number_and_mask & 1 == 1, body))
}

/// Reads a bare header of four bytes, as actions name a field.
pub(crate) fn decode_header(from: &mut Reader<'_>) -> Result<Field, DecodeError> {
    let header = from.u32()?;
    let class = (header >> 16) as u16;
    let number = ((header >> 9) & 0x7f) as u8;
    let width = (header & 0xff) as usize;
    Field::from_header(class, number)
        .filter(|field| field.layout().width == width)
        .ok_or(DecodeError::Unknown {
            what: "field of an action",
            number: header.into(),
        })
}
