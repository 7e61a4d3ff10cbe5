//! Which VMs ping each other for the first time.

use crate::phases::Dice;

/// Pairs of VMs, each VM by its host and its number there, both from 0, in random order.
///
/// No host of a pair has heard of the pair's VM on the other, whatever other pairs did: of two hosts the
/// n-th VMs are a pair, and a host knows a VM elsewhere only because one of its own has spoken to it.
pub(super) fn cold(hosts: u16, vms: u16, dice: &mut Dice) -> Vec<[(u16, u16); 2]> {
    let mut pairs = Vec::new();
    for (one, other) in (0..hosts).flat_map(|one| (one + 1..hosts).map(move |other| (one, other))) {
        for vm in 0..vms {
            let pair = [(one, vm), (other, vm)];
            let turned = [pair[1], pair[0]];
            pairs.push(if dice.below(2) == 0 { pair } else { turned });
        }
    }
    for at in (1..pairs.len()).rev() {
        pairs.swap(at, dice.below(at + 1));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_host_hears_of_a_vm_twice() {
        let pairs = cold(6, 3, &mut Dice(1));
        assert_eq!(pairs.len(), 45);
        let told = pairs
            .iter()
            .flat_map(|[from, to]| [(from.0, *to), (to.0, *from)]);
        let distinct: BTreeSet<_> = told.clone().collect();
        assert_eq!(distinct.len(), told.count());
        assert!(distinct.iter().all(|(host, vm)| *host != vm.0));
    }
}
