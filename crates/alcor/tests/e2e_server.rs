//! The server as its operator meets it: flags, probes, stops, crashes, tokens, mistakes.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::rest::Rest;
use futures::future::join_all;
use hyper::{Method, StatusCode};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stage::{LONG, Server, Tokens, command, refusal};
use std::collections::BTreeSet;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn the_flags_the_probes_and_the_metrics_are_as_promised() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::open(&data.path().join("made/where/absent")).await?;
    let rest = server.rest();
    assert_eq!(rest.text("/healthz").await?, "ok\n");
    assert_eq!(rest.text("/readyz").await?, "ready\n");
    rest.post("/v2.0/networks", &json!({ "network": {} }))
        .await?;
    let metrics = rest.text("/metrics").await?;
    for line in [
        "alcor_api_requests_total{method=\"POST\",resource=\"networks\",status=\"201\"} 1",
        "alcor_delivery_sessions 0",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|shown| shown == line), "{metrics}");
    }
    server.stop().await
}

#[tokio::test]
async fn what_is_under_way_is_answered_before_the_server_stops() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::open(data.path()).await?;
    let mut slow = begin_request(&server.url).await?;
    server.signal(Signal::SIGTERM)?;
    server.refuses().await?;
    slow.write_all(BODY.as_bytes()).await?;
    let mut answer = String::new();
    timeout(LONG, slow.read_to_string(&mut answer)).await??;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(server.ended().await?, Some(0));

    let again = Server::open(data.path()).await?;
    let list = again.rest().get("/v2.0/networks").await?;
    assert_eq!(list["networks"][0]["name"], "late", "{list}");
    again.stop().await
}

const BODY: &str = r#"{"network":{"name":"late"}}"#;

/// A request without its body; the server has seen it when this returns.
async fn begin_request(url: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await?;
    let length = BODY.len();
    let head = format!(
        "POST /v2.0/networks HTTP/1.1\r\nhost: region\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let wanted = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut seen = vec![0; wanted.len()];
    timeout(LONG, stream.read_exact(&mut seen)).await??;
    assert_eq!(seen, wanted, "{}", String::from_utf8_lossy(&seen));
    Ok(stream)
}

/// Callers at once.
const CALLERS: usize = 32;

/// Answers to wait for before the server is killed.
const ANSWERS: usize = 150;

#[tokio::test]
async fn a_kill_loses_nothing_that_was_answered() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::open(data.path()).await?;
    let network = make(&server.rest(), "networks", json!({ "network": {} })).await?;
    let subnet = json!({ "subnet": {
        "network_id": network, "ip_version": 4, "cidr": "10.0.0.0/16",
    }});
    make(&server.rest(), "subnets", subnet).await?;
    server.stop().await?;
    let mut answered = BTreeSet::new();
    for _round in 0..4 {
        let server = Server::open(data.path()).await?;
        answered.extend(create_until_killed(server, &network).await?);
    }
    let server = Server::open(data.path()).await?;
    let ports = list_ports(&server.rest()).await?;
    let ids: BTreeSet<_> = ports.iter().map(|port| text(&port["id"])).collect();
    assert!(answered.is_subset(&ids), "lost: {:?}", &answered - &ids);
    let unique =
        |what: &dyn Fn(&Value) -> String| -> BTreeSet<String> { ports.iter().map(what).collect() };
    let addresses = unique(&|port| text(&port["fixed_ips"][0]["ip_address"]));
    let macs = unique(&|port| text(&port["mac_address"]));
    assert_eq!((addresses.len(), macs.len()), (ports.len(), ports.len()));
    server.stop().await
}

