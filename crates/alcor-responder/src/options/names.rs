//! The table of option names: dnsmasq's, since those are what users of Neutron, Nova and
//! Ironic write.

use super::code::NEXT_SERVER;
use super::value::Kind;

/// Number, name, form of the value.
const NAMES: &[(u8, &str, Kind)] = &[
    (1, "netmask", Kind::Mask),
    (2, "time-offset", Kind::I32),
    (3, "router", Kind::Addresses),
    (4, "time-server", Kind::Addresses),
    (6, "dns-server", Kind::Addresses),
    (7, "log-server", Kind::Addresses),
    (9, "lpr-server", Kind::Addresses),
    (12, "hostname", Kind::Text),
    (12, "host-name", Kind::Text),
    (13, "boot-file-size", Kind::U16),
    (15, "domain-name", Kind::Text),
    (16, "swap-server", Kind::Address),
    (17, "root-path", Kind::Text),
    (18, "extension-path", Kind::Text),
    (19, "ip-forward-enable", Kind::Flag),
    (20, "non-local-source-routing", Kind::Flag),
    (21, "policy-filter", Kind::AddressPairs),
    (22, "max-datagram-reassembly", Kind::U16),
    (23, "default-ttl", Kind::U8),
    (26, "mtu", Kind::Mtu),
    (27, "all-subnets-local", Kind::Flag),
    (28, "broadcast", Kind::Address),
    (31, "router-discovery", Kind::Flag),
    (32, "router-solicitation", Kind::Address),
    (33, "static-route", Kind::AddressPairs),
    (34, "trailer-encapsulation", Kind::Flag),
    (35, "arp-timeout", Kind::U32),
    (36, "ethernet-encap", Kind::Flag),
    (37, "tcp-ttl", Kind::U8),
    (38, "tcp-keepalive", Kind::U32),
    (40, "nis-domain", Kind::Text),
    (41, "nis-server", Kind::Addresses),
    (42, "ntp-server", Kind::Addresses),
    (43, "vendor-encap", Kind::Bytes),
    (44, "netbios-ns", Kind::Addresses),
    (45, "netbios-dd", Kind::Addresses),
    (46, "netbios-nodetype", Kind::U8),
    (47, "netbios-scope", Kind::Text),
    (48, "x-windows-fs", Kind::Addresses),
    (49, "x-windows-dm", Kind::Addresses),
    (50, "requested-address", Kind::Address),
    (51, "lease-time", Kind::Seconds),
    (52, "option-overload", Kind::U8),
    (53, "message-type", Kind::U8),
    (54, "server-identifier", Kind::Address),
    (55, "parameter-request", Kind::Bytes),
    (56, "message", Kind::Text),
    (57, "max-message-size", Kind::U16),
    (58, "T1", Kind::Seconds),
    (59, "T2", Kind::Seconds),
    (60, "vendor-class", Kind::Text),
    (61, "client-id", Kind::Bytes),
    (64, "nis+-domain", Kind::Text),
    (65, "nis+-server", Kind::Addresses),
    (66, "tftp-server", Kind::Text),
    (66, "tftp-server-name", Kind::Text),
    (67, "bootfile-name", Kind::Text),
    (68, "mobile-ip-home", Kind::Addresses),
    (69, "smtp-server", Kind::Addresses),
    (70, "pop3-server", Kind::Addresses),
    (71, "nntp-server", Kind::Addresses),
    (74, "irc-server", Kind::Addresses),
    (77, "user-class", Kind::Text),
    (82, "agent-id", Kind::Bytes),
    (93, "client-arch", Kind::U16),
    (97, "client-machine-id", Kind::Bytes),
    (100, "posix-timezone", Kind::Text),
    (101, "tzdb-timezone", Kind::Text),
    (108, "ipv6-only", Kind::U32),
    (114, "captive-portal", Kind::Text),
    (119, "domain-search", Kind::Names),
    (121, "classless-static-route", Kind::Routes),
    (125, "vendor-id-encap", Kind::Bytes),
    (150, "tftp-server-address", Kind::Addresses),
    (209, "config-file", Kind::Text),
    (249, "ms-classless-static-route", Kind::Routes),
    (NEXT_SERVER, "server-ip-address", Kind::Address),
];

/// Number and form of the option that a user means. A number that is not in the table is
/// taken as it is; its value may be anything.
pub(super) fn find(name: &str) -> Option<(u8, Kind)> {
    let number = name.parse::<u8>().ok().filter(|_| !name.starts_with('+'));
    let mut rows = NAMES.iter();
    let row = rows.find(|(code, text, _)| number.map_or(*text == name, |n| n == *code));
    match (row, number) {
        (Some((code, _, kind)), _) => Some((*code, *kind)),
        (None, Some(number)) if number > 0 => Some((number, Kind::Any)),
        _ => None,
    }
}
