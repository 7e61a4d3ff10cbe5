//! Reads what the operator says of physical networks, types and ranges of segmentation ids.

use alcor_managers::Provider;
use alcor_types::NetworkType;
use anyhow::{Context, bail};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The settings as they are written.
pub(crate) struct Written<'a> {
    /// `--network-types`.
    pub(crate) types: &'a [String],
    /// `--tenant-network-types`.
    pub(crate) tenant_types: &'a [String],
    /// `--tunnel-range`.
    pub(crate) tunnels: &'a [String],
    /// `--vlan-range`.
    pub(crate) vlans: &'a [String],
    /// `--flat-network`.
    pub(crate) flats: &'a [String],
    /// `--physical-mtu`.
    pub(crate) mtu: Option<u16>,
    /// `--physical-network-mtu`.
    pub(crate) mtus: &'a [String],
}

impl Written<'_> {
    /// What they mean. `vnis` are VXLAN's ids where no range names them.
    pub(crate) fn read(&self, vnis: RangeInclusive<u32>) -> anyhow::Result<Provider> {
        let mut provider = Provider::default().with_vnis(vnis);
        if !self.types.is_empty() {
            provider.types = types(self.types).context("--network-types")?;
        }
        if !self.tenant_types.is_empty() {
            provider.tenant_types = types(self.tenant_types).context("--tenant-network-types")?;
        }
        let mut named = Vec::new();
        for text in self.tunnels {
            let (network_type, ids) = tunnel(text)?;
            let ranges = provider.tunnels.entry(network_type).or_default();
            // The first range of a type takes the place of its default.
            if !named.contains(&network_type) {
                named.push(network_type);
                ranges.clear();
            }
            ranges.push(ids);
        }
        for text in self.vlans {
            let (name, ids) = vlan(text)?;
            provider.vlans.entry(name).or_default().extend(ids);
        }
        provider.flats = self.flats.iter().cloned().collect();
        provider.physical_mtu = self.mtu.unwrap_or(provider.physical_mtu);
        for text in self.mtus {
            let wrong = || format!("--physical-network-mtu {text}: write NAME:BYTES");
            let (name, bytes) = text.rsplit_once(':').with_context(wrong)?;
            let bytes = bytes.parse().with_context(wrong)?;
            provider.physical_mtus.insert(name.to_owned(), bytes);
        }
        provider.check()?;
        Ok(provider)
    }
}

fn types(names: &[String]) -> anyhow::Result<Vec<NetworkType>> {
    let parsed = names.iter().map(|name| NetworkType::from_str(name.trim()));
    Ok(parsed.collect::<Result<_, _>>()?)
}

/// `geneve:1:1000`.
fn tunnel(text: &str) -> anyhow::Result<(NetworkType, RangeInclusive<u32>)> {
    let wrong = || format!("--tunnel-range {text}: write TYPE:MIN:MAX, like geneve:1:1000");
    let (name, ids) = text.split_once(':').with_context(wrong)?;
    let network_type = NetworkType::from_str(name).with_context(wrong)?;
    if !network_type.is_tunnel() {
        bail!("--tunnel-range {text}: {network_type} is no tunnel, name vxlan, geneve or gre");
    }
    Ok((network_type, range(ids).with_context(wrong)?))
}

/// `physnet1:100:200`, or `physnet1` where every network names its tag.
fn vlan(text: &str) -> anyhow::Result<(String, Option<RangeInclusive<u32>>)> {
    let wrong = || format!("--vlan-range {text}: write NAME:MIN:MAX, like physnet1:100:200");
    let Some((name, ids)) = text.split_once(':') else {
        return Ok((text.to_owned(), None));
    };
    Ok((name.to_owned(), Some(range(ids).with_context(wrong)?)))
}

fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let (low, high) = text.split_once(':')?;
    Some(low.parse().ok()?..=high.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Written<'_> = Written {
        types: &[],
        tenant_types: &[],
        tunnels: &[],
        vlans: &[],
        flats: &[],
        mtu: None,
        mtus: &[],
    };

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn ranges_and_physical_networks_are_read() {
        let provider = Written {
            tunnels: &texts(&["geneve:1:9", "geneve:20:29", "vxlan:5:6"]),
            vlans: &texts(&["p1:100:200", "p2"]),
            tenant_types: &texts(&["vlan", "vxlan"]),
            mtus: &texts(&["p1:9000"]),
            ..NONE
        }
        .read(1..=100)
        .unwrap();
        let ranges = |kind| provider.ranges(kind, None).to_vec();
        assert_eq!(ranges(NetworkType::Geneve), [1..=9, 20..=29]);
        assert_eq!(ranges(NetworkType::Vxlan), [5..=6]);
        assert_eq!(provider.ranges(NetworkType::Vlan, Some("p1")), [100..=200]);
        assert!(provider.vlans["p2"].is_empty());
        assert_eq!(provider.physical_mtus["p1"], 9000);
        assert_eq!(
            provider.tenant_types,
            [NetworkType::Vlan, NetworkType::Vxlan]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for tunnels in ["vlan:1:2", "vxlan", "vxlan:2", "vxlan:9:1"] {
            let written = Written {
                tunnels: &texts(&[tunnels]),
                ..NONE
            };
            assert!(written.read(1..=100).is_err(), "{tunnels}");
        }
        let written = Written {
            vlans: &texts(&["p:1:5000"]),
            ..NONE
        };
        assert!(written.read(1..=100).is_err());
    }
}
