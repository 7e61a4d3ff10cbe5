//! The numbers of conjunctions. A number is made from the rule's id, so that it is the same after
//! a restart of the agent: for a moment old flows lie beside new ones then, and a number that had
//! changed hands would join the halves of two rules.

use alcor_types::SecurityGroupRuleId;
use std::collections::HashMap;

/// Numbers in use.
#[derive(Debug, Default)]
pub(crate) struct Conjunctions {
    numbers: HashMap<SecurityGroupRuleId, u32>,
    rules: HashMap<u32, SecurityGroupRuleId>,
}

impl Conjunctions {
    /// The rule's number, where it has one.
    pub(crate) fn get(&self, rule: SecurityGroupRuleId) -> Option<u32> {
        self.numbers.get(&rule).copied()
    }

    /// Gives the rule a number; the next one where its own is another's.
    pub(crate) fn take(&mut self, rule: SecurityGroupRuleId) {
        if self.numbers.contains_key(&rule) {
            return;
        }
        let mut number = own_number(rule);
        while number == 0 || self.rules.contains_key(&number) {
            number = number.wrapping_add(1);
        }
        self.numbers.insert(rule, number);
        self.rules.insert(number, rule);
    }

    /// Takes the rule's number back.
    pub(crate) fn give(&mut self, rule: SecurityGroupRuleId) {
        if let Some(number) = self.numbers.remove(&rule) {
            self.rules.remove(&number);
        }
    }
}

/// Four words of an id that is random.
fn own_number(rule: SecurityGroupRuleId) -> u32 {
    let words = rule.as_bytes().chunks_exact(4);
    words.fold(0, |sum, word| {
        let word = word.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        sum ^ word
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn rules_of_one_hash_get_two_numbers_and_keep_them() {
        let mut conjunctions = Conjunctions::default();
        let zero = SecurityGroupRuleId(Uuid::nil());
        let [one, twin] = [1, 1 << 32].map(|id| SecurityGroupRuleId(Uuid::from_u128(id)));
        for rule in [zero, one, twin] {
            conjunctions.take(rule);
        }
        let numbers = [zero, one, twin].map(|rule| conjunctions.get(rule));
        assert_eq!(numbers, [Some(1), Some(2), Some(3)], "0 is no number");
        conjunctions.give(one);
        assert_eq!(conjunctions.get(twin), Some(3));
        conjunctions.take(one);
        assert_eq!(conjunctions.get(one), Some(2));
    }
}
