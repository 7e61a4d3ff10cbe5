//! The law of revisions: whatever is shown anew has a higher `revision_number` than before.

use super::model::Lists;
use serde_json::Value;

/// Attributes that are shown of a resource and are another's: no write of the resource changed them.
const BORROWED: [(&str, &str); 13] = [
    ("networks", "ipv4_address_scope"),
    ("networks", "ipv6_address_scope"),
    ("ports", "status"),
    ("ports", "status_reason"),
    ("ports", "resource_request"),
    ("ports", "qos_network_policy_id"),
    ("floatingips", "port_details"),
    ("subnets", "router:external"),
    ("subnets", "shared"),
    ("ports", "trunk_details"),
    // It is that of its ports, which a write of a port or a word of a host changes.
    ("trunks", "status"),
    ("network_segment_ranges", "used"),
    ("network_segment_ranges", "available"),
];

/// Panics where a resource changed and its revision did not rise, or where it sank.
pub(super) fn hold(before: &Lists, after: &Lists) {
    for (kind, rows) in after {
        for (place, row) in rows {
            let known = before.get(kind).and_then(|rows| rows.get(place));
            let (Some(old), Some(new)) = (known.and_then(revision), revision(row)) else {
                continue;
            };
            let known = known.unwrap_or(&Value::Null);
            assert!(old <= new, "{place} sank from {old} to {new}");
            let same = content(kind, known) == content(kind, row);
            assert!(same || old < new, "{place} at {new}: {known} became {row}");
        }
    }
}

fn revision(row: &Value) -> Option<u64> {
    row["revision_number"].as_u64()
}

fn content(kind: &str, row: &Value) -> Value {
    let mut content = row.clone();
    if let Some(members) = content.as_object_mut() {
        members.retain(|name, _| {
            let counts = ["revision_number", "updated_at"].contains(&name.as_str());
            !counts && !BORROWED.contains(&(kind, name))
        });
    }
    content
}
