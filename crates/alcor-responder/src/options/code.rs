//! The numbers of the options that are named in code (RFC 2132, 3046, 3442).

pub(crate) const SUBNET_MASK: u8 = 1;
pub(crate) const ROUTER: u8 = 3;
pub(crate) const DNS_SERVERS: u8 = 6;
pub(crate) const HOST_NAME: u8 = 12;
pub(crate) const DOMAIN_NAME: u8 = 15;
pub(crate) const MTU: u8 = 26;
pub(crate) const BROADCAST: u8 = 28;
pub(crate) const REQUESTED_ADDRESS: u8 = 50;
pub(crate) const LEASE_TIME: u8 = 51;
pub(crate) const OVERLOAD: u8 = 52;
pub(crate) const MESSAGE_TYPE: u8 = 53;
pub(crate) const SERVER_ID: u8 = 54;
pub(crate) const PARAMETERS: u8 = 55;
pub(crate) const MESSAGE: u8 = 56;
pub(crate) const MAX_SIZE: u8 = 57;
pub(crate) const RENEWAL_TIME: u8 = 58;
pub(crate) const REBINDING_TIME: u8 = 59;
pub(crate) const CLIENT_ID: u8 = 61;
pub(crate) const BOOT_FILE: u8 = 67;
pub(crate) const RELAY_AGENT: u8 = 82;
pub(crate) const CLASSLESS_ROUTES: u8 = 121;
/// What Windows asked for before RFC 3442; the form is that of option 121.
pub(crate) const MICROSOFT_ROUTES: u8 = 249;
/// No option: dnsmasq's number for the BOOTP field `siaddr`. On the wire 255 ends the options.
pub(crate) const NEXT_SERVER: u8 = 255;

/// What the protocol speaks with; nobody else may set these.
pub(crate) const RESERVED: [u8; 10] = [
    0,
    REQUESTED_ADDRESS,
    OVERLOAD,
    MESSAGE_TYPE,
    SERVER_ID,
    PARAMETERS,
    MESSAGE,
    MAX_SIZE,
    CLIENT_ID,
    RELAY_AGENT,
];
