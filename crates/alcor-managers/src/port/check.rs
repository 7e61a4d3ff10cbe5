//! Checks of a port's attributes that no other resource bears on.

use crate::{ApiError, Settings, standard};
use alcor_types::{ExtraDhcpOption, Port};
use std::collections::BTreeSet;

use super::{ExtraDhcpOptionRequest, FixedIpRequest, NETWORK_OWNERS, hardware};

/// The kinds of virtual NIC that Neutron's API knows.
const VNIC_TYPES: [&str; 11] = [
    "normal",
    "direct",
    "direct-physical",
    "macvtap",
    "baremetal",
    "virtio-forwarder",
    "smart-nic",
    "vdpa",
    "accelerator-direct",
    "accelerator-direct-physical",
    "remote-managed",
];
/// The longest `binding:profile`, in bytes of JSON text (Neutron's column width).
const MAX_PROFILE: usize = 4095;
/// The longest domain, in characters: a label and its dot must fit before it.
const MAX_DOMAIN: usize = 253;
/// How many DHCP options one port may have; a reply has room for few.
const MAX_OPTIONS: usize = 64;

/// All checks of a port that is about to be written.
pub(super) fn check_attributes(port: &Port, settings: &Settings) -> Result<(), ApiError> {
    standard::check_text("device_id", &port.device_id)?;
    standard::check_text("device_owner", &port.device_owner)?;
    if let Some(host) = &port.host {
        standard::check_text("binding:host_id", host.as_str())?;
    }
    check_vnic_type(&port.vnic_type)?;
    if !port.dns_name.is_empty() && !is_dns_label(&port.dns_name) {
        let reason = format!(
            "'{}' is no DNS label, use 1 to 63 letters, digits and hyphens, with no hyphen first or last",
            port.dns_name
        );
        return Err(ApiError::attribute("dns_name", reason));
    }
    check_domain(&port.dns_domain)?;
    check_profile(&port.binding_profile)?;
    hardware::check(&port.hardware)?;
    check_pairs(port, settings)
}

/// Refuses kinds of NIC that Neutron does not know.
pub(super) fn check_vnic_type(vnic_type: &str) -> Result<(), ApiError> {
    if VNIC_TYPES.contains(&vnic_type) {
        return Ok(());
    }
    let reason = format!("'{vnic_type}' is none of {}", VNIC_TYPES.join(", "));
    Err(ApiError::attribute("binding:vnic_type", reason))
}

/// A domain as external DNS takes it: whole, with the final dot.
fn check_domain(domain: &str) -> Result<(), ApiError> {
    let labels = domain.strip_suffix('.');
    let whole = labels.is_some_and(|labels| labels.split('.').all(is_dns_label));
    if domain.is_empty() || (whole && domain.len() < MAX_DOMAIN) {
        return Ok(());
    }
    let reason = format!("'{domain}' is not a FQDN, write labels divided and ended by dots");
    Err(ApiError::attribute("dns_domain", reason))
}

