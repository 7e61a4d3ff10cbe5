//! Connections as a bridge keeps them: by zone and by who speaks to whom, each with its mark.

use super::frame::Frame;
use alcor_openflow::ct_state::{EST, NEW, RPL, TRK};
use alcor_openflow::{Action, Ct, Field, Zone};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Source and destination, address and port, and the protocol.
type Tuple = ([u128; 2], [u128; 2], u128);

#[derive(Default, Debug)]
pub(crate) struct Connections(RefCell<BTreeMap<(u128, Tuple), u128>>);

impl Connections {
    /// Forgets all.
    pub(crate) fn forget(&self) {
        self.0.borrow_mut().clear();
    }

    /// All connections of a zone.
    pub(crate) fn in_zone(&self, zone: u128) -> usize {
        self.0.borrow().keys().filter(|(of, _)| *of == zone).count()
    }

    /// Looks the frame up, and remembers it where the action says so.
    pub(crate) fn track(&self, ct: &Ct, frame: &mut Frame) {
        let Zone::Field(zone) = ct.zone else {
            panic!("a zone is a port's: {ct:?}");
        };
        let zone = frame.get(zone.field) & (u128::MAX >> (128 - zone.bits));
        let (from, to, protocol) = tuple(frame);
        let (there, back) = ((zone, (from, to, protocol)), (zone, (to, from, protocol)));
        if ct.commit {
            self.commit(ct, there, back);
            return;
        }
        let known = self.0.borrow();
        let (state, mark) = match (known.get(&there), known.get(&back)) {
            (Some(mark), _) => (EST, *mark),
            (None, Some(mark)) => (EST | RPL, *mark),
            (None, None) => (NEW, 0),
        };
        frame.set(Field::CtState, (TRK | state).into());
        frame.set(Field::CtMark, mark);
    }

    fn commit(&self, ct: &Ct, there: (u128, Tuple), back: (u128, Tuple)) {
        let mut known = self.0.borrow_mut();
        let key = if known.contains_key(&back) {
            back
        } else {
            there
        };
        let mark = known.entry(key).or_default();
        for action in &ct.exec {
            match action {
                Action::SetField {
                    field: Field::CtMark,
                    value,
                } => *mark = *value,
                other => panic!("{other:?} of a connection"),
            }
        }
    }
}

fn tuple(frame: &Frame) -> Tuple {
    let either = |fields: &[Field]| fields.iter().map(|field| frame.get(*field)).sum();
    let source = [
        either(&[Field::Ipv4Src, Field::Ipv6Src]),
        either(&[Field::TcpSrc, Field::UdpSrc]),
    ];
    let destination = [
        either(&[Field::Ipv4Dst, Field::Ipv6Dst]),
        either(&[Field::TcpDst, Field::UdpDst]),
    ];
    (source, destination, frame.get(Field::IpProto))
}
