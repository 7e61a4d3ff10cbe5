//! Where a switch listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Address of an OpenFlow connection, as Open vSwitch writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `unix:PATH`, such as the bridge's `.mgmt` socket.
    Unix(PathBuf),
    /// `tcp:HOST:PORT`.
    Tcp(String),
}

/// A text that is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an OpenFlow endpoint: write unix:PATH or tcp:HOST:PORT")]
pub struct ParseEndpointError(String);

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseEndpointError(text.to_owned());
        match text.split_once(':').ok_or_else(wrong)? {
            ("unix", path) if !path.is_empty() => Ok(Self::Unix(path.into())),
            ("tcp", address) => {
                let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
                port.parse::<u16>().map_err(|_| wrong())?;
                if host.is_empty() {
                    return Err(wrong());
                }
                Ok(Self::Tcp(address.to_owned()))
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_as_they_are_written() {
        for text in [
            "unix:/run/br-int.mgmt",
            "tcp:10.0.0.1:6653",
            "tcp:[::1]:6653",
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        for wrong in ["", "unix:", "tcp:host", "tcp::1", "tcp:host:x", "/run/x"] {
            assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
        }
    }
}