/// Creates ports by many callers, kills the server in the midst of it, and returns the ids of
/// those that were answered.
async fn create_until_killed(server: Server, network: &str) -> anyhow::Result<Vec<String>> {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let callers = (0..CALLERS).map(|_| {
        let (rest, tell) = (server.rest(), tell.clone());
        let body = json!({ "port": { "network_id": network } });
        async move {
            while let Ok(id) = make(&rest, "ports", body.clone()).await {
                tell.send(id).unwrap();
            }
        }
    });
    let callers = join_all(callers.map(tokio::spawn).collect::<Vec<_>>());
    drop(tell);
    let mut answered = Vec::new();
    while answered.len() < ANSWERS {
        answered.push(timeout(LONG, told.recv()).await?.unwrap());
    }
    server.kill().await?;
    for caller in timeout(LONG, callers).await? {
        caller?;
    }
    while let Some(id) = told.recv().await {
        answered.push(id);
    }
    Ok(answered)
}

async fn make(rest: &Rest, kind: &str, body: Value) -> anyhow::Result<String> {
    let made = rest.post(&format!("/v2.0/{kind}"), &body).await?;
    let singular = kind.trim_end_matches('s');
    Ok(text(&made[singular]["id"]))
}

async fn list_ports(rest: &Rest) -> anyhow::Result<Vec<Value>> {
    let list = rest.get("/v2.0/ports").await?;
    Ok(list["ports"].as_array().unwrap().clone())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn status(rest: &Rest, method: Method, path: &str, body: Value) -> anyhow::Result<u16> {
    let body = (!body.is_null()).then_some(body);
    Ok(rest.answer(method, path, body.as_ref()).await?.0.as_u16())
}

#[tokio::test]
async fn tokens_decide_who_may_do_what() -> anyhow::Result<()> {
    let (data, tokens) = (tempfile::tempdir()?, Tokens::new()?);
    let server = Server::start(data.path(), &tokens.flags()).await?;
    let (red, blue) = (server.as_user(Tokens::RED)?, server.as_user(Tokens::BLUE)?);
    let (reader, admin) = (
        server.as_user(Tokens::READER)?,
        server.as_user(Tokens::ADMIN)?,
    );
    let strangers = [server.rest(), server.as_user("red-tokem")?];
    for stranger in &strangers {
        let (code, body) = stranger.answer(Method::GET, "/v2.0/networks", None).await?;
        assert_eq!(code, StatusCode::UNAUTHORIZED);
        let body: Value = serde_json::from_slice(&body)?;
        assert_eq!(body["NeutronError"]["type"], "HTTPUnauthorized", "{body}");
        assert_eq!(
            stranger.text("/healthz").await?,
            "ok\n",
            "probes have no token"
        );
    }
    let id = make(&red, "networks", json!({ "network": {} })).await?;
    let path = format!("/v2.0/networks/{id}");
    let rename = json!({ "network": { "name": "mine" } });
    let create = json!({ "network": {} });
    for (who, method, path, body, expected) in [
        (&red, Method::GET, path.as_str(), Value::Null, 200),
        (&admin, Method::GET, &path, Value::Null, 200),
        (&blue, Method::GET, &path, Value::Null, 404),
        (&blue, Method::PUT, &path, rename.clone(), 404),
        (&blue, Method::DELETE, &path, Value::Null, 404),
        (&reader, Method::GET, "/v2.0/networks", Value::Null, 200),
        (&reader, Method::POST, "/v2.0/networks", create, 403),
        (&red, Method::GET, "/nodes", Value::Null, 403),
        (&admin, Method::GET, "/nodes", Value::Null, 200),
        (&red, Method::PUT, &path, rename, 200),
        (&red, Method::DELETE, &path, Value::Null, 204),
    ] {
        let shown = format!("{method} {path}");
        let code = status(who, method, path, body).await?;
        assert_eq!(code, expected, "{shown}");
    }
    server.stop().await
}

#[tokio::test]
async fn settings_come_from_flags_environment_and_file_in_this_order() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("alcor.toml");
    let data = folder.path().join("data");
    let settings = format!(
        "[access]\nauth = \"none\"\n[server]\nlisten = \"127.0.0.1:0\"\nagent-listen = \"127.0.0.1:0\"\n\
         data-dir = \"{}\"\nmac-base = \"02:00:01\"\nvni-min = 10\nvni-max = 99\nphysical-mtu = 1450\n",
        data.display()
    );
    std::fs::write(&file, settings)?;
    let mut command = command();
    command
        .args(["--vni-min", "90"])
        .env("ALCOR_CONFIG", &file)
        .env("ALCOR_VNI_MIN", "50")
        .env("ALCOR_MAC_BASE", "02:00:02");
    let server = Server::spawn(command).await?;
    let rest = server.rest();
    let network = rest
        .post("/v2.0/networks", &json!({ "network": {} }))
        .await?;
    let network = &network["network"];
    assert_eq!(network["mtu"], 1400, "the file's: {network}");
    let vni = network["provider:segmentation_id"].as_u64().unwrap();
    assert!((90..=99).contains(&vni), "the flag's: {network}");
    let port = json!({ "port": { "network_id": network["id"] } });
    let port = rest.post("/v2.0/ports", &port).await?;
    let mac = text(&port["port"]["mac_address"]);
    assert!(mac.starts_with("02:00:02:"), "the environment's: {mac}");
    server.stop().await
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_the_first_goes_on() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let first = Server::open(data.path()).await?;
    let shown = data.path().display().to_string();
    let line = refused(&["--auth=none", "--data-dir", &shown]).await?;
    assert!(line.contains("in use") && line.contains(&shown), "{line}");
    make(&first.rest(), "networks", json!({ "network": {} })).await?;
    first.stop().await
}

