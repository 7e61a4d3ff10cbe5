//! Names of labs and VMs, checked once, because they become parts of namespace names,
//! interface names and paths.

use crate::LabError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A lab's name: 1 to 12 lower-case letters and digits. No hyphen, so that `alcor-a-` can
/// never be the beginning of another lab's namespaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LabName(String);

/// A VM's name: 1 to 12 lower-case letters, digits and inner hyphens (`tap` and the name
/// must fit an interface name of 15 bytes); not of the form `h7`, which names a host, and not
/// `fabric`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VmName(String);

const LONGEST: usize = 12;

/// The word for the fabric, where else a host or a VM is named.
pub(crate) const FABRIC: &str = "fabric";

impl LabName {
    /// A name that no other lab has: eight hexadecimal digits by chance.
    pub fn unique() -> Self {
        let (high, ..) = Uuid::new_v4().as_fields();
        Self(format!("{high:08x}"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl VmName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host's end of the VM's cable, `tapNAME`.
    pub fn tap(&self) -> String {
        format!("tap{}", self.0)
    }
}

impl FromStr for LabName {
    type Err = LabError;

    fn from_str(name: &str) -> Result<Self, LabError> {
        let good = (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain);
        good.then(|| Self(name.to_owned()))
            .ok_or_else(|| LabError::BadName {
                name: name.to_owned(),
                what: "lab",
                rule: "use 1 to 12 lower-case letters and digits",
            })
    }
}

impl FromStr for VmName {
    type Err = LabError;

    fn from_str(name: &str) -> Result<Self, LabError> {
        let inner = !name.starts_with('-') && !name.ends_with('-');
        let characters = name.bytes().all(|byte| plain(byte) || byte == b'-');
        let good = (1..=LONGEST).contains(&name.len()) && inner && characters;
        (good && name != FABRIC && host_number(name).is_none())
            .then(|| Self(name.to_owned()))
            .ok_or_else(|| LabError::BadName {
                name: name.to_owned(),
                what: "VM",
                rule: "use 1 to 12 lower-case letters, digits and inner hyphens, \
                       and neither h with a number (a host) nor fabric",
            })
    }
}

/// The number in a host's name: `h7` is 7.
pub(crate) fn host_number(name: &str) -> Option<u16> {
    name.strip_prefix('h')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
}

fn plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

macro_rules! text_form {
    ($name:ty) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = LabError;

            fn try_from(name: String) -> Result<Self, LabError> {
                name.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

text_form!(LabName);
text_form!(VmName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_name_has_no_hyphen_and_is_short() {
        assert!("a1".parse::<LabName>().is_ok());
        for bad in ["", "a-b", "Upper", "dot.dot", "../x", "thirteenchars"] {
            assert!(bad.parse::<LabName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_vm_name_is_no_host_name_and_fits_an_interface() {
        for good in ["a", "web-1", "host", "h", "h1x", "abcdefghijkl"] {
            assert!(good.parse::<VmName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "h1",
            "h65535",
            "fabric",
            "-a",
            "a-",
            "a b",
            "abcdefghijklm",
            "a/b",
        ] {
            assert!(bad.parse::<VmName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn unique_names_are_names_and_differ() {
        let (one, two) = (LabName::unique(), LabName::unique());
        assert_ne!(one, two);
        assert!(one.as_str().parse::<LabName>().is_ok());
    }
}
