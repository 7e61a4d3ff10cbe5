//! `dns_assignment`: the names by which a port's addresses are known.

use super::Ports;
use crate::resource::Row;
use alcor_types::Network;
use serde::Serialize;
use std::net::IpAddr;

/// The name of one address.
#[derive(Serialize)]
pub(super) struct Assignment {
    ip_address: IpAddr,
    hostname: String,
    fqdn: String,
}

/// The names of all addresses, under the domain that DHCP tells the VM.
pub(super) fn assignment(row: &Row<'_, Ports>) -> Vec<Assignment> {
    if row.record.fixed_ips.is_empty() {
        return Vec::new();
    }
    let domain = domain(row);
    let assign = |address: IpAddr| {
        let hostname = if row.record.dns_name.is_empty() {
            default_name(address)
        } else {
            row.record.dns_name.clone()
        };
        let fqdn = if domain.is_empty() {
            hostname.clone()
        } else {
            format!("{hostname}.{domain}.")
        };
        Assignment {
            ip_address: address,
            hostname,
            fqdn,
        }
    };
    let addresses = row.record.fixed_ips.iter().map(|fixed| fixed.ip_address);
    addresses.map(assign).collect()
}

fn default_name(address: IpAddr) -> String {
    format!("host-{}", address.to_string().replace(['.', ':'], "-"))
}

fn domain(row: &Row<'_, Ports>) -> String {
    let network = row
        .reading
        .get::<Network>(row.record.network_id.as_bytes())
        .map(|network| network.dns_domain)
        .filter(|domain| !domain.is_empty());
    let domain = network.unwrap_or_else(|| row.reading.settings.dns_domain.clone());
    domain.trim_end_matches('.').to_owned()
}
