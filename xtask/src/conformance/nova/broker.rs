//! RabbitMQ, through which Nova's services speak to each other.

use super::super::process::Process;
use anyhow::bail;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio::net::TcpStream;

/// The script behind Debian's, which would change to a user of its own.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// Looks for the first answer, before the server is taken for broken.
const LOOKS: u32 = 1200;

/// The running broker.
pub(super) struct Broker {
    server: Process,
    _names: Process,
    port: u16,
}

/// The ports of the loopback that it takes.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    /// For its clients.
    pub(super) broker: u16,
    /// For Erlang's own purposes.
    pub(super) erlang: u16,
    /// Of Erlang's server of names. It would start one by itself, which would outlive us.
    pub(super) names: u16,
}

impl Broker {
    /// Serves an empty broker with its files in the folder.
    pub(super) async fn start(folder: &Path, ports: Ports) -> anyhow::Result<Self> {
        let home = folder.join("rabbitmq");
        std::fs::create_dir_all(&home)?;
        let mut names = Command::new("epmd");
        names.args(["-address", "127.0.0.1", "-port"]);
        names.arg(ports.names.to_string());
        let mut broker = Self {
            _names: Process::start("epmd", &mut names)?,
            server: Process::start("rabbitmq", &mut server(&home, ports)?)?,
            port: ports.broker,
        };
        broker.ready().await?;
        Ok(broker)
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            self.server.check()?;
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("RabbitMQ does not listen on port {}", self.port)
    }

    /// How oslo.messaging reaches it.
    pub(super) fn url(&self) -> String {
        format!("rabbit://guest:guest@127.0.0.1:{}/", self.port)
    }
}

fn server(home: &Path, ports: Ports) -> anyhow::Result<Command> {
    let config = home.join("rabbitmq.conf");
    std::fs::write(&config, "log.console = true\nlog.file = false\n")?;
    let plugins = home.join("enabled_plugins");
    std::fs::write(&plugins, "[].\n")?;
    let path = |name: &str| -> PathBuf { home.join(name) };
    let mut server = Command::new(SERVER);
    server
        .current_dir(home)
        .env("HOME", home)
        .env("ERL_EPMD_PORT", ports.names.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_CONFIG_FILE", config)
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", plugins)
        .env("RABBITMQ_NODENAME", "alcor@localhost")
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", ports.broker.to_string())
        .env("RABBITMQ_DIST_PORT", ports.erlang.to_string())
        .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
        .env("RABBITMQ_LOG_BASE", path("log"))
        .env("RABBITMQ_PID_FILE", path("pid"));
    Ok(server)
}
