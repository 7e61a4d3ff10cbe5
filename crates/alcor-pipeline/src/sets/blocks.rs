//! Sets of addresses: which blocks a set holds, and which sets a block is in. A block may be in a
//! set more than once, when several ports may speak from it.

use alcor_goalstate::RuleRemote;
use ipnet::IpNet;
use std::collections::{BTreeMap, HashMap};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    sets: BTreeMap<IpNet, BTreeMap<RuleRemote, usize>>,
    contents: HashMap<RuleRemote, BTreeMap<IpNet, usize>>,
}

impl Blocks {
    /// The blocks of a set.
    pub(crate) fn of(&self, set: RuleRemote) -> impl Iterator<Item = IpNet> {
        let contents = self.contents.get(&set).into_iter();
        contents.flat_map(BTreeMap::keys).copied()
    }

    /// The sets that a block is in.
    pub(crate) fn sets_of(&self, block: IpNet) -> impl Iterator<Item = RuleRemote> {
        let sets = self.sets.get(&block).into_iter();
        sets.flat_map(BTreeMap::keys).copied()
    }

    /// A set loses some blocks and wins others.
    pub(crate) fn change(&mut self, set: RuleRemote, former: &[IpNet], now: &[IpNet]) {
        for block in now {
            *self.sets.entry(*block).or_default().entry(set).or_default() += 1;
            let contents = self.contents.entry(set).or_default();
            *contents.entry(*block).or_default() += 1;
        }
        for block in former {
            if let Some(sets) = self.sets.get_mut(block) {
                count_down(sets, &set);
                if sets.is_empty() {
                    self.sets.remove(block);
                }
            }
            if let Some(contents) = self.contents.get_mut(&set) {
                count_down(contents, block);
                if contents.is_empty() {
                    self.contents.remove(&set);
                }
            }
        }
    }
}

fn count_down<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// The blocks as flows match them: a block of all addresses is two halves, because a match of all
/// addresses is none, and would be mistaken for the match of other flows.
pub(crate) fn whole(blocks: &[IpNet]) -> Box<[IpNet]> {
    let parts = blocks.iter().flat_map(|block| match block.prefix_len() {
        0 => block.subnets(1).into_iter().flatten().collect(),
        _ => vec![*block],
    });
    parts.collect()
}