/// One label of a host name (RFC 1035, section 2.3.1, with the leading digits of RFC 1123).
pub(crate) fn is_dns_label(label: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(valid)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Refuses more addresses than the region allows to ports that are not the region's own.
pub(super) fn check_fixed_ips(
    asked: Option<&[FixedIpRequest]>,
    device_owner: &str,
    settings: &Settings,
) -> Result<(), ApiError> {
    if device_owner.starts_with(NETWORK_OWNERS) {
        return Ok(());
    }
    let (count, max) = (asked.map_or(0, <[_]>::len), settings.max_fixed_ips);
    if count > max {
        return Err(ApiError::InvalidInput(format!(
            "{count} fixed_ips are given, a port may have {max}; remove some"
        )));
    }
    Ok(())
}

/// The options after a request is applied: those with a value are set, those without removed.
/// A new port has none to remove, so there every option needs a value.
pub(super) fn merge_options(
    present: &[ExtraDhcpOption],
    asked: &[ExtraDhcpOptionRequest],
    is_new: bool,
) -> Result<Vec<ExtraDhcpOption>, ApiError> {
    let mut options = present.to_vec();
    for one in asked {
        check_option(one, is_new)?;
        let ip_version = one.ip_version.unwrap_or(4);
        options.retain(|option| option.opt_name != one.opt_name || option.ip_version != ip_version);
        if let Some(value) = &one.opt_value {
            options.push(ExtraDhcpOption {
                opt_name: one.opt_name.clone(),
                opt_value: value.clone(),
                ip_version,
            });
        }
    }
    if options.len() > MAX_OPTIONS {
        let message = format!(
            "{} options are given, {MAX_OPTIONS} are allowed",
            options.len()
        );
        return Err(ApiError::ExtraDhcpOptBadData(message));
    }
    Ok(options)
}

fn check_option(option: &ExtraDhcpOptionRequest, is_new: bool) -> Result<(), ApiError> {
    let name = &option.opt_name;
    let bad = |what: &str| {
        Err(ApiError::ExtraDhcpOptBadData(format!(
            "opt_name '{name}' {what}"
        )))
    };
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(named) {
        return bad("is neither an option number nor a name of letters, digits and hyphens");
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) && !is_option_number(name, option.ip_version)
    {
        return bad("is not an option number that can be sent (1 to 254, or 65535 for IPv6)");
    }
    if !matches!(option.ip_version, None | Some(4 | 6)) {
        return bad("needs ip_version 4 or 6");
    }
    match &option.opt_value {
        None if is_new => bad("needs an opt_value"),
        Some(value) if value.is_empty() => {
            bad("has an empty opt_value; give one, or null to remove it")
        }
        Some(value) if value.chars().any(char::is_control) => {
            bad("has control characters in its opt_value, remove them")
        }
        Some(value) => standard::check_text("extra_dhcp_opts opt_value", value),
        None => Ok(()),
    }
}

fn is_option_number(text: &str, version: Option<u8>) -> bool {
    let max = if version == Some(6) { u16::MAX } else { 254 };
    text.parse::<u16>()
        .is_ok_and(|number| (1..=max).contains(&number))
}

/// Refuses a profile that is too long or no object.
pub(super) fn check_profile(profile: &str) -> Result<(), ApiError> {
    let reason = if profile.len() > MAX_PROFILE {
        format!("it has {} bytes, {MAX_PROFILE} are allowed", profile.len())
    } else if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(profile).is_err() {
        "it is not a JSON object".to_owned()
    } else {
        return Ok(());
    };
    Err(ApiError::attribute("binding:profile", reason))
}

fn check_pairs(port: &Port, settings: &Settings) -> Result<(), ApiError> {
    let pairs = &port.allowed_address_pairs;
    if pairs.is_empty() {
        return Ok(());
    }
    let (count, max) = (pairs.len(), settings.max_address_pairs);
    if count > max {
        return Err(ApiError::AddressPairsExhausted { count, max });
    }
    let mut seen = BTreeSet::new();
    for pair in pairs {
        if let Some(mac) = pair.mac_address.filter(|mac| mac.is_multicast()) {
            let reason = format!("{mac} does not name one interface, choose a unicast address");
            return Err(ApiError::attribute("allowed_address_pairs", reason));
        }
        let (address, mac) = (
            pair.ip_address,
            pair.mac_address.unwrap_or(port.mac_address),
        );
        if !seen.insert((address, mac)) {
            return Err(ApiError::DuplicateAddressPairInRequest { address, mac });
        }
    }
    if !port.port_security_enabled {
        return Err(ApiError::AddressPairAndPortSecurityRequired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_host_names() {
        for good in ["a", "web-1", "1st", &"x".repeat(63)] {
            assert!(is_dns_label(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a.b", "a_b", "ä", &"x".repeat(64)] {
            assert!(!is_dns_label(bad), "{bad}");
        }
    }

    fn option(name: &str, value: Option<&str>) -> ExtraDhcpOptionRequest {
        ExtraDhcpOptionRequest {
            opt_name: name.to_owned(),
            opt_value: value.map(str::to_owned),
            ip_version: None,
        }
    }

    #[test]
    fn options_are_merged_by_name_and_family() {
        let first = merge_options(
            &[],
            &[option("mtu", Some("1400")), option("66", Some("x"))],
            true,
        );
        let first = first.unwrap();
        assert_eq!(first.len(), 2);
        let next = merge_options(
            &first,
            &[option("mtu", None), option("66", Some("y"))],
            false,
        );
        let next = next.unwrap();
        assert_eq!((next.len(), next[0].opt_value.as_str()), (1, "y"));
    }

    #[test]
    fn options_that_cannot_be_sent_are_refused() {
        for bad in [
            option("", Some("x")),
            option("0", Some("x")),
            option("255", Some("x")),
            option("a b", Some("x")),
            option("mtu", Some("")),
            option("mtu", Some("a\nb")),
            option("mtu", None),
        ] {
            assert!(
                merge_options(&[], std::slice::from_ref(&bad), true).is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_profile_is_an_object() {
        assert!(check_profile("{}").is_ok());
        assert!(check_profile("[]").is_err() && check_profile("").is_err());
    }
}
