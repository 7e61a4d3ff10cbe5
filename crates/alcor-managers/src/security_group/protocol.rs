//! IP protocols by name and number, as security group rules take them.

pub(super) use alcor_types::ip_protocol as number;

/// The name of ICMP for IPv6 that is kept, whichever was sent.
const IPV6_ICMP: &str = "ipv6-icmp";
/// ICMP and its counterpart in IPv6.
pub(super) const ICMP: [u8; 2] = [1, 58];
/// The protocols that have ports.
pub(super) const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];
/// The protocols that exist in IPv6 only.
pub(super) const IPV6_ONLY: [u8; 6] = [41, 43, 44, 58, 59, 60];

/// The protocol as it is kept: names in lower case, numbers as they are, none for any.
/// The error is a text that is no protocol.
pub(super) fn canonical(protocol: Option<&str>, ipv6: bool) -> Result<Option<String>, String> {
    let Some(text) = protocol.filter(|text| *text != "any") else {
        return Ok(None);
    };
    let lower = text.to_lowercase();
    if number(&lower).is_none() {
        return Err(text.chars().take(80).collect());
    }
    let kept = match lower.as_str() {
        "icmp" | "icmpv6" if ipv6 => IPV6_ICMP,
        "1" if ipv6 => "58",
        other => other,
    };
    Ok(Some(kept.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_kept_as_given() {
        let kept = |text: &str, ipv6| canonical(Some(text), ipv6);
        assert_eq!(kept("TCP", false), Ok(Some("tcp".to_owned())));
        assert_eq!(kept("17", false), Ok(Some("17".to_owned())));
        assert_eq!(kept("any", false), Ok(None));
        assert_eq!(canonical(None, true), Ok(None));
        for bad in ["256", "-1", "tcpp", "", " 6", "6.0"] {
            assert!(kept(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn icmp_in_ipv6_has_one_name() {
        for name in ["icmp", "ICMPv6", "ipv6-icmp"] {
            let kept = canonical(Some(name), true);
            assert_eq!(kept, Ok(Some("ipv6-icmp".to_owned())), "{name}");
        }
        assert_eq!(canonical(Some("1"), true), Ok(Some("58".to_owned())));
        assert_eq!(canonical(Some("icmp"), false), Ok(Some("icmp".to_owned())));
    }

    #[test]
    fn every_name_has_its_number() {
        assert_eq!(number("vrrp"), Some(112));
        assert_eq!(number("255"), Some(255));
        assert!(
            IPV6_ONLY
                .iter()
                .all(|one| number(&one.to_string()).is_some())
        );
    }
}
