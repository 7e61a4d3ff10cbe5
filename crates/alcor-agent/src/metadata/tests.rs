//! Who a request is said to be of.

use super::header::{Caller, strip};
use super::*;
use crate::errand::Guest;
use alcor_openflow::PortNo;
use alcor_types::{MacAddr, PortId};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

fn guest() -> Guest {
    Guest {
        port: PortId::random(),
        ofport: PortNo(7),
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
        instance: "i-1".to_owned(),
        project: "red".into(),
        addresses: ["10.0.0.5", "fd00::5"].map(|ip| ip.parse().unwrap()).into(),
    }
}

fn proxy(url: &str) -> Proxy {
    let settings = MetadataSettings {
        url: url.to_owned(),
        secret: Secret::new("key"),
    };
    Proxy::new(&settings).unwrap()
}

/// As `printf i-1 | openssl dgst -sha256 -hmac key` has it.
#[test]
fn the_instance_is_signed() {
    let secret = Secret::new("key");
    // RFC 4231 has no key of text; this one is of Wikipedia's article on HMAC.
    let fox = "The quick brown fox jumps over the lazy dog";
    assert_eq!(
        secret.sign(fox),
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    );
    assert_eq!(format!("{secret:?}"), "Secret(redacted)");
}

#[test]
fn a_vm_cannot_say_who_it_is() {
    let mut headers = HeaderMap::new();
    for name in [
        "x-instance-id",
        "x_instance_id",
        "x-instance_id-signature",
        "x-tenant-id",
        "x-forwarded-for",
        "x_forwarded_for",
        "connection",
        "te",
        "accept",
    ] {
        let name = HeaderName::from_static(name);
        headers.append(name.clone(), HeaderValue::from_static("me"));
        headers.append(name, HeaderValue::from_static("me, too"));
    }
    strip(&mut headers);
    assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"]);
    let caller = Caller::of(&guest(), "10.0.0.5".parse().unwrap());
    caller.sign(&mut headers, &Secret::new("key"));
    assert_eq!(headers["x-instance-id"], "i-1");
    assert_eq!(headers["x-tenant-id"], "red");
    assert_eq!(headers["x-forwarded-for"], "10.0.0.5");
    assert_eq!(headers.get_all("x-instance-id").iter().count(), 1);
}

#[test]
fn a_link_local_address_stands_for_the_ports_own() {
    for (from, own) in [("fe80::1", "fd00::5"), ("10.0.0.9", "10.0.0.5")] {
        let mut headers = HeaderMap::new();
        let caller = Caller::of(&guest(), from.parse().unwrap());
        caller.sign(&mut headers, &Secret::new("key"));
        assert_eq!(headers["x-forwarded-for"], own);
    }
}

#[tokio::test]
async fn a_path_stays_below_the_base() {
    let proxy = proxy("http://127.0.0.1:1/nova/");
    let uri = |path: &str| proxy.uri(&Method::GET, &path.parse().unwrap());
    let whole = uri("/latest/meta-data/?x=1").unwrap();
    assert_eq!(whole, "http://127.0.0.1:1/nova/latest/meta-data/?x=1");
    // Only the path counts of a request that names a host.
    let named = uri("http://elsewhere/latest").unwrap();
    assert_eq!(named, "http://127.0.0.1:1/nova/latest");
    for climbing in ["/../admin", "/a/%2e%2E/b", "/a/.%2e", "/a\\..\\b"] {
        assert!(uri(climbing).is_err(), "{climbing}");
    }
    let connect = proxy.uri(&Method::CONNECT, &"elsewhere:443".parse().unwrap());
    assert!(connect.is_err());
}
