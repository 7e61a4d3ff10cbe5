//! Laws of the codec, and its form against examples of RFC 7047.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a step that fails in a helper fails its test"
)]

use std::time::Duration;

use alcor_ovsdb::{
    Atom, Condition, Datum, DecodeError, Error, Function, JsonStream, Message, Mutation, Mutator,
    OpResult, Operation, Real, Row, Until, Wait, decode_results,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn atom() -> impl Strategy<Value = Atom> {
    prop_oneof![
        any::<i64>().prop_map(Atom::Integer),
        // Eighths are exact, whatever the JSON parser's rounding.
        any::<i32>().prop_filter_map("whole", |eighths| {
            Real::new(f64::from(eighths) / 8.0).map(Atom::Real)
        }),
        any::<bool>().prop_map(Atom::Boolean),
        ".*".prop_map(Atom::Text),
        any::<u128>().prop_map(|bits| Atom::Uuid(Uuid::from_u128(bits))),
        "[a-z_][a-z0-9_]{0,8}".prop_map(Atom::NamedUuid),
    ]
}

fn datum() -> impl Strategy<Value = Datum> {
    prop_oneof![
        btree_set(atom(), 0..5).prop_map(Datum::Set),
        btree_map(atom(), atom(), 0..5).prop_map(Datum::Map),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    vec(("[a-z_]{1,8}", datum()), 0..5).prop_map(|columns| {
        columns
            .into_iter()
            .fold(Row::new(), |row, (name, value)| row.with(&name, value))
    })
}

fn message() -> impl Strategy<Value = Message> {
    let params = || vec(row().prop_map(|row| row.to_json()), 0..3);
    prop_oneof![
        (any::<u64>(), "[a-z]{1,9}", params()).prop_map(|(id, method, params)| Message::Request {
            id: json!(id),
            method,
            params
        }),
        ("[a-z]{1,9}", params())
            .prop_map(|(method, params)| Message::Notification { method, params }),
        (any::<u64>(), row()).prop_map(|(id, row)| Message::Response {
            id: json!(id),
            outcome: Ok(row.to_json())
        }),
        (any::<u64>(), ".+").prop_map(|(id, error)| Message::Response {
            id: json!(id),
            outcome: Err(json!(error))
        }),
    ]
}

/// All messages in `bytes` when they arrive in pieces that end at `cuts`.
fn decode_in_pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Value> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let mut stream = JsonStream::new(1 << 20);
    let mut values = Vec::new();
    for piece in cuts.windows(2) {
        stream.push(&bytes[piece[0]..piece[1]]);
        while let Some(value) = stream.next_value().expect("valid") {
            values.push(value);
        }
    }
    values
}

proptest! {
    #[test]
    fn a_row_survives_the_wire(row in row()) {
        let text = row.to_json().to_string();
        let value = serde_json::from_str(&text).expect("json");
        prop_assert_eq!(Row::from_json(&value).expect("row"), row);
    }

    #[test]
    fn messages_survive_any_split(
        messages in vec(message(), 0..6),
        space in "[ \t\r\n]{0,3}",
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let texts: Vec<_> = messages.iter().map(|message| message.to_json().to_string()).collect();
        let bytes = texts.join(&space).into_bytes();
        let decoded: Result<Vec<_>, _> =
            decode_in_pieces(&bytes, &cuts).into_iter().map(Message::from_json).collect();
        prop_assert_eq!(decoded.expect("messages"), messages);
    }

    #[test]
    fn the_bound_is_exact(padding in 0_usize..64, byte_by_byte: bool) {
        let text = json!({"padding": " ".repeat(padding)}).to_string();
        let attempt = |limit| {
            let mut stream = JsonStream::new(limit);
            let size = if byte_by_byte { 1 } else { text.len() };
            let mut last = Ok(None);
            for piece in text.as_bytes().chunks(size) {
                stream.push(piece);
                last = stream.next_value();
                if last.is_err() {
                    break;
                }
            }
            last
        };
        prop_assert!(matches!(attempt(text.len()), Ok(Some(_))));
        let limit = text.len() - 1;
        prop_assert_eq!(attempt(limit), Err(DecodeError::TooLong { limit }));
    }
}

#[test]
fn scalars_and_sets_of_one_are_the_same() {
    let bare = Datum::from_json(&json!("a")).expect("atom");
    let set = Datum::from_json(&json!(["set", ["a"]])).expect("set");
    assert_eq!(bare, set);
    assert_eq!(set.to_json(), json!("a"));
    assert_eq!(Datum::empty().to_json(), json!(["set", []]));
    assert_eq!(
        Datum::map([("k", "v")]).to_json(),
        json!(["map", [["k", "v"]]])
    );
}

#[test]
fn malformed_values_are_refused() {
    let bad = [
        json!(null),
        json!({}),
        json!([]),
        json!(["set"]),
        json!(["set", "a"]),
        json!(["set", ["a", "a"]]),
        json!(["map", [["a"]]]),
        json!(["map", [["a", 1], ["a", 2]]]),
        json!(["uuid", "not-a-uuid"]),
        json!(["other", "x"]),
    ];
    for value in bad {
        assert!(Datum::from_json(&value).is_err(), "{value} was accepted");
    }
}

#[test]
fn a_stream_without_an_object_is_refused() {
    let mut stream = JsonStream::new(100);
    stream.push(b"  [1]");
    assert_eq!(stream.next_value(), Err(DecodeError::NotAnObject(b'[')));
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let mut stream = JsonStream::new(1 << 20);
    stream.push(format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes());
    assert!(matches!(stream.next_value(), Err(DecodeError::Json(_))));
}

#[test]
fn operations_have_the_form_of_the_rfc() {
    let rows = vec![Condition::new("tag", Function::GreaterOrEqual, 7)];
    let add = Mutation::new("next_cfg", Mutator::Add, 1);
    let row = Row::new()
        .with("name", "a")
        .with("ports", Datum::named("p"));
    let wait = Operation::Wait(Wait {
        table: "T".to_owned(),
        conditions: rows.clone(),
        columns: vec!["name".to_owned()],
        until: Until::NotEqual,
        rows: vec![Row::new().with("name", "b")],
        timeout: Duration::from_millis(1500),
    });
    let condition = json!([["tag", ">=", 7]]);
    let cases = [
        (
            Operation::insert("T", "n", row),
            json!({"op": "insert", "table": "T", "uuid-name": "n",
                   "row": {"name": "a", "ports": ["named-uuid", "p"]}}),
        ),
        (
            Operation::select("T", rows.clone(), &[]),
            json!({"op": "select", "table": "T", "where": condition}),
        ),
        (
            Operation::update("T", rows.clone(), Row::new().with("up", true)),
            json!({"op": "update", "table": "T", "where": condition, "row": {"up": true}}),
        ),
        (
            Operation::mutate("T", rows.clone(), vec![add]),
            json!({"op": "mutate", "table": "T", "where": condition,
                   "mutations": [["next_cfg", "+=", 1]]}),
        ),
        (
            Operation::delete("T", rows),
            json!({"op": "delete", "table": "T", "where": condition}),
        ),
        (
            wait,
            json!({"op": "wait", "table": "T", "where": condition, "columns": ["name"],
                   "until": "!=", "rows": [{"name": "b"}], "timeout": 1500}),
        ),
        (
            Operation::Comment("c".to_owned()),
            json!({"op": "comment", "comment": "c"}),
        ),
        (Operation::Abort, json!({"op": "abort"})),
    ];
    for (operation, expected) in cases {
        assert_eq!(operation.to_json(), expected);
    }
}

#[test]
fn results_are_read_by_operation() {
    let uuid = Uuid::from_u128(7);
    let operations = [
        Operation::insert("T", "n", Row::new()),
        Operation::select("T", vec![], &[]),
        Operation::delete("T", vec![]),
        Operation::Comment(String::new()),
    ];
    let result =
        json!([{"uuid": ["uuid", uuid.to_string()]}, {"rows": [{"a": 1}]}, {"count": 2}, {}]);
    let expected = vec![
        OpResult::Inserted(uuid),
        OpResult::Rows(vec![Row::new().with("a", 1)]),
        OpResult::Count(2),
        OpResult::Done,
    ];
    assert_eq!(decode_results(&operations, &result), Ok(expected));
    let short = json!([{"uuid": ["uuid", uuid.to_string()]}]);
    assert!(matches!(
        decode_results(&operations, &short),
        Err(Error::Decode(_))
    ));
}

#[test]
fn an_error_among_results_names_the_operation() {
    let operations = [
        Operation::select("T", vec![], &[]),
        Operation::delete("T", vec![]),
    ];
    let failure = json!({"error": "constraint violation", "details": "because"});
    let failed = |result: &Value| match decode_results(&operations, result) {
        Err(Error::Transaction {
            index,
            operation,
            error,
            details,
        }) => {
            assert_eq!(
                (error.as_str(), details.as_str()),
                ("constraint violation", "because")
            );
            (index, operation)
        }
        other => panic!("unexpected {other:?}"),
    };
    assert_eq!(
        failed(&json!([{"rows": []}, failure])),
        (1, "delete from T".to_owned())
    );
    assert_eq!(
        failed(&json!([failure, null])),
        (0, "select from T".to_owned())
    );
    assert_eq!(
        failed(&json!([{"rows": []}, {"count": 0}, failure])),
        (2, "commit".to_owned())
    );
}
