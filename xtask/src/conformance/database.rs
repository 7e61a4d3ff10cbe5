//! The services' databases: one MariaDB, reachable through a socket in our own folder only.

use super::process::Process;
use crate::packages;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Looks for the socket, before the server is taken for broken.
const LOOKS: u32 = 300;

/// The running database server.
pub(super) struct Database {
    process: Process,
    socket: PathBuf,
}

impl Database {
    /// Makes empty databases of these names in the folder and serves them.
    pub(super) async fn start(folder: &Path, names: &[&str]) -> anyhow::Result<Self> {
        let data = folder.join("mariadb");
        let mut install = Command::new("mariadb-install-db");
        install
            .arg("--no-defaults")
            .arg("--auth-root-authentication-method=normal")
            .arg(format!("--datadir={}", data.display()))
            .args(user()?);
        let install = Process::start("mariadb-install-db", &mut install)?;
        install.succeeded().await?;
        let mut database = Self::serve(folder, &data, names)?;
        database.ready().await?;
        Ok(database)
    }

    fn serve(folder: &Path, data: &Path, names: &[&str]) -> anyhow::Result<Self> {
        let socket = folder.join("mariadb.sock");
        let first = folder.join("first.sql");
        let lines = names
            .iter()
            .map(|name| format!("CREATE DATABASE IF NOT EXISTS {name};\n"));
        std::fs::write(&first, lines.collect::<String>())?;
        let mut server = Command::new("/usr/sbin/mariadbd");
        server
            .args(["--no-defaults", "--skip-networking"])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!(
                "--pid-file={}",
                folder.join("mariadb.pid").display()
            ))
            .arg(format!("--init-file={}", first.display()))
            .args(user()?);
        let process = Process::start("mariadb", &mut server)?;
        Ok(Self { process, socket })
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            self.process.check()?;
            if self.socket.exists() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("MariaDB made no socket at {}", self.socket.display())
    }

    /// How SQLAlchemy reaches a database.
    pub(super) fn url(&self, name: &str) -> anyhow::Result<String> {
        let socket = self.socket.to_str();
        let socket = socket.context("the temporary folder's name is no UTF-8")?;
        Ok(format!(
            "mysql+pymysql://root@localhost/{name}?unix_socket={socket}"
        ))
    }
}

/// MariaDB refuses to run as root unless told so.
fn user() -> anyhow::Result<Option<&'static str>> {
    Ok(packages::is_root()?.then_some("--user=root"))
}
