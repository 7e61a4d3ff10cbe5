//! The rules as callers meet them: whole transactions on the real store, without a disk.

#[cfg(test)]
mod audits;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod elastic_ranges;
#[cfg(test)]
mod gateways;
#[cfg(test)]
mod ips;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod macs;
#[cfg(test)]
mod networks;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod plugs;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod region;
#[cfg(test)]
mod route_tables;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod security;
#[cfg(test)]
mod security_model;
#[cfg(test)]
mod segments;
#[cfg(test)]
mod states;
#[cfg(test)]
mod subnets;
#[cfg(test)]
mod topologies;
#[cfg(test)]
mod trunks;
