//! How segments and ranges of their numbers lie in the store, and by what they are found.

use super::add_text;
use super::table::{SEGMENT_RANGES, SEGMENTS};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{NetworkType, Segment, SegmentRange, Transport};

/// Parts: network id.
pub const SEGMENT_BY_NETWORK: Index = Index {
    id: 1,
    name: "network_id",
};
/// Parts: name.
pub const SEGMENT_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: type, physical network and number (see [`transport_parts`]). Unique, except that local
/// segments have no entry.
pub const SEGMENT_BY_TRANSPORT: Index = Index {
    id: 3,
    name: "network_type, physical_network, segmentation_id",
};
/// Parts: the type's name.
pub const SEGMENT_BY_TYPE: Index = Index {
    id: 4,
    name: "network_type",
};
/// Parts: physical network.
pub const SEGMENT_BY_PHYSICAL_NETWORK: Index = Index {
    id: 5,
    name: "physical_network",
};
/// Parts: the number, four bytes, most significant first.
pub const SEGMENT_BY_NUMBER: Index = Index {
    id: 6,
    name: "segmentation_id",
};

/// Parts: project; only ranges of one project have an entry.
pub const RANGE_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const RANGE_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const RANGE_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: type and physical network (see [`space_part`]).
pub const RANGE_BY_SPACE: Index = Index {
    id: 4,
    name: "network_type, physical_network",
};
/// Parts: the type's name.
pub const RANGE_BY_TYPE: Index = Index {
    id: 5,
    name: "network_type",
};
/// Parts: physical network.
pub const RANGE_BY_PHYSICAL_NETWORK: Index = Index {
    id: 6,
    name: "physical_network",
};

/// What numbers are unique in, as an index part and as the beginning of allocation rows: no value
/// is the beginning of another one.
pub fn space_part(network_type: NetworkType, physical_network: Option<&str>) -> Vec<u8> {
    let number = match network_type {
        NetworkType::Vxlan => 1,
        NetworkType::Geneve => 2,
        NetworkType::Gre => 3,
        NetworkType::Vlan => 4,
        NetworkType::Flat => 5,
        NetworkType::Local => 6,
    };
    let name = physical_network.unwrap_or_default();
    let mut part = vec![number];
    part.extend_from_slice(name.as_bytes());
    part.push(0);
    part
}

/// The whole of a transport as an index part.
pub fn transport_parts(transport: &Transport) -> Vec<u8> {
    let name = transport.physical_network.as_deref();
    let mut part = space_part(transport.network_type, name);
    part.extend(transport.segmentation_id.unwrap_or(0).to_be_bytes());
    part
}

impl Record for Segment {
    const TABLE: Table = SEGMENTS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let transport = &self.transport;
        to.add(SEGMENT_BY_NETWORK, &[self.network_id.as_bytes()]);
        add_text(to, SEGMENT_BY_NAME, &self.standard.name);
        if transport.network_type != NetworkType::Local {
            to.unique(SEGMENT_BY_TRANSPORT, &[&transport_parts(transport)]);
        }
        add_text(to, SEGMENT_BY_TYPE, transport.network_type.as_str());
        if let Some(name) = &transport.physical_network {
            add_text(to, SEGMENT_BY_PHYSICAL_NETWORK, name);
        }
        if let Some(number) = transport.segmentation_id {
            to.add(SEGMENT_BY_NUMBER, &[&number.to_be_bytes()]);
        }
    }
}

impl Record for SegmentRange {
    const TABLE: Table = SEGMENT_RANGES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        if let Some(project) = &self.project_id {
            add_text(to, RANGE_BY_PROJECT, project.as_str());
        }
        add_text(to, RANGE_BY_NAME, &self.standard.name);
        for tag in &self.standard.tags {
            add_text(to, RANGE_BY_TAG, tag);
        }
        let name = self.physical_network.as_deref();
        to.add(RANGE_BY_SPACE, &[&space_part(self.network_type, name)]);
        add_text(to, RANGE_BY_TYPE, self.network_type.as_str());
        add_text(to, RANGE_BY_PHYSICAL_NETWORK, name.unwrap_or_default());
    }
}
