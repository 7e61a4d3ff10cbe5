//! Nova's own services, the databases below them, and Placement beside them.

use super::super::http::Http;
use super::super::keystone::Keystone;
use super::super::process::Process;
use super::super::python::Python;
use super::super::wsgi;
use super::config::Config;
use anyhow::bail;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The driver that plugs.
const DRIVER: &str = include_str!("../../../nova/plugging.py");

/// Looks for an answer, before a service is taken for broken.
const LOOKS: u32 = 1200;

/// The databases that these services take.
pub(super) const DATABASES: &[&str] = &["nova_api", "nova_cell0", "nova", "placement"];

/// How gunicorn serves them: their answers wait for other services, which ask back.
const THREADS: &str = "worker_class = \"gthread\"\nworkers = 1\nthreads = 8\n";

/// Serves Placement on this port.
pub(super) async fn placement(
    python: &Python,
    config: &Config<'_>,
    keystone: &Keystone,
    port: u16,
) -> anyhow::Result<Process> {
    let file = config.placement(&keystone.database().url("placement")?)?;
    let mut sync = python.program("placement-manage");
    sync.arg("--config-file").arg(file).args(["db", "sync"]);
    Process::start("placement-db", &mut sync)?
        .succeeded()
        .await?;
    let server = wsgi::Server {
        name: "placement",
        application: "placement.wsgi.api:application",
        settings: THREADS,
        environment: &[("OS_PLACEMENT_CONFIG_DIR", config.folder.as_os_str())],
    };
    let mut process = wsgi::serve(python, config.folder, port, &server)?;
    answers(&mut process, &format!("http://127.0.0.1:{port}")).await?;
    Ok(process)
}

/// Nova's running services.
pub(super) struct Nova {
    services: Vec<Process>,
}

impl Nova {
    /// Makes its databases and serves its API on this port; servers land on the host whose
    /// switch has its database here.
    pub(super) async fn start(
        python: &Python,
        config: &Config<'_>,
        keystone: &Keystone,
        ovsdb: &str,
        port: u16,
    ) -> anyhow::Result<Self> {
        let database = keystone.database();
        let file = config.nova(&database.url("nova_api")?, &database.url("nova")?)?;
        manage(python, &file, &database.url("nova_cell0")?).await?;
        let driver = python.packages("nova")?.join("nova/virt/plugging.py");
        std::fs::write(driver, DRIVER)?;
        let service = |name: &'static str| {
            let mut service = python.program(name);
            service.arg("--config-file").arg(&file);
            service.env("ALCOR_OVSDB", ovsdb);
            Process::start(name, &mut service)
        };
        // The first of them says what the API is made of.
        let files = format!("{};{}", config.paste.display(), file.display());
        let server = wsgi::Server {
            name: "nova-api",
            application: "nova.wsgi.osapi_compute:application",
            settings: THREADS,
            environment: &[("OS_NOVA_CONFIG_FILES", files.as_ref())],
        };
        // The API wants to know of no older compute service, so it may start first.
        let mut api = wsgi::serve(python, config.folder, port, &server)?;
        let others = [
            service("nova-conductor")?,
            service("nova-scheduler")?,
            service("nova-compute")?,
        ];
        answers(&mut api, &format!("http://127.0.0.1:{port}")).await?;
        let mut services = Vec::from(others);
        services.push(api);
        Ok(Self { services })
    }

    /// Waits until the host's compute service is there and may be chosen.
    pub(super) async fn ready(&mut self, compute: &Http) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            for service in &mut self.services {
                service.check()?;
            }
            let known = compute.get("/os-hypervisors").await?;
            let hosts = known["hypervisors"].as_array();
            if hosts.is_some_and(|hosts| !hosts.is_empty()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        bail!("Nova knows no host: see nova-compute.log and nova-scheduler.log")
    }
}

/// Makes the schemas, and the one cell that servers live in.
async fn manage(python: &Python, file: &Path, cell0: &str) -> anyhow::Result<()> {
    let steps: [(&str, &[&str]); 4] = [
        ("nova-api-db", &["api_db", "sync"]),
        (
            "nova-cell0",
            &["cell_v2", "map_cell0", "--database_connection", cell0],
        ),
        ("nova-cell1", &["cell_v2", "create_cell", "--name", "cell1"]),
        ("nova-db", &["db", "sync"]),
    ];
    for (name, words) in steps {
        let mut command: Command = python.program("nova-manage");
        command.arg("--config-file").arg(file).args(words);
        Process::start(name, &mut command)?.succeeded().await?;
    }
    Ok(())
}

/// Waits for a service's first answer.
pub(super) async fn answers(process: &mut Process, url: &str) -> anyhow::Result<()> {
    let http = Http::new(url, None);
    for _ in 0..LOOKS {
        process.check()?;
        if http.get("/").await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no answer at {url}")
}
