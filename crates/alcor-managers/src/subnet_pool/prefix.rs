//! Sets of prefixes: what a pool's list becomes when some are added or taken away.

use super::PoolError;
use alcor_types::IpVersion;
use ipnet::IpNet;

/// How many prefixes one pool may have; each costs a step when the list changes.
const MAX_PREFIXES: usize = 1_000;

/// The same addresses in as few prefixes as can be, sorted, and their family.
pub(super) fn compact(prefixes: &[IpNet]) -> Result<(IpVersion, Vec<IpNet>), PoolError> {
    let first = prefixes.first().ok_or(PoolError::NoPrefixes)?;
    let version = IpVersion::of(first.addr());
    if prefixes
        .iter()
        .any(|prefix| IpVersion::of(prefix.addr()) != version)
    {
        return Err(PoolError::MixedVersions);
    }
    if prefixes.len() > MAX_PREFIXES {
        let message = format!(
            "{} prefixes are given, {MAX_PREFIXES} are allowed: give fewer and shorter ones",
            prefixes.len()
        );
        return Err(PoolError::PrefixUpdate(message));
    }
    let blocks: Vec<_> = prefixes.iter().map(IpNet::trunc).collect();
    let mut compact = IpNet::aggregate(&blocks);
    compact.sort_unstable();
    Ok((version, compact))
}

/// What of `from` is in none of `away`, in as few blocks as can be, sorted.
pub(super) fn minus(from: &[IpNet], away: &[IpNet]) -> Vec<IpNet> {
    let mut rest = Vec::new();
    for block in from {
        let away: Vec<_> = away.iter().collect();
        cut(*block, &away, &mut rest);
    }
    rest
}

fn cut(block: IpNet, away: &[&IpNet], rest: &mut Vec<IpNet>) {
    if away.iter().any(|other| other.contains(&block)) {
        return;
    }
    let inside: Vec<_> = away
        .iter()
        .copied()
        .filter(|other| block.contains(*other))
        .collect();
    if inside.is_empty() {
        rest.push(block);
        return;
    }
    // Something lies inside, so the block is no single address and has halves.
    let halves = block.subnets(block.prefix_len() + 1);
    for half in halves.into_iter().flatten() {
        cut(half, &inside, rest);
    }
}

/// The first of the prefixes that shares an address with one of the others.
pub(super) fn overlap(prefixes: &[IpNet], others: &[IpNet]) -> Option<IpNet> {
    let meets = |one: &&IpNet| {
        others
            .iter()
            .any(|other| one.contains(other) || other.contains(*one))
    };
    prefixes.iter().find(meets).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn neighbours_and_overlaps_join() {
        let prefixes = blocks(&["10.0.1.0/24", "10.0.0.7/24", "10.0.1.128/25", "10.9.0.0/16"]);
        let (version, compact) = compact(&prefixes).unwrap();
        assert_eq!(version, IpVersion::V4);
        assert_eq!(compact, blocks(&["10.0.0.0/23", "10.9.0.0/16"]));
    }

    #[test]
    fn families_do_not_mix_and_nothing_is_no_pool() {
        let mixed = super::compact(&blocks(&["10.0.0.0/8", "fd00::/8"]));
        assert!(matches!(mixed, Err(PoolError::MixedVersions)));
        assert!(matches!(super::compact(&[]), Err(PoolError::NoPrefixes)));
    }

    #[test]
    fn what_is_left_is_in_large_blocks() {
        let rest = minus(
            &blocks(&["10.0.0.0/24", "10.2.0.0/16"]),
            &blocks(&["10.0.0.64/26", "10.2.0.0/15"]),
        );
        assert_eq!(rest, blocks(&["10.0.0.0/26", "10.0.0.128/25"]));
        let all = minus(&blocks(&["::/0"]), &blocks(&["::1/128"]));
        assert_eq!(all.len(), 128);
    }
}
