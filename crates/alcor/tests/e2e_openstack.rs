//! What people have: the `openstack` command and openstacksdk, as Debian ships them.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use anyhow::bail;
use serde_json::Value;
use stage::{LONG, Server, Tokens, on_hosts};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Debian's Python, which has Debian's modules.
const PYTHON: &str = "/usr/bin/python3";

fn python(script: &str) -> Command {
    let mut command = Command::new(PYTHON);
    let inherited = std::env::vars().map(|(name, _)| name);
    for name in inherited.filter(|name| name.starts_with("OS_")) {
        command.env_remove(name);
    }
    let path = format!("{}/tests/openstack/{script}", env!("CARGO_MANIFEST_DIR"));
    command.arg(path).stdin(Stdio::piped()).kill_on_drop(true);
    command
}

/// A process that runs `openstack` command lines against one server.
struct Cli {
    _child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    auth: String,
}

impl Cli {
    fn start(url: &str, token: Option<&str>) -> anyhow::Result<Self> {
        let mut child = python("cli.py").stdout(Stdio::piped()).spawn()?;
        let auth = match token {
            Some(token) => format!("--os-auth-type admin_token --os-token {token}"),
            None => "--os-auth-type none".to_owned(),
        };
        Ok(Self {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
            auth: format!("{auth} --os-endpoint {url}"),
        })
    }

    /// Runs one command; its output, or what it complained of.
    async fn text(&mut self, command: &str) -> anyhow::Result<String> {
        let line = format!("{} {command}\n", self.auth);
        self.stdin.write_all(line.as_bytes()).await?;
        let answer = timeout(LONG, self.stdout.next_line()).await??;
        let answer: Value = serde_json::from_str(&answer.unwrap_or_default())?;
        if answer["status"] != 0 {
            bail!("openstack {command}: {answer}");
        }
        Ok(answer["stdout"].as_str().unwrap().to_owned())
    }

