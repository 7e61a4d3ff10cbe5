//! All that runs: the services, the region and one host.

use super::super::host::Host;
use super::super::http::Http;
use super::super::keystone::Keystone;
use super::super::ports;
use super::super::process::Process;
use super::super::python::Python;
use super::super::region::{self, Region};
use super::broker::{self, Broker};
use super::compute::{self, DATABASES, Nova};
use super::config::Config;
use super::steps::Steps;
use std::path::Path;

/// The stand-in for the image service.
const IMAGES: &str = include_str!("../../../nova/image.py");

/// The running whole. What stands first ends first.
pub(super) struct Cloud {
    _nova: Nova,
    _placement: Process,
    _images: Process,
    host: Host,
    region: Region,
    _broker: Broker,
    keystone: Keystone,
    admin: Http,
    compute: String,
}

impl Cloud {
    /// Starts everything, in the order in which one needs the other.
    pub(super) async fn start(
        python: &Python,
        folder: &Path,
        steps: &mut Steps,
    ) -> anyhow::Result<Self> {
        let [
            identity,
            api,
            agents,
            broker,
            erlang,
            names,
            place,
            image,
            compute,
        ] = ports()?;
        let keystone = Keystone::start_beside(python, folder, identity, DATABASES);
        let keystone = steps.step("Keystone serves", keystone).await?;
        let url = format!("http://127.0.0.1:{compute}/v2.1");
        let region = region(folder, &keystone, api, agents, &url);
        let (admin, region) = steps.step("the region serves", region).await?;
        let host = host(folder, &admin, &region, agents);
        let host = steps.step("a host's agent registers", host).await?;
        let ports = broker::Ports {
            broker,
            erlang,
            names,
        };
        let broker = Broker::start(folder, ports);
        let broker = steps.step("RabbitMQ serves", broker).await?;
        let images = images(python, folder, image).await?;
        let config = Config {
            folder,
            keystone: keystone.url(),
            images: &format!("http://127.0.0.1:{image}"),
            broker: &broker.url(),
            paste: &python.file("etc/nova/api-paste.ini"),
        };
        let services = [
            ("placement", format!("http://127.0.0.1:{place}")),
            ("compute", url.clone()),
        ];
        for (kind, url) in &services {
            keystone.offer(&admin, kind, url).await?;
        }
        let placement = compute::placement(python, &config, &keystone, place);
        let placement = steps.step("Placement serves", placement).await?;
        let asked = admin.to(&url);
        let nova = nova(python, &config, &keystone, &host, compute, &asked);
        let nova = steps.step("Nova serves, and knows the host", nova).await?;
        Ok(Self {
            _nova: nova,
            _placement: placement,
            _images: images,
            host,
            region,
            _broker: broker,
            keystone,
            admin,
            compute: url,
        })
    }

    /// Calls of Nova's API, as the administrator.
    pub(super) fn compute(&self) -> Http {
        self.admin.to(&self.compute)
    }

    /// Calls of the region's API, as the administrator.
    pub(super) fn network(&self) -> Http {
        self.admin.to(&format!("{}/v2.0", self.region.url()))
    }

    /// The host that servers land on.
    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// Who lets clients in.
    pub(super) fn keystone(&self) -> &Keystone {
        &self.keystone
    }
}

async fn region(
    folder: &Path,
    keystone: &Keystone,
    api: u16,
    agents: u16,
    nova: &str,
) -> anyhow::Result<(Http, Region)> {
    let admin = keystone.admin().await?;
    let url = format!("http://127.0.0.1:{api}");
    keystone.register(&admin, &url).await?;
    let flags = ["--nova-url".to_owned(), nova.to_owned()];
    let mut region = Region::start_with(folder, keystone, api, agents, &flags)?;
    region.ready().await?;
    Ok((admin, region))
}

async fn host(folder: &Path, admin: &Http, region: &Region, agents: u16) -> anyhow::Result<Host> {
    let host = Host::start(folder, agents).await?;
    region::agents(&admin.to(&format!("{}/v2.0", region.url()))).await?;
    Ok(host)
}

async fn images(python: &Python, folder: &Path, port: u16) -> anyhow::Result<Process> {
    let script = folder.join("image.py");
    std::fs::write(&script, IMAGES)?;
    let mut server = python.program("python3");
    server.arg(script).arg(port.to_string());
    let mut process = Process::start("images", &mut server)?;
    compute::answers(&mut process, &format!("http://127.0.0.1:{port}")).await?;
    Ok(process)
}

async fn nova(
    python: &Python,
    config: &Config<'_>,
    keystone: &Keystone,
    host: &Host,
    port: u16,
    api: &Http,
) -> anyhow::Result<Nova> {
    let mut nova = Nova::start(python, config, keystone, &host.ovsdb(), port).await?;
    nova.ready(api).await?;
    Ok(nova)
}
