//! Taps: which ports hear of a change, and no others.

use super::Compiler;
use crate::Fact;
use crate::journal::Journal;
use crate::scope::Former;
use alcor_types::{HostName, NetworkId, PortId, Revision, TapService, TapServiceId};
use std::sync::Arc;

impl Compiler {
    /// Tap services and flows; other facts are none of theirs.
    pub(super) fn take_tap(&mut self, revision: Revision, fact: &Fact, journal: &mut Journal) {
        match fact {
            Fact::TapService(id, service) => {
                let ports = self.hosts.taps.about_service(*id, service.as_ref());
                self.retelling(revision, &ports, journal, |compiler| {
                    compiler.set_tap_service(*id, service.clone());
                });
            }
            Fact::TapFlow(id, flow) => {
                let ports = self.hosts.taps.about_flow(*id, flow.as_ref());
                self.retelling(revision, &ports, journal, |compiler| {
                    compiler.hosts.taps.set_flow(*id, flow.clone());
                });
            }
            _ => {}
        }
    }

    fn set_tap_service(&mut self, id: TapServiceId, service: Option<Arc<TapService>>) {
        let port = service.as_ref().map(|service| service.port_id);
        self.hosts.taps.set_service(id, service);
        if let Some(port) = port {
            let place = self.place(port);
            self.hosts.taps.set_place(port, place);
        }
    }

    /// A tap service's port may have moved: those that it looks at send their copies after it.
    pub(super) fn follow_tap(&mut self, revision: Revision, port: PortId, journal: &mut Journal) {
        let place = self.place(port);
        if self.hosts.taps.place(port) == place.as_ref() {
            return;
        }
        let sources = self.hosts.taps.sources(port);
        self.retelling(revision, &sources, journal, |compiler| {
            compiler.hosts.taps.set_place(port, place);
        });
    }

    /// What is told of ports on other hosts that this host looks at: copies go to where its tunnels
    /// end.
    pub(super) fn told_of_taps(&self, host: &HostName) -> Vec<(NetworkId, Vec<Former>)> {
        let sources = self.hosts.taps.sources_from(host).into_iter();
        let elsewhere = sources.filter(|port| self.place(*port).as_ref() != Some(host));
        elsewhere
            .filter_map(|port| self.former(port))
            .map(|(network, former)| (network, vec![former]))
            .collect()
    }

    fn place(&self, port: PortId) -> Option<HostName> {
        let network = self.ports.get(&port)?;
        self.scopes.get(network)?.host_of(port)
    }
}
