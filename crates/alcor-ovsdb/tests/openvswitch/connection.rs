//! Calls, refusals and the end of connections.

use std::time::Duration;

use alcor_ovsdb::vswitch::DATABASE;
use alcor_ovsdb::{Connection, Endpoint, Error, JsonStream, Message, Operation, Options, Row};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::harness::{DEADLINE, Switch};

#[tokio::test]
async fn databases_and_schema_are_listed() {
    let switch = Switch::database().await;
    let connection = switch.connect().await;
    let names = connection.list_dbs().await.expect("list");
    assert!(names.iter().any(|name| name == DATABASE), "{names:?}");
    let schema = connection.get_schema(DATABASE).await.expect("schema");
    assert!(
        schema
            .column("Bridge", "external_ids")
            .is_ok_and(|column| column.many)
    );
    assert!(
        schema
            .column("Bridge", "fail_mode")
            .is_ok_and(|column| column.optional)
    );
    let error = connection.get_schema("nowhere").await.expect_err("unknown");
    assert!(
        matches!(
            error,
            Error::Refused {
                method: "get_schema",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_failing_operation_is_named_and_nothing_is_done() {
    let switch = Switch::database().await;
    let connection = switch.connect().await;
    let comment = Operation::Comment("fails".to_owned());
    let unknown = Operation::delete("Nowhere", vec![]);
    let error = connection
        .transact(DATABASE, &[comment.clone(), unknown])
        .await
        .expect_err("table");
    let Error::Transaction {
        index,
        operation,
        details,
        ..
    } = &error
    else {
        panic!("unexpected {error}");
    };
    assert_eq!((*index, operation.as_str()), (1, "delete from Nowhere"));
    assert!(details.contains("No table named Nowhere"), "{details}");

    switch.vsctl("--no-wait add-br br0").await;
    let remove = Operation::update("Open_vSwitch", vec![], Row::new().with("next_cfg", 77));
    let again = Row::new().with("name", "br0");
    let insert = Operation::insert("Bridge", "twice", again);
    let attach = alcor_ovsdb::Mutation::new(
        "bridges",
        alcor_ovsdb::Mutator::Insert,
        alcor_ovsdb::Datum::named("twice"),
    );
    let attach = Operation::mutate("Open_vSwitch", vec![], vec![attach]);
    let error = connection
        .transact(DATABASE, &[remove, insert, attach])
        .await;
    let error = error.expect_err("bridge names are unique");
    let Error::Transaction {
        index,
        operation,
        error,
        details,
    } = &error
    else {
        panic!("unexpected {error}");
    };
    assert_eq!((*index, operation.as_str()), (3, "commit"));
    assert_eq!(error, "constraint violation");
    assert!(details.contains("br0"), "{details}");
    assert_eq!(switch.vsctl("get Open_vSwitch . next_cfg").await, "0");
}

#[tokio::test]
async fn the_end_of_the_server_is_noticed_by_all() {
    let mut switch = Switch::database().await;
    let connection = switch.connect().await;
    connection.list_dbs().await.expect("list");
    switch.stop_server().await;
    let reason = timeout(DEADLINE, connection.closed())
        .await
        .expect("noticed");
    assert!(matches!(reason, Error::Closed { .. }), "{reason}");
    assert_eq!(connection.list_dbs().await.expect_err("closed"), reason);
    let error = Connection::connect(&switch.endpoint(), Options::default()).await;
    assert!(matches!(error, Err(Error::Connect { .. })));
}

#[tokio::test]
async fn large_answers_and_many_calls_pass_at_once() {
    let switch = Switch::database().await;
    let connection = switch.connect().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let connection = connection.clone();
        tasks.spawn(async move { connection.get_schema(DATABASE).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
}

#[test]
fn endpoints_are_read() {
    for text in ["unix:/run/db.sock", "tcp:127.0.0.1:6640", "tcp:[::1]:6640"] {
        let endpoint: Endpoint = text.parse().expect("endpoint");
        assert_eq!(endpoint.to_string(), text);
    }
    for text in [
        "",
        "unix:",
        "tcp:",
        "tcp:host",
        "tcp::1",
        "tcp:h:99999",
        "/run/db.sock",
        "ssl:h:1",
    ] {
        assert!(text.parse::<Endpoint>().is_err(), "{text}");
    }
}

/// A server that the test plays by itself.
async fn played(options: Options) -> (Connection, UnixStream, tempfile::TempDir) {
    let folder = tempfile::Builder::new()
        .prefix("ao")
        .tempdir_in("/tmp")
        .expect("temp dir");
    let path = folder.path().join("s");
    let listener = UnixListener::bind(&path).expect("bind");
    let endpoint = Endpoint::Unix(path);
    let connect = Connection::connect(&endpoint, options);
    let (connection, accepted) = tokio::join!(connect, listener.accept());
    (
        connection.expect("connect"),
        accepted.expect("accept").0,
        folder,
    )
}

async fn receive(socket: &mut UnixStream, stream: &mut JsonStream) -> Message {
    loop {
        if let Some(value) = stream.next_value().expect("json") {
            return Message::from_json(value).expect("message");
        }
        let mut bytes = [0; 4096];
        let count = timeout(DEADLINE, socket.read(&mut bytes))
            .await
            .expect("in time");
        stream.push(&bytes[..count.expect("read")]);
    }
}

#[tokio::test]
async fn a_silent_peer_is_given_up() {
    let options = Options {
        echo_interval: Duration::from_millis(20),
        ..Options::default()
    };
    let (connection, mut socket, _folder) = played(options).await;
    let mut stream = JsonStream::new(1000);
    let message = receive(&mut socket, &mut stream).await;
    assert!(matches!(message, Message::Request { method, .. } if method == "echo"));
    let reason = timeout(DEADLINE, connection.closed())
        .await
        .expect("noticed");
    assert!(reason.to_string().contains("echo"), "{reason}");
}

#[tokio::test]
async fn an_echo_is_answered_and_other_requests_refused() {
    let (_connection, mut socket, _folder) = played(Options::default()).await;
    let mut stream = JsonStream::new(1000);
    let cases = [
        ("echo", Ok(json!(["x", 1]))),
        ("format", Err(json!("unknown method"))),
    ];
    for (method, outcome) in cases {
        let (id, params) = (json!("their-id"), vec![json!("x"), json!(1)]);
        let request = Message::Request {
            id: id.clone(),
            method: method.to_owned(),
            params,
        };
        socket
            .write_all(request.to_json().to_string().as_bytes())
            .await
            .expect("write");
        assert_eq!(
            receive(&mut socket, &mut stream).await,
            Message::Response { id, outcome }
        );
    }
}

#[tokio::test]
async fn a_call_without_answer_times_out_and_the_connection_lives() {
    let options = Options {
        call_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    let (connection, mut socket, _folder) = played(options).await;
    let error = connection.list_dbs().await.expect_err("no answer");
    assert!(
        matches!(
            error,
            Error::Timeout {
                method: "list_dbs",
                ..
            }
        ),
        "{error}"
    );
    let mut stream = JsonStream::new(1000);
    let Message::Request { id, .. } = receive(&mut socket, &mut stream).await else {
        panic!("a request was to be expected");
    };
    // The late answer belongs to nobody and does no harm.
    let late = Message::Response {
        id,
        outcome: Ok(json!([])),
    }
    .to_json()
    .to_string();
    socket.write_all(late.as_bytes()).await.expect("write");
    assert!(matches!(
        connection.list_dbs().await,
        Err(Error::Timeout { .. })
    ));
}

#[tokio::test]
async fn nonsense_ends_the_connection_with_a_reason() {
    let (connection, mut socket, _folder) = played(Options::default()).await;
    socket
        .write_all(b"HTTP/1.1 400 Bad Request")
        .await
        .expect("write");
    let reason = timeout(DEADLINE, connection.closed())
        .await
        .expect("noticed");
    assert!(matches!(reason, Error::Decode(_)), "{reason}");
}
