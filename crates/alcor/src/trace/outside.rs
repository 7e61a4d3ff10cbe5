//! The part of the intent that leads out of the region: routers' gateways, and the floating IPs of the
//! sender and of the destination.

use super::facts;
use super::gather::Gathering;
use crate::rest::Rest;
use alcor_compiler::Fact;
use alcor_types::{FloatingIpId, NetworkId, PortId, ROUTER_OUTLET_OWNER, Router};
use anyhow::{Context, bail};
use std::net::IpAddr;
use std::sync::Arc;

/// The external network on which an address is ours: a floating IP or a router's own.
pub(super) async fn network_of(rest: &Rest, address: IpAddr) -> anyhow::Result<NetworkId> {
    let path = format!("/v2.0/floatingips?floating_ip_address={address}");
    let shown = rest.get(&path).await?;
    if let [first, ..] = facts::list(&shown, "floatingips")? {
        return facts::floating_network(first);
    }
    let shown = rest.get(&routers_at(address)).await?;
    match facts::list(&shown, "ports")? {
        [first, ..] => Ok(facts::port(first)?.network_id),
        [] => bail!(
            "{address} is no floating IP and no router's: a machine outside can ask for these, or \
             send by a router's with --via"
        ),
    }
}

/// The ports by which routers have an address outside: gateways, and outlets of single hosts.
fn routers_at(address: IpAddr) -> String {
    let owners = [facts::GATEWAY_OWNER, ROUTER_OUTLET_OWNER];
    let owners = owners.map(|owner| format!("device_owner={}&", owner.replace(':', "%3A")));
    format!(
        "/v2.0/ports?{}fixed_ips=ip_address={address}",
        owners.concat()
    )
}

impl Gathering<'_> {
    /// The floating IPs of a port.
    pub(super) async fn floating_of(&mut self, port: PortId) -> anyhow::Result<()> {
        self.floating(&format!("port_id={port}")).await
    }

    /// Whatever of ours has the address outside, with all that lies behind it.
    pub(super) async fn behind(&mut self, address: IpAddr) -> anyhow::Result<()> {
        self.floating(&format!("floating_ip_address={address}"))
            .await?;
        for port in self.ports_at(&routers_at(address)).await? {
            let router = port.device_id.parse();
            let router = router.context("the device_id of a router's port is no router's")?;
            self.behind_router(router).await?;
        }
        Ok(())
    }

    async fn floating(&mut self, filter: &str) -> anyhow::Result<()> {
        let shown = self
            .rest
            .get(&format!("/v2.0/floatingips?{filter}"))
            .await?;
        for shown in facts::list(&shown, "floatingips")? {
            let id = shown["id"].as_str().context("a floating IP has no id")?;
            let held = self
                .ports_at(&format!("/v2.0/ports?device_id={id}"))
                .await?;
            let Some(port) = held.first() else {
                continue;
            };
            let floating = facts::floating(shown, port.id)?;
            let (id, place, router) = (floating.id, floating.association, floating.router_id);
            self.hops.extend(place.map(|place| place.fixed_ip_address));
            let fact = Fact::FloatingIp(id, Some(Arc::new(floating)));
            self.intent.learn(&fact);
            if let (None, Some(router)) = (place, router) {
                self.behind_router(router).await?;
                self.forwardings(id).await?;
            }
            if let Some(place) = place {
                let shown = self
                    .rest
                    .get(&format!("/v2.0/ports/{}", place.port_id))
                    .await?;
                let port = facts::port(&shown["port"])?;
                let network = port.network_id;
                self.learn_port(port);
                self.domain(network).await?;
            }
        }
        Ok(())
    }

    /// The forwarded ports of a floating IP.
    async fn forwardings(&mut self, of: FloatingIpId) -> anyhow::Result<()> {
        let path = format!("/v2.0/floatingips/{of}/port_forwardings");
        let shown = self.rest.get(&path).await?;
        for shown in facts::list(&shown, "port_forwardings")? {
            let one = facts::forwarding(shown, of)?;
            self.hops.insert(one.internal_ip_address.into());
            self.intent
                .learn(&Fact::PortForwarding(one.id, Some(Arc::new(one))));
        }
        Ok(())
    }

    /// The external networks that a router leads to.
    pub(super) async fn externals(&mut self, router: &Router) -> anyhow::Result<()> {
        for gateway in &router.gateways {
            if self.external.insert(gateway.network_id) {
                self.network_and_subnets(gateway.network_id).await?;
            }
        }
        Ok(())
    }
}
