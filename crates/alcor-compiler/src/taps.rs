//! Taps: which ports get copies, of which others, and where they are. A tap service may be in another
//! network than the ports that it looks at, so none of this is a network's own.

use crate::link::link;
use alcor_goalstate::{TapCopy, Taps as Goals};
use alcor_types::{HostName, PortId, TapFlow, TapFlowId, TapService, TapServiceId, Vni};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// All tap services and flows of the region.
#[derive(Default)]
pub(crate) struct Taps {
    services: HashMap<TapServiceId, Arc<TapService>>,
    flows: HashMap<TapFlowId, Arc<TapFlow>>,
    of_port: HashMap<PortId, TapServiceId>,
    of_service: HashMap<TapServiceId, BTreeSet<TapFlowId>>,
    of_source: HashMap<PortId, BTreeSet<TapFlowId>>,
    /// Where the ports of services are.
    places: HashMap<PortId, HostName>,
}

impl Taps {
    /// A port's part in taps; nothing where it has none. A service whose host is not known gets no
    /// copies.
    pub(crate) fn of(
        &self,
        port: PortId,
        tunnel_ip: impl Fn(&HostName) -> Option<IpAddr>,
    ) -> Option<Box<Goals>> {
        let flows = self.of_source.get(&port).into_iter().flatten();
        let flows = flows.filter_map(|id| self.flows.get(id));
        let copies = flows.filter_map(|flow| {
            let service = self.services.get(&flow.tap_service_id)?;
            let host_ip = tunnel_ip(self.places.get(&service.port_id)?)?;
            let copy = TapCopy {
                port: service.port_id,
                vni: service.vni,
                host_ip,
                direction: flow.direction,
            };
            Some((service.port_id, copy))
        });
        let copies: BTreeMap<_, _> = copies.collect();
        let goals = Goals {
            service: self.number(port),
            copies: copies.into_values().collect(),
        };
        (!goals.is_none()).then(|| Box::new(goals))
    }

    fn number(&self, port: PortId) -> Option<Vni> {
        let service = self.services.get(self.of_port.get(&port)?)?;
        Some(service.vni)
    }

    /// The ports that a port looks at.
    pub(crate) fn sources(&self, port: PortId) -> BTreeSet<PortId> {
        let service = self.of_port.get(&port);
        let flows = service.and_then(|service| self.of_service.get(service));
        let flows = flows.into_iter().flatten();
        let flows = flows.filter_map(|id| self.flows.get(id));
        flows.map(|flow| flow.source_port).collect()
    }

    /// The ports that are looked at from a host.
    pub(crate) fn sources_from(&self, host: &HostName) -> BTreeSet<PortId> {
        let here = self.places.iter().filter(|(_, place)| *place == host);
        here.flat_map(|(port, _)| self.sources(*port)).collect()
    }

    /// The ports of which a change of the service is news: its own before and after, and those that it
    /// looks at.
    pub(crate) fn about_service(
        &self,
        id: TapServiceId,
        now: Option<&Arc<TapService>>,
    ) -> BTreeSet<PortId> {
        let former = self.services.get(&id);
        let own = former.into_iter().chain(now).map(|service| service.port_id);
        let flows = self.of_service.get(&id).into_iter().flatten();
        let flows = flows.filter_map(|id| self.flows.get(id));
        own.chain(flows.map(|flow| flow.source_port)).collect()
    }

    /// The ports of which a change of the flow is news.
    pub(crate) fn about_flow(&self, id: TapFlowId, now: Option<&Arc<TapFlow>>) -> BTreeSet<PortId> {
        let former = self.flows.get(&id);
        let both = former.into_iter().chain(now);
        both.map(|flow| flow.source_port).collect()
    }

    /// The service was written or deleted.
    pub(crate) fn set_service(&mut self, id: TapServiceId, service: Option<Arc<TapService>>) {
        if let Some(former) = self.services.remove(&id) {
            self.of_port.remove(&former.port_id);
            self.places.remove(&former.port_id);
        }
        if let Some(service) = service {
            self.of_port.insert(service.port_id, id);
            self.services.insert(id, service);
        }
    }

    /// The flow was written or deleted.
    pub(crate) fn set_flow(&mut self, id: TapFlowId, flow: Option<Arc<TapFlow>>) {
        let former = self.flows.remove(&id);
        for (flow, has) in [(former.as_ref(), false), (flow.as_ref(), true)] {
            if let Some(flow) = flow {
                link(&mut self.of_service, flow.tap_service_id, id, has);
                link(&mut self.of_source, flow.source_port, id, has);
            }
        }
        if let Some(flow) = flow {
            self.flows.insert(id, flow);
        }
    }

    /// Where the port of a service is.
    pub(crate) fn place(&self, port: PortId) -> Option<&HostName> {
        self.places.get(&port)
    }

    /// Whether the port is a service, or was one when it was placed.
    pub(crate) fn is_service(&self, port: PortId) -> bool {
        self.of_port.contains_key(&port) || self.places.contains_key(&port)
    }

    /// The port of a service is at this host now.
    pub(crate) fn set_place(&mut self, port: PortId, host: Option<HostName>) {
        match host {
            Some(host) => drop(self.places.insert(port, host)),
            None => drop(self.places.remove(&port)),
        }
    }
}
