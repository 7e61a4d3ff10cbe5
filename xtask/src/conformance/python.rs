//! The Python programs that conformance takes, at pinned versions, in a folder of their own:
//! the machine's Python stays as it is.

use super::process::Process;
use crate::run;
use anyhow::Context;
use std::path::PathBuf;
use std::process::Command;

/// The pinned versions of Keystone and Tempest.
const REQUIREMENTS: &str = include_str!("../../conformance/requirements.txt");

/// A virtual environment with everything in it.
pub(super) struct Python {
    folder: PathBuf,
}

impl Python {
    /// The environment; made where there is none, or where it has other versions.
    pub(super) async fn ensure() -> anyhow::Result<Self> {
        Self::ensure_of("venv", REQUIREMENTS).await
    }

    /// An environment of this name with these requirements.
    pub(super) async fn ensure_of(name: &str, requirements: &str) -> anyhow::Result<Self> {
        let folder = run::target().join("conformance").join(name);
        let python = Self { folder };
        let stamp = python.folder.join("requirements.txt");
        if std::fs::read_to_string(&stamp).is_ok_and(|text| text == requirements) {
            return Ok(python);
        }
        println!("installing what it takes with pip (some minutes, once)");
        python.install(requirements).await?;
        std::fs::write(&stamp, requirements)?;
        Ok(python)
    }

    async fn install(&self, requirements: &str) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let wanted = self.folder.join("wanted.txt");
        std::fs::write(&wanted, requirements)?;
        let mut venv = Command::new("/usr/bin/python3");
        venv.args(["-m", "venv"]).arg(&self.folder);
        Process::start("venv", &mut venv)?.succeeded().await?;
        let mut pip = self.program("pip");
        pip.args(["install", "--quiet", "--requirement"])
            .arg(wanted);
        Process::start("pip", &mut pip)?.succeeded().await
    }

    /// One of its programs.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join("bin").join(name));
        // Deprecations of the day are no news here, and every start prints them.
        command.env("PYTHONWARNINGS", "ignore");
        command
    }

    /// A file of the environment, such as the settings that a package brings along.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// The folder that holds its packages, among them this one.
    pub(super) fn packages(&self, with: &str) -> anyhow::Result<PathBuf> {
        let lib = self.folder.join("lib");
        let versions = std::fs::read_dir(&lib)
            .with_context(|| format!("{} is no virtual environment", self.folder.display()))?;
        let mut packages = versions
            .filter_map(Result::ok)
            .map(|version| version.path().join("site-packages"));
        packages
            .find(|path| path.join(with).is_dir())
            .with_context(|| format!("no {with} below {}", lib.display()))
    }
}
