//! The headers of a request that say whose it is, and those that are of one connection alone.

use super::{Secret, alike};
use crate::errand::Guest;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use std::net::IpAddr;

const INSTANCE: HeaderName = HeaderName::from_static("x-instance-id");
const SIGNATURE: HeaderName = HeaderName::from_static("x-instance-id-signature");
const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What no VM may say: who it is, by Nova's names and by those of other proxies.
const IDENTITY: [&str; 9] = [
    "x-instance-id",
    "x-instance-id-signature",
    "x-tenant-id",
    "x-project-id",
    "x-forwarded-for",
    "x-metadata-provider",
    "x-metadata-provider-signature",
    "x-real-ip",
    "forwarded",
];

/// What is of one connection (RFC 9110, 7.6.1), or was answered on it.
const CONNECTION: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Takes out both. Servers by CGI's rules take `_` for `-` in names.
pub(super) fn strip(headers: &mut HeaderMap) {
    let names: Vec<_> = headers.keys().cloned().collect();
    for name in names {
        let plain = name.as_str().replace('_', "-");
        if IDENTITY.contains(&&*plain) || CONNECTION.contains(&&*plain) {
            headers.remove(name);
        }
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Caller {
    /// Empty for a port that is no instance's.
    pub(super) instance: String,
    project: String,
    address: Option<IpAddr>,
}

impl Caller {
    /// The guest, who asks from an address: its own, or a link-local one that stands for its own.
    pub(super) fn of(guest: &Guest, from: IpAddr) -> Self {
        let own = || guest.addresses.iter().copied();
        let address = own().find(|address| *address == from);
        let address = address.or_else(|| own().find(|address| alike(*address, from)));
        Self {
            instance: guest.instance.clone(),
            project: guest.project.to_string(),
            address: address.or_else(|| own().next()),
        }
    }

    /// Says so, with a signature. A name that no header can hold is not said.
    pub(super) fn sign(&self, headers: &mut HeaderMap, secret: &Secret) {
        let address = self.address.map(|address| address.to_string());
        let all = [
            (INSTANCE, Some(self.instance.clone())),
            (SIGNATURE, Some(secret.sign(&self.instance))),
            (TENANT, Some(self.project.clone())),
            (FORWARDED, address),
        ];
        for (name, value) in all {
            let value = value.and_then(|value| HeaderValue::from_str(&value).ok());
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
    }
}
