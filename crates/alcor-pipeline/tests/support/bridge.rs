//! A pipeline and the bridge it drives.

use super::frame::Frame;
use super::goals::{port_id, tunnel_port};
use super::switch::{Outcome, Switch};
use alcor_goalstate::TunnelKind;
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Input, Pipeline};

pub(crate) struct Bridge {
    pub(crate) pipeline: Pipeline,
    pub(crate) switch: Switch,
}

impl Bridge {
    pub(crate) fn new(inputs: impl IntoIterator<Item = Input>) -> Self {
        let mut bridge = Self {
            pipeline: Pipeline::new(),
            switch: Switch::default(),
        };
        bridge.take(inputs);
        bridge
    }

    pub(crate) fn take(&mut self, inputs: impl IntoIterator<Item = Input>) {
        for input in inputs {
            self.pipeline.apply(&input);
        }
        let changes = self.pipeline.take_changes();
        self.switch.apply(changes);
    }

    pub(crate) fn sent_by(&self, number: u8, frame: &Frame) -> Outcome {
        self.switch.receive(ofport(number), frame)
    }

    pub(crate) fn arrives(&self, vni: u32, frame: &Frame) -> Outcome {
        self.arrives_by(TunnelKind::Vxlan, vni, frame)
    }

    pub(crate) fn arrives_by(&self, kind: TunnelKind, vni: u32, frame: &Frame) -> Outcome {
        let mut frame = frame.clone();
        frame.set(Field::TunnelId, vni.into());
        self.switch.receive(tunnel_port(kind), &frame)
    }
}

/// The OpenFlow port of a VM.
pub(crate) fn ofport(number: u8) -> PortNo {
    PortNo(100 + u32::from(number))
}

pub(crate) fn plug(number: u8) -> Input {
    Input::Plugged {
        port: port_id(number),
        ofport: ofport(number),
    }
}

pub(crate) fn tunnel() -> Input {
    tunnel_of(TunnelKind::Vxlan)
}

pub(crate) fn tunnel_of(kind: TunnelKind) -> Input {
    Input::Tunnel {
        kind,
        ofport: Some(tunnel_port(kind)),
    }
}
