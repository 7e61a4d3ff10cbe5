//! Decoders fed with anything: they give a value or an error, never a panic, and what they
//! accept they can write again.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a step that fails in a helper fails its test"
)]

use alcor_ovsdb::{Datum, DecodeError, Flavour, JsonStream, Message, Schema, TableUpdates};
use serde_json::Value;

/// What comes out of the stream when the bytes arrive in pieces of this size.
fn drain(bytes: &[u8], size: usize) -> Vec<Result<Value, DecodeError>> {
    let mut stream = JsonStream::new(256);
    let mut values = Vec::new();
    for piece in bytes.chunks(size) {
        stream.push(piece);
        while let Some(value) = stream.next_value().transpose() {
            let failed = value.is_err();
            values.push(value);
            if failed {
                return values;
            }
        }
    }
    values
}

/// However the bytes are cut, the same messages come out, up to the same error.
#[test]
fn stream_decoder() {
    bolero::check!()
        .with_type::<(Vec<u8>, u8)>()
        .for_each(|(bytes, size)| {
            assert_eq!(drain(bytes, usize::from(*size).max(1)), drain(bytes, 1));
        });
}

/// The same over bytes that are nearly JSON, which random bytes hardly ever are.
#[test]
fn stream_decoder_on_json_like_bytes() {
    const PIECES: [&str; 14] = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ":",
        ",",
        " ",
        "1",
        "null",
        "\"a\":",
        "{}",
        "{\"a\":\"\\\"}\"}",
    ];
    bolero::check!()
        .with_type::<(Vec<u8>, u8)>()
        .for_each(|(picks, size)| {
            let pick = |pick: &u8| PIECES[usize::from(*pick) % PIECES.len()];
            let text: String = picks.iter().map(pick).collect();
            let bytes = text.as_bytes();
            assert_eq!(
                drain(bytes, usize::from(*size).max(1)),
                drain(bytes, 1),
                "{text}"
            );
        });
}

#[test]
fn value_decoder() {
    const PIECES: [&str; 13] = [
        "[",
        "]",
        ",",
        "\"set\"",
        "\"map\"",
        "\"uuid\"",
        "\"named-uuid\"",
        "1",
        "-0.5",
        "true",
        "null",
        "\"00000000-0000-0000-0000-000000000001\"",
        "{}",
    ];
    bolero::check!().with_type::<Vec<u8>>().for_each(|picks| {
        let text: String = picks
            .iter()
            .map(|pick| PIECES[usize::from(*pick) % PIECES.len()])
            .collect();
        let Ok(json) = serde_json::from_str(&text) else {
            return;
        };
        if let Ok(datum) = Datum::from_json(&json) {
            assert_eq!(Datum::from_json(&datum.to_json()), Ok(datum));
        }
    });
}

/// JSON of a random shape whose names are those that the decoders look for.
fn json_of(bytes: &mut impl Iterator<Item = u8>, depth: u8) -> Value {
    const NAMES: [&str; 16] = [
        "old",
        "new",
        "initial",
        "insert",
        "modify",
        "delete",
        "set",
        "map",
        "uuid",
        "id",
        "method",
        "params",
        "tables",
        "columns",
        "type",
        "00000000-0000-0000-0000-000000000001",
    ];
    let pick = bytes.next().unwrap_or(0);
    let name = NAMES[usize::from(pick >> 4)];
    match pick % 8 {
        0 => Value::Null,
        1 => serde_json::json!(pick),
        2 | 3 => serde_json::json!(name),
        4 | 5 if depth > 0 => (0..pick >> 6).map(|_| json_of(bytes, depth - 1)).collect(),
        _ if depth > 0 => serde_json::json!({name: json_of(bytes, depth - 1)}),
        _ => serde_json::json!(false),
    }
}

#[test]
fn message_update_and_schema_decoders() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
        let json = json_of(&mut bytes.iter().copied(), 8);
        for flavour in Flavour::ALL {
            drop(TableUpdates::from_json(flavour, &json));
        }
        drop(Schema::from_json(&json));
        if let Ok(message) = Message::from_json(json) {
            assert_eq!(Message::from_json(message.to_json()), Ok(message));
        }
    });
}
