//! Checks of what a port asks of the hypervisor's hardware.

use crate::{ApiError, standard};
use alcor_types::PortHardware;
use serde::Deserialize;

/// The ways of offloading that Neutron knows.
const OFFLOAD_TYPES: [&str; 1] = ["switchdev"];

/// The hints that Neutron knows, and no others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hints {
    #[expect(dead_code, reason = "read only to be checked")]
    openvswitch: Option<SwitchHints>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchHints {
    #[expect(dead_code, reason = "read only to be checked")]
    other_config: Option<OtherConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OtherConfig {
    #[expect(dead_code, reason = "read only to be checked")]
    tx_steering: Option<TxSteering>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TxSteering {
    Thread,
    Hash,
}

/// All checks.
pub(super) fn check(hardware: &PortHardware) -> Result<(), ApiError> {
    if let Some(profile) = &hardware.device_profile {
        standard::check_text("device_profile", profile)?;
    }
    if let Some(kind) = &hardware.offload_type
        && !OFFLOAD_TYPES.contains(&kind.as_str())
    {
        let reason = format!("'{kind}' is not switchdev");
        return Err(ApiError::attribute("hardware_offload_type", reason));
    }
    match &hardware.hints {
        Some(hints) => check_hints(hints),
        None => Ok(()),
    }
}

fn check_hints(hints: &str) -> Result<(), ApiError> {
    serde_json::from_str::<Hints>(hints)
        .map(drop)
        .map_err(|error| ApiError::attribute("hints", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_those_of_neutron() {
        for good in [
            "{}",
            r#"{"openvswitch":{"other_config":{"tx-steering":"hash"}}}"#,
        ] {
            check_hints(good).unwrap();
        }
        for bad in [
            "[]",
            r#"{"ovs":{}}"#,
            r#"{"openvswitch":{"other_config":{"tx-steering":"x"}}}"#,
        ] {
            check_hints(bad).unwrap_err();
        }
    }
}