    /// Runs one command that prints JSON.
    async fn json(&mut self, command: &str) -> anyhow::Result<Value> {
        let text = self.text(&format!("{command} -f json")).await?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The names in a list, in order.
    async fn names(&mut self, command: &str) -> anyhow::Result<Vec<String>> {
        let list = self.json(command).await?;
        let rows = list.as_array().unwrap().iter();
        let mut names: Vec<_> = rows
            .map(|row| row["Name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// A tenant's day at the command line.
async fn day(cli: &mut Cli) -> anyhow::Result<()> {
    cli.text("extension list --network").await?;
    let network = cli.json("network create --description first red").await?;
    assert_eq!(network["description"], "first", "{network}");
    cli.text("network create blue").await?;
    assert_eq!(cli.names("network list").await?, ["blue", "red"]);
    assert_eq!(cli.names("network list --name red").await?, ["red"]);
    cli.text("network set --name rot --disable --tag warm red")
        .await?;
    let shown = cli.json("network show rot").await?;
    assert_eq!(
        (&shown["tags"][0], &shown["admin_state_up"]),
        (&"warm".into(), &false.into())
    );
    cli.text("network unset --tag warm rot").await?;

    subnets(cli).await?;
    ports(cli).await?;

    let used = cli
        .text("network delete rot")
        .await
        .unwrap_err()
        .to_string();
    assert!(used.contains("409") || used.contains("use"), "{used}");
    cli.text("port delete web").await?;
    cli.text("subnet delete four").await?;
    cli.text("network delete rot blue").await?;
    assert_eq!(cli.names("network list").await?, [""; 0]);
    let gone = cli.text("network show rot").await.unwrap_err().to_string();
    assert!(gone.contains("No Network found for rot"), "{gone}");
    Ok(())
}

async fn subnets(cli: &mut Cli) -> anyhow::Result<()> {
    let made = cli
        .json(
            "subnet create --network rot --subnet-range 10.0.0.0/24 \
             --allocation-pool start=10.0.0.10,end=10.0.0.20 --dns-nameserver 192.0.2.1 \
             --host-route destination=172.16.0.0/12,gateway=10.0.0.9 four",
        )
        .await?;
    assert_eq!(made["gateway_ip"], "10.0.0.1", "{made}");
    cli.text("subnet set --dns-nameserver 192.0.2.2 --no-dhcp four")
        .await?;
    cli.text("subnet unset --dns-nameserver 192.0.2.1 four")
        .await?;
    let shown = cli.json("subnet show four").await?;
    assert_eq!(
        shown["dns_nameservers"],
        serde_json::json!(["192.0.2.2"]),
        "{shown}"
    );
    assert_eq!(shown["enable_dhcp"], false, "{shown}");
    assert_eq!(
        cli.names("subnet list --network rot --ip-version 4")
            .await?,
        ["four"]
    );
    assert_eq!(cli.names("subnet list --network blue").await?, [""; 0]);
    Ok(())
}

async fn ports(cli: &mut Cli) -> anyhow::Result<()> {
    let made = cli
        .json("port create --network rot --fixed-ip ip-address=10.0.0.15 --mac-address 02:00:00:00:00:01 web")
        .await?;
    assert_eq!(made["fixed_ips"][0]["ip_address"], "10.0.0.15", "{made}");
    assert_eq!(made["mac_address"], "02:00:00:00:00:01", "{made}");
    cli.text("port create --network rot db").await?;
    for (filter, found) in [
        ("--network rot", vec!["db", "web"]),
        ("--mac-address 02:00:00:00:00:01", vec!["web"]),
        ("--fixed-ip ip-address=10.0.0.15", vec!["web"]),
        ("--network blue", vec![]),
    ] {
        assert_eq!(
            cli.names(&format!("port list {filter}")).await?,
            found,
            "{filter}"
        );
    }
    cli.text("port set --description db --disable --extra-dhcp-option name=mtu,value=1400 db")
        .await
        .or(cli.text("port set --description db --disable db").await)?;
    cli.text("port set --device vm-1 --fixed-ip ip-address=10.0.0.16 web")
        .await?;
    cli.text("port unset --fixed-ip ip-address=10.0.0.15 web")
        .await
        .ok();
    let shown = cli.json("port show db").await?;
    assert_eq!(
        (&shown["description"], &shown["admin_state_up"]),
        (&"db".into(), &false.into())
    );
    cli.text("port delete db").await?;
    Ok(())
}

#[tokio::test]
async fn the_command_works_without_authentication() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::open(data.path()).await?;
    day(&mut Cli::start(&server.url, None)?).await?;
    server.stop().await
}

#[tokio::test]
async fn the_command_works_with_a_token_of_a_member() -> anyhow::Result<()> {
    let (data, tokens) = (tempfile::tempdir()?, Tokens::new()?);
    let server = Server::start(data.path(), &tokens.flags()).await?;
    day(&mut Cli::start(&server.url, Some(Tokens::RED))?).await?;
    let mut stranger = Cli::start(&server.url, Some("not-a-token"))?;
    let refused = stranger.text("network list").await.unwrap_err().to_string();
    assert!(refused.contains("401"), "{refused}");
    server.stop().await
}

/// What the server of an area is set up with.
const PHYSICAL: [&str; 3] = [
    "--vlan-range=physnet:100:199",
    "--vlan-range=other:100:199",
    "--tunnel-range=geneve:1:100",
];

/// Plays a script against one server with a token, where it needs one.
async fn play(script: &str, url: &str, token: &str) -> anyhow::Result<()> {
    let mut script = python(script);
    script.args([url, token]).stdin(Stdio::null());
    let output = timeout(LONG, script.output()).await??;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{said}");
    }
    Ok(())
}

/// Plays the command lines of one area of the API, as an operator.
async fn area(script: &str) -> anyhow::Result<()> {
    let (data, tokens) = (tempfile::tempdir()?, Tokens::new()?);
    let mut flags = tokens.flags();
    flags.extend(PHYSICAL.map(str::to_owned));
    let server = Server::start(data.path(), &flags).await?;
    play(script, &server.url, Tokens::ADMIN).await?;
    server.stop().await
}

#[tokio::test]
async fn the_command_manages_networks_and_segments() -> anyhow::Result<()> {
    area("layer2.py").await
}

#[tokio::test]
async fn the_command_manages_subnets_pools_and_groups() -> anyhow::Result<()> {
    area("addressing.py").await
}

#[tokio::test]
async fn the_command_manages_ports_and_trunks() -> anyhow::Result<()> {
    area("ports.py").await
}

#[tokio::test]
async fn the_command_manages_routers_and_what_belongs_to_them() -> anyhow::Result<()> {
    area("routing.py").await
}

#[tokio::test]
async fn the_command_manages_security_groups_and_shares() -> anyhow::Result<()> {
    area("security.py").await
}

#[tokio::test]
async fn the_command_manages_qos_and_quotas() -> anyhow::Result<()> {
    area("service.py").await
}

#[tokio::test]
async fn programs_reach_what_the_command_does_not() -> anyhow::Result<()> {
    area("proxy.py").await
}

#[tokio::test]
async fn programs_work_by_the_sdk_with_and_without_a_token() -> anyhow::Result<()> {
    let (tokens, open) = (Tokens::new()?, vec!["--auth=none".to_owned()]);
    for (flags, token) in [(open, None), (tokens.flags(), Some(Tokens::ADMIN))] {
        let data = tempfile::tempdir()?;
        let server = Server::start(data.path(), &flags).await?;
        let mut script = python("sdk.py");
        script.arg(&server.url).args(token);
        let output = timeout(LONG, script.stdin(Stdio::null()).output()).await??;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "token {}: {said}", token.is_some());
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn agents_are_listed_as_neutrons_are() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let mut cli = Cli::start(&region.lab().rest_url()?, None)?;
        let agents = cli.json("network agent list").await?;
        assert_eq!(agents[0]["Host"], "h1", "{agents}");
        assert_eq!(agents[0]["Alive"], true, "{agents}");
        let id = agents[0]["ID"].as_str().unwrap();
        let shown = cli.json(&format!("network agent show {id}")).await?;
        assert_eq!(shown["binary"], "alcor-agent", "{shown}");
        play("agents.py", &region.lab().rest_url()?, "any").await?;
        Ok(())
    })
    .await
}