#[tokio::test]
async fn what_cannot_be_used_is_said_in_one_line_that_names_it() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let dir = data.path().display().to_string();
    let file = data.path().join("a-file");
    std::fs::write(&file, "[server]\nlissten = \"127.0.0.1:0\"\n")?;
    let path = |path: &Path| path.display().to_string();
    for (arguments, named) in [
        (vec!["--auth=none"], "--data-dir"),
        (vec!["--data-dir", &dir], "--auth"),
        (vec!["--auth=token", "--data-dir", &dir], "--token-file"),
        (vec!["--auth=password", "--data-dir", &dir], "--auth"),
        (vec!["--listen", "9696"], "--listen"),
        (vec!["--agent-listen", "localhost"], "--agent-listen"),
        (vec!["--auth=none", "--data-dir", &path(&file)], "a-file"),
        (vec!["--config", &path(&file)], "lissten"),
        (
            vec!["--auth=none", "--data-dir", &dir, "--vni-max", "0"],
            "--vni-max",
        ),
        (
            vec!["--auth=none", "--data-dir", &dir, "--mac-base", "01:00:00"],
            "--mac-base",
        ),
        (vec!["--lissten", "127.0.0.1:0"], "--lissten"),
    ] {
        let line = refused(&arguments).await?;
        assert!(line.contains(named), "{arguments:?}: {line}");
    }
    let taken = Server::open(data.path()).await?;
    let address = taken.url.strip_prefix("http://").unwrap();
    let line = refused(&["--auth=none", "--data-dir", &dir, "--listen", address]).await?;
    assert!(
        line.contains("--listen") && line.contains(address),
        "{line}"
    );
    taken.stop().await
}

/// What a server complains of before it ends with a failure: one line, to which the parser of
/// the command line adds where to find help, and the parser of the file shows the place.
async fn refused(arguments: &[&str]) -> anyhow::Result<String> {
    // The ports that nobody chose would be the defaults, which another server may have.
    let ports = ["--listen=127.0.0.1:0", "--agent-listen=127.0.0.1:0"];
    let free = ports.iter().filter(|port| {
        let (flag, _) = port.split_once('=').unwrap();
        !arguments.contains(&flag)
    });
    let all: Vec<_> = arguments.iter().chain(free).copied().collect();
    let output = refusal(&all).await?;
    assert!(!output.status.success(), "{arguments:?} were taken");
    assert_eq!(output.stdout, b"", "{arguments:?}");
    let said = String::from_utf8(output.stderr)?;
    let log = |line: &&str| line.starts_with('{');
    let lines: Vec<_> = said.lines().filter(|line| !log(line)).collect();
    let parsers = said.starts_with("error: ") || arguments.contains(&"--config");
    assert!(lines.len() == 1 || parsers, "{said}");
    Ok(lines.join("\n"))
}
