//! A real Keystone: the region asks it about tokens, Tempest makes users and projects in it.

use super::database::Database;
use super::http::Http;
use super::process::Process;
use super::python::Python;
use super::wsgi;
use anyhow::{Context, bail};
use hyper::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The password of the administrator and of the region's service user: all of it is on the
/// loopback, and gone when we end.
pub(super) const PASSWORD: &str = "conformance";

/// The region's own user.
pub(super) const SERVICE_USER: &str = "alcor";

/// Looks for the first answer, before the server is taken for broken.
const LOOKS: u32 = 600;

/// The running Keystone.
pub(super) struct Keystone {
    process: Process,
    url: String,
    database: Database,
}

impl Keystone {
    /// Installs, bootstraps and serves a Keystone on this port.
    pub(super) async fn start(python: &Python, folder: &Path, port: u16) -> anyhow::Result<Self> {
        Self::start_beside(python, folder, port, &[]).await
    }

    /// The same, with empty databases of these names for other services.
    pub(super) async fn start_beside(
        python: &Python,
        folder: &Path,
        port: u16,
        others: &[&str],
    ) -> anyhow::Result<Self> {
        let names = [&["keystone"], others].concat();
        let database = Database::start(folder, &names).await?;
        let url = format!("http://127.0.0.1:{port}/v3");
        let config = configure(folder, &database.url("keystone")?)?;
        bootstrap(python, &config, &url).await?;
        let environment = [("OS_KEYSTONE_CONFIG_FILES", config.as_os_str())];
        let process = wsgi::serve(
            python,
            folder,
            port,
            &wsgi::Server {
                name: "keystone",
                application: "keystone.wsgi.api:application",
                settings: "workers = 2\npreload_app = True\n",
                environment: &environment,
            },
        )?;
        let mut keystone = Self {
            process,
            url,
            database,
        };
        keystone.ready().await?;
        Ok(keystone)
    }

    /// Where it is, with its version.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The database server.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let http = Http::new(&self.url, None);
        for _ in 0..LOOKS {
            self.process.check()?;
            if http.get("").await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("Keystone does not answer at {}", self.url)
    }

    /// Calls as the administrator.
    pub(super) async fn admin(&self) -> anyhow::Result<Http> {
        let http = Http::new(&self.url, None);
        let domain = json!({"id": "default"});
        let user = json!({"name": "admin", "password": PASSWORD, "domain": domain});
        let asked = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "admin", "domain": domain}},
        }});
        let answer = http
            .send(Method::POST, "/auth/tokens", Some(&asked))
            .await?;
        let token = answer.headers().get("x-subject-token");
        let token = token.context("Keystone gives its administrator no token")?;
        Ok(Http::new(&self.url, Some(token.to_str()?.to_owned())))
    }

    /// Makes the region's user, and tells clients where the region is.
    pub(super) async fn register(&self, admin: &Http, network: &str) -> anyhow::Result<()> {
        let project = json!({"project": {"name": "service", "domain_id": "default"}});
        let project = id(&admin.post("/projects", &project).await?, "project")?;
        let user = json!({"user": {
            "name": SERVICE_USER, "password": PASSWORD, "domain_id": "default",
        }});
        let user = id(&admin.post("/users", &user).await?, "user")?;
        let roles = admin.get("/roles").await?;
        for role in ["admin", "service"] {
            let role = role_id(&roles, role)?;
            let path = format!("/projects/{project}/users/{user}/roles/{role}");
            admin.put(&path).await?;
        }
        self.offer(admin, "network", network).await
    }

    /// Tells clients where a service is.
    pub(super) async fn offer(&self, admin: &Http, kind: &str, url: &str) -> anyhow::Result<()> {
        let service = json!({"service": {"type": kind, "name": kind}});
        let service = id(&admin.post("/services", &service).await?, "service")?;
        for interface in ["public", "internal", "admin"] {
            let endpoint = json!({"endpoint": {
                "interface": interface, "service_id": service,
                "region_id": "RegionOne", "url": url,
            }});
            admin.post("/endpoints", &endpoint).await?;
        }
        Ok(())
    }
}

fn id(answer: &Value, key: &str) -> anyhow::Result<String> {
    let id = answer[key]["id"].as_str();
    Ok(id.with_context(|| format!("no id in {answer}"))?.to_owned())
}

fn role_id(answer: &Value, name: &str) -> anyhow::Result<String> {
    let mut roles = answer["roles"].as_array().into_iter().flatten();
    let role = roles.find(|role| role["name"] == name);
    let id = role.and_then(|role| role["id"].as_str());
    Ok(id
        .with_context(|| format!("Keystone has no role {name}"))?
        .to_owned())
}

fn configure(folder: &Path, database: &str) -> anyhow::Result<PathBuf> {
    let mut text = String::from("[DEFAULT]\nmax_token_size = 1024\n");
    writeln!(text, "[database]\nconnection = {database}")?;
    writeln!(text, "[token]\nprovider = fernet\nexpiration = 86400")?;
    for section in ["fernet_tokens", "credential"] {
        let keys = folder.join(section);
        std::fs::create_dir_all(&keys)?;
        writeln!(text, "[{section}]\nkey_repository = {}", keys.display())?;
    }
    // Two workers without a common cache must not each remember their own truth.
    writeln!(text, "[cache]\nenabled = false")?;
    // The weakest that it takes: users live for minutes, and Tempest makes hundreds.
    writeln!(
        text,
        "[identity]\npassword_hash_algorithm = bcrypt\npassword_hash_rounds = 4"
    )?;
    let config = folder.join("keystone.conf");
    std::fs::write(&config, text)?;
    Ok(config)
}

async fn bootstrap(python: &Python, config: &Path, url: &str) -> anyhow::Result<()> {
    let ids = [
        format!("--keystone-user={}", nix::unistd::getuid()),
        format!("--keystone-group={}", nix::unistd::getgid()),
    ];
    let with_ids = |name: &str| [vec![name.to_owned()], ids.to_vec()].concat();
    let mut words = vec!["bootstrap".to_owned()];
    words.push(format!("--bootstrap-password={PASSWORD}"));
    words.push("--bootstrap-region-id=RegionOne".to_owned());
    for interface in ["public", "internal", "admin"] {
        words.push(format!("--bootstrap-{interface}-url={url}"));
    }
    let steps = [
        ("keystone-db", vec!["db_sync".to_owned()]),
        ("keystone-fernet", with_ids("fernet_setup")),
        ("keystone-credential", with_ids("credential_setup")),
        ("keystone-bootstrap", words),
    ];
    for (name, words) in steps {
        let mut manage = python.program("keystone-manage");
        manage.arg("--config-file").arg(config).args(words);
        Process::start(name, &mut manage)?.succeeded().await?;
    }
    Ok(())
}
