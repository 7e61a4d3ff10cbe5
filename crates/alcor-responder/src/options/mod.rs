//! DHCP options by name or number: what users write (`extra_dhcp_opts`) as the bytes that
//! clients read.
//!
//! The API checks with [`parse`] what it accepts, the agent encodes with it, so that what is
//! stored can be sent.

pub(crate) mod code;
mod names;
pub(crate) mod routes;
mod six;
mod value;

pub use six::parse6;
pub(crate) use value::domain;

use std::net::Ipv4Addr;

/// What a user's option amounts to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// An option of the message.
    Option {
        /// Its number (RFC 2132 and successors).
        code: u8,
        /// Its value, encoded; never empty.
        data: Vec<u8>,
    },
    /// The BOOTP field `siaddr`, which dnsmasq calls `server-ip-address`, or option 255.
    NextServer(Ipv4Addr),
}

/// Why a user's option cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// Neither a number nor a known name.
    #[error(
        "'{0}' is not a DHCP option: write its number from 1 to 254, or its dnsmasq name, \
         like ntp-server"
    )]
    Unknown(String),
    /// Neither a number nor a known name, of IPv6.
    #[error(
        "'{0}' is not a DHCPv6 option: write its number from 1 to 65535, or its dnsmasq name, \
         like ntp-server"
    )]
    Unknown6(String),
    /// The protocol itself needs the option.
    #[error("the DHCP option '{0}' is part of the protocol and cannot be set: remove it")]
    Reserved(String),
    /// The value does not fit the option.
    #[error("'{value}' is not a valid value of the DHCP option '{name}': write {expected}")]
    Value {
        /// The option, as the user names it.
        name: String,
        /// The value, as the user writes it.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Neither 4 nor 6.
    #[error("'{0}' is not a valid IP version of a DHCP option: write 4 or 6")]
    IpVersion(u8),
}

/// What the option `name` with the text `value` means, or what is wrong with it.
///
/// `name` is the number (`42`) or dnsmasq's name (`ntp-server`), with or without `option:`
/// before it. Options of IPv6 are for [`parse6`]; for them the answer is `None`.
pub fn parse(name: &str, value: &str, ip_version: u8) -> Result<Option<Setting>, OptionError> {
    match ip_version {
        4 => parse_ipv4(name, value).map(Some),
        6 => Ok(None),
        other => Err(OptionError::IpVersion(other)),
    }
}

fn parse_ipv4(name: &str, value: &str) -> Result<Setting, OptionError> {
    let bare = name.strip_prefix("option:").unwrap_or(name);
    let (code, kind) = names::find(bare).ok_or_else(|| OptionError::Unknown(name.to_owned()))?;
    if code::RESERVED.contains(&code) {
        return Err(OptionError::Reserved(name.to_owned()));
    }
    let data = value::encode(kind, value).ok_or_else(|| OptionError::Value {
        name: name.to_owned(),
        value: value.to_owned(),
        expected: kind.expected(),
    })?;
    match <[u8; 4]>::try_from(&data[..]) {
        Ok(octets) if code == code::NEXT_SERVER => Ok(Setting::NextServer(octets.into())),
        _ => Ok(Setting::Option { code, data }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str, value: &str) -> Result<(u8, Vec<u8>), OptionError> {
        match parse(name, value, 4)? {
            Some(Setting::Option { code, data }) => Ok((code, data)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_and_numbers_mean_the_same() {
        for (name, number, value, bytes) in [
            (
                "ntp-server",
                "42",
                "10.0.0.1, 10.0.0.2",
                &[10, 0, 0, 1, 10, 0, 0, 2][..],
            ),
            ("tftp-server", "66", "10.0.0.9", b"10.0.0.9"),
            ("bootfile-name", "67", "pxelinux.0", b"pxelinux.0"),
            ("mtu", "26", "1400", &[5, 120]),
            ("domain-name", "15", "example.org", b"example.org"),
            ("domain-search", "119", "a.b", b"\x01a\x01b\0"),
            ("T1", "58", "2m", &[0, 0, 0, 120]),
            ("ip-forward-enable", "19", "1", &[1]),
            ("time-offset", "2", "-3600", &[0xff, 0xff, 0xf1, 0xf0]),
            ("tftp-server-address", "150", "10.0.0.9", &[10, 0, 0, 9]),
            ("vendor-encap", "43", "01:02:ff", &[1, 2, 255]),
            (
                "classless-static-route",
                "121",
                "10.2.0.0/16,10.0.0.1,0.0.0.0/0,10.0.0.1",
                &[16, 10, 2, 10, 0, 0, 1, 0, 10, 0, 0, 1],
            ),
        ] {
            let expected = Ok((number.parse().unwrap(), bytes.to_vec()));
            assert_eq!(data(name, value), expected, "{name}");
            assert_eq!(data(number, value), expected, "{number}");
            assert_eq!(data(&format!("option:{name}"), value), expected, "{name}");
        }
    }

    #[test]
    fn a_number_without_a_name_takes_the_form_of_its_value() {
        for (value, bytes) in [
            ("10.0.0.1,10.0.0.2", &[10, 0, 0, 1, 10, 0, 0, 2][..]),
            ("7", &[7]),
            ("300", &[1, 44]),
            ("70000", &[0, 1, 17, 112]),
            ("de:ad", &[0xde, 0xad]),
            ("/tftpboot/", b"/tftpboot/"),
        ] {
            assert_eq!(data("210", value), Ok((210, bytes.to_vec())), "{value}");
        }
    }

    #[test]
    fn the_next_server_is_no_option() {
        for name in ["server-ip-address", "255"] {
            assert_eq!(
                parse(name, "10.0.0.9", 4),
                Ok(Some(Setting::NextServer(Ipv4Addr::new(10, 0, 0, 9))))
            );
            assert!(parse(name, "boot", 4).is_err());
        }
    }

    #[test]
    fn errors_name_the_option() {
        for (name, value) in [
            ("no-such-option", "1"),
            ("0", "1"),
            ("256", "1"),
            ("server-identifier", "10.0.0.1"),
            ("53", "1"),
            ("mtu", "many"),
            ("mtu", "70000"),
            ("mtu", "67"),
            ("ntp-server", ""),
            ("ntp-server", "10.0.0.1,"),
            ("ntp-server", "ntp.example.org"),
            ("static-route", "10.0.0.1"),
            ("netmask", "255.0.255.0"),
            ("ip-forward-enable", "2"),
            ("classless-static-route", "10.0.0.0/33,10.0.0.1"),
            ("classless-static-route", "10.0.0.0/8"),
            ("classless-static-route", "10.0.0.1/8,10.0.0.1"),
            ("bootfile-name", "a\nb"),
            ("vendor-encap", "1:2"),
            ("domain-search", "a..b"),
            ("lease-time", "0"),
        ] {
            let error = parse(name, value, 4).expect_err(name).to_string();
            assert!(error.contains(name), "{error}");
        }
        assert_eq!(parse("x", "y", 5), Err(OptionError::IpVersion(5)));
        assert_eq!(parse("x", "y", 6), Ok(None));
    }
}
