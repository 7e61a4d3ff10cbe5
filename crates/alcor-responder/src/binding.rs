//! A lease made ready to be told: every option encoded once, not once per packet.

use crate::lease::{BindingError, Lease};
use crate::options::{self, OptionError, Setting, code, routes};
use alcor_types::{ExtraDhcpOption, HostRoute, MacAddr};
use ipnet::{IpNet, Ipv4Net};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The options every client needs, asked for or not, most needed first. The owner's values
/// for them count too.
const ESSENTIAL: [u8; 8] = [
    code::LEASE_TIME,
    code::SUBNET_MASK,
    code::ROUTER,
    code::CLASSLESS_ROUTES,
    code::DNS_SERVERS,
    code::MTU,
    code::RENEWAL_TIME,
    code::REBINDING_TIME,
];

/// The longest boot file name that the BOOTP field `file` holds with its final zero.
const FILE_BYTES: usize = 127;

/// What one port is told. Make it anew when its goals change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    pub(crate) mac: MacAddr,
    pub(crate) ipv4: Ipv4Addr,
    pub(crate) server_id: Ipv4Addr,
    pub(crate) server_mac: MacAddr,
    pub(crate) mtu: u16,
    /// The BOOTP field `siaddr`: where the next boot step is to be had.
    pub(crate) next_server: Ipv4Addr,
    /// The BOOTP field `file`, for boot ROMs that do not read option 67.
    pub(crate) boot_file: Option<Vec<u8>>,
    options: BTreeMap<u8, Vec<u8>>,
}

impl Binding {
    /// Encodes a lease. Fails, naming the option, where the owner's options cannot be sent.
    pub fn new(lease: &Lease) -> Result<Self, BindingError> {
        let (extra, next_server) = owners_options(&lease.extra)?;
        // What follows from an option follows from the owner's value of it.
        let of_owner = |code| extra.get(&code).and_then(|data| data.first_chunk::<4>());
        let router = of_owner(code::ROUTER).map(|octets| (*octets).into());
        let router = router.or(lease.router);
        let seconds = of_owner(code::LEASE_TIME).map(|octets| u32::from_be_bytes(*octets));
        let mut options = plain_options(lease);
        options.extend(times(seconds.unwrap_or(lease.lease_seconds)));
        options.extend(route_options(&lease.host_routes, router));
        options.extend(extra);
        options.retain(|_, data| !data.is_empty());
        let boot_file = options.get(&code::BOOT_FILE).cloned();
        Ok(Self {
            mac: lease.mac,
            ipv4: lease.ipv4,
            server_id: lease.server_id,
            server_mac: lease.server_mac,
            mtu: lease.mtu,
            next_server,
            boot_file: boot_file.filter(|name| name.len() <= FILE_BYTES),
            options,
        })
    }

    /// The port's address.
    pub fn ipv4(&self) -> Ipv4Addr {
        self.ipv4
    }

    /// The port's MAC address.
    pub fn mac(&self) -> MacAddr {
        self.mac
    }

    /// Who answers: ARP for this address must lead to [`Self::server_mac`], or clients cannot
    /// renew by unicast.
    pub fn server_id(&self) -> Ipv4Addr {
        self.server_id
    }

    /// Where answers come from.
    pub fn server_mac(&self) -> MacAddr {
        self.server_mac
    }

    /// The value of an option, where there is one.
    pub(crate) fn option(&self, code: u8) -> Option<(u8, &[u8])> {
        let data = self.options.get(&code)?;
        Some((code, data))
    }

    /// The options to send unasked.
    pub(crate) fn essential(&self) -> impl Iterator<Item = (u8, &[u8])> {
        ESSENTIAL.into_iter().filter_map(|code| self.option(code))
    }

    /// The place of an option in the queue for room in the message: the essential ones first,
    /// then all others alike.
    pub(crate) fn rank(code: u8) -> usize {
        let place = ESSENTIAL.iter().position(|essential| *essential == code);
        place.unwrap_or(ESSENTIAL.len())
    }

    /// All options, for a client that does not say which it wants.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.options.iter().map(|(code, data)| (*code, &data[..]))
    }
}

/// The owner's options, the last of each number, and the next server, unspecified when none.
fn owners_options(
    wishes: &[ExtraDhcpOption],
) -> Result<(BTreeMap<u8, Vec<u8>>, Ipv4Addr), OptionError> {
    let mut options = BTreeMap::new();
    let mut next_server = Ipv4Addr::UNSPECIFIED;
    for wish in wishes {
        match options::parse(&wish.opt_name, &wish.opt_value, wish.ip_version)? {
            Some(Setting::Option { code, data }) => drop(options.insert(code, data)),
            Some(Setting::NextServer(address)) => next_server = address,
            None => {}
        }
    }
    Ok((options, next_server))
}

fn plain_options(lease: &Lease) -> BTreeMap<u8, Vec<u8>> {
    let addresses = |list: &[Ipv4Addr]| list.iter().flat_map(Ipv4Addr::octets).collect();
    let mut options = BTreeMap::from([
        (code::SUBNET_MASK, lease.subnet.netmask().octets().to_vec()),
        (code::ROUTER, addresses(lease.router.as_slice())),
        (code::DNS_SERVERS, addresses(&lease.dns)),
        (code::HOST_NAME, lease.host_name.clone().into_bytes()),
        (code::DOMAIN_NAME, lease.domain.clone().into_bytes()),
    ]);
    if lease.mtu > 0 {
        options.insert(code::MTU, lease.mtu.to_be_bytes().to_vec());
    }
    // A block of two addresses or one has no broadcast address (RFC 3021).
    if lease.subnet.prefix_len() < 31 {
        let broadcast = lease.subnet.broadcast().octets();
        options.insert(code::BROADCAST, broadcast.to_vec());
    }
    options
}

/// The lease time, and T1 and T2 at a half and seven eighths of it (RFC 2131, section 4.4.5);
/// a lease for ever is never renewed.
fn times(seconds: u32) -> Vec<(u8, Vec<u8>)> {
    let mut times = vec![(code::LEASE_TIME, seconds)];
    if seconds < u32::MAX {
        times.push((code::RENEWAL_TIME, seconds / 2));
        times.push((code::REBINDING_TIME, seconds - seconds / 8));
    }
    let encoded = times.into_iter();
    encoded
        .map(|(code, time)| (code, time.to_be_bytes().to_vec()))
        .collect()
}

/// Option 121 and its older twin of Windows. A client that gets it ignores option 3
/// (RFC 3442), so the default route goes into it as well.
fn route_options(host_routes: &[HostRoute], router: Option<Ipv4Addr>) -> Vec<(u8, Vec<u8>)> {
    let mut list: Vec<_> = host_routes.iter().filter_map(ipv4_route).collect();
    if list.is_empty() {
        return Vec::new();
    }
    let has_default = list.iter().any(|(to, _)| to.prefix_len() == 0);
    if let Some(router) = router.filter(|_| !has_default) {
        list.push((Ipv4Net::default(), router));
    }
    let data = routes::encode(&list);
    vec![
        (code::CLASSLESS_ROUTES, data.clone()),
        (code::MICROSOFT_ROUTES, data),
    ]
}

fn ipv4_route(route: &HostRoute) -> Option<(Ipv4Net, Ipv4Addr)> {
    match (route.destination, route.nexthop) {
        (IpNet::V4(to), IpAddr::V4(by)) => Some((to, by)),
        _ => None,
    }
}
