//! A port's part in a trunk, from the wire.

use super::{DecodeError, Fields};
use crate::TrunkPart;
use crate::wire::port_configuration::Trunk as Sent;

/// None where nothing was sent.
pub(super) fn trunk(
    fields: &Fields<'_>,
    sent: Option<&Sent>,
) -> Result<Option<TrunkPart>, DecodeError> {
    let Some(sent) = sent else {
        return Ok(None);
    };
    if sent.parent_id.is_empty() {
        return Ok(Some(TrunkPart::Parent));
    }
    let tag = u16::try_from(sent.tag).map_err(|error| fields.wrong("trunk.tag", error))?;
    if !(1..=4094).contains(&tag) {
        return Err(fields.wrong("trunk.tag", format!("{tag} is no VLAN: 1 to 4094 are")));
    }
    Ok(Some(TrunkPart::SubPort {
        parent: fields.parse("trunk.parent_id", &sent.parent_id)?,
        tag,
    }))
}
