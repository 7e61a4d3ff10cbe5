//! Security groups as this host sees them: rules, sets of addresses, and which rules use which.
//!
//! A rule is *live* while a checked port of this host is in its group; only live rules have
//! flows. Neither an address knows the rules that use it nor a rule the addresses: both know the
//! set, so that memory grows with their sum.

mod blocks;
mod known;

pub(crate) use blocks::whole;

use crate::conjunction::Conjunctions;
use crate::traffic::{self, Traffic};
use alcor_goalstate::{GroupGoal, GroupRule, RuleRemote};
use alcor_types::{
    AddressGroupId, Direction, EtherType, PortId, SecurityGroupId, SecurityGroupRuleId,
};
use blocks::Blocks;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which rules use something, in the order in which flows name them.
pub(crate) type Users = BTreeSet<(Direction, SecurityGroupRuleId)>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    /// Whether flows are made; see [`Input::Complete`](crate::Input::Complete).
    pub(crate) complete: bool,
    pub(crate) groups: HashMap<SecurityGroupId, Group>,
    conjunctions: Conjunctions,
    members: HashMap<(SecurityGroupId, PortId), Box<[IpNet]>>,
    addresses: HashMap<AddressGroupId, Box<[IpNet]>>,
    pub(crate) blocks: Blocks,
    /// The live rules that use a set.
    remotes: HashMap<RuleRemote, Users>,
    /// The live rules that speak of certain packets.
    traffic: BTreeMap<Traffic, Users>,
    /// All live rules.
    live: BTreeMap<SecurityGroupRuleId, GroupRule>,
    ports: HashMap<PortId, Box<[SecurityGroupId]>>,
}

/// What is known of a group; made on first mention, because ports may come before it.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) known: Option<GroupGoal>,
    /// The checked ports of this host that are in it.
    pub(crate) ports: BTreeSet<PortId>,
}

impl Group {
    /// Its rules.
    pub(crate) fn rules(&self) -> &[GroupRule] {
        self.known.as_ref().map_or(&[], |goal| &goal.rules)
    }
}

impl Sets {
    /// The rule's number as a conjunction, while it is live.
    pub(crate) fn conjunction(&self, rule: SecurityGroupRuleId) -> Option<u32> {
        self.conjunctions.get(rule)
    }

    /// The live rule.
    pub(crate) fn rule(&self, rule: SecurityGroupRuleId) -> Option<&GroupRule> {
        self.live.get(&rule)
    }

    /// The rules of the port's groups.
    pub(crate) fn rules_of(&self, groups: &[SecurityGroupId]) -> impl Iterator<Item = &GroupRule> {
        let known = groups.iter().filter_map(|id| self.groups.get(id));
        known.flat_map(Group::rules)
    }

    /// Whether none of the groups keeps connections, and there is one.
    pub(crate) fn is_stateless(&self, groups: &[SecurityGroupId]) -> bool {
        let mut known = groups
            .iter()
            .filter_map(|id| self.groups.get(id)?.known.as_ref());
        let first = known.next();
        first.is_some_and(|first| !first.stateful) && known.all(|goal| !goal.stateful)
    }

    /// The live rules of a direction that use a set with the block in it, sorted, each once.
    pub(crate) fn users_of_block(
        &self,
        direction: Direction,
        block: IpNet,
    ) -> BTreeSet<SecurityGroupRuleId> {
        let sets = self.blocks.sets_of(block).filter(|set| self.exists(*set));
        let users = sets.filter_map(|set| self.remotes.get(&set)).flatten();
        let family = family(block);
        let used = users.filter(|(way, rule)| {
            let rule = self.live.get(rule);
            *way == direction && rule.is_some_and(|rule| rule.ethertype == family)
        });
        used.map(|(_, rule)| *rule).collect()
    }

    /// The live rules of a direction that speak of the packets.
    pub(crate) fn users_of_traffic(
        &self,
        direction: Direction,
        traffic: Traffic,
    ) -> impl Iterator<Item = SecurityGroupRuleId> {
        let users = self.traffic.get(&traffic).into_iter().flatten();
        let users = users.filter(move |(way, _)| *way == direction);
        users.map(|(_, rule)| *rule)
    }

    /// The directions of the live rules that use the set.
    pub(crate) fn directions(&self, set: RuleRemote) -> BTreeSet<Direction> {
        let users = self.remotes.get(&set).into_iter().flatten();
        users.map(|(direction, _)| *direction).collect()
    }

    /// The blocks of a member of a group.
    pub(crate) fn member(&self, group: SecurityGroupId, port: PortId) -> &[IpNet] {
        self.members
            .get(&(group, port))
            .map_or(&[], |blocks| blocks)
    }

    /// The blocks of an address group.
    pub(crate) fn address_group(&self, id: AddressGroupId) -> &[IpNet] {
        self.addresses.get(&id).map_or(&[], |blocks| blocks)
    }

    /// The groups that a checked port of this host is in.
    pub(crate) fn groups_of(&self, port: PortId) -> &[SecurityGroupId] {
        self.ports.get(&port).map_or(&[], |groups| groups)
    }

    /// All live rules.
    pub(crate) fn live(&self) -> impl Iterator<Item = &GroupRule> {
        self.live.values()
    }

    /// Flows are made from now on.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
    }

    /// A group came, changed or went.
    pub(crate) fn set_group(&mut self, id: SecurityGroupId, goal: Option<&GroupGoal>) {
        self.kill(id, goal.map_or(&[], |goal| &goal.rules));
        self.groups.entry(id).or_default().known = goal.cloned();
        self.revive(id);
    }

    /// A member of a group came, changed, or went (no blocks).
    pub(crate) fn set_member(&mut self, group: SecurityGroupId, port: PortId, blocks: &[IpNet]) {
        let former = self.members.remove(&(group, port)).unwrap_or_default();
        let blocks = whole(blocks);
        self.blocks
            .change(RuleRemote::Group(group), &former, &blocks);
        if !blocks.is_empty() {
            self.members.insert((group, port), blocks);
        }
    }

    /// An address group came, changed, or went (no blocks).
    pub(crate) fn set_addresses(&mut self, id: AddressGroupId, blocks: &[IpNet]) {
        let former = self.addresses.remove(&id).unwrap_or_default();
        let blocks = whole(blocks);
        self.blocks
            .change(RuleRemote::AddressGroup(id), &former, &blocks);
        if !blocks.is_empty() {
            self.addresses.insert(id, blocks);
        }
    }

    /// A port of this host is in these groups now; in none when it went or is not checked.
    pub(crate) fn set_port(&mut self, port: PortId, groups: &[SecurityGroupId]) {
        let former = self.ports.remove(&port).unwrap_or_default();
        for id in former.iter().filter(|id| !groups.contains(id)) {
            if self
                .groups
                .get(id)
                .is_some_and(|group| group.ports.len() == 1)
            {
                self.kill(*id, &[]);
            }
            if let Some(group) = self.groups.get_mut(id) {
                group.ports.remove(&port);
            }
            self.forget_if_empty(*id);
        }
        for id in groups {
            self.groups.entry(*id).or_default().ports.insert(port);
            self.revive(*id);
        }
        if !groups.is_empty() {
            self.ports.insert(port, groups.into());
        }
    }

    /// Makes the group's rules live, where it has a port here and they are not live already.
    fn revive(&mut self, id: SecurityGroupId) {
        let Some(group) = self.groups.get(&id).filter(|group| !group.ports.is_empty()) else {
            self.forget_if_empty(id);
            return;
        };
        let rules = group.rules().iter();
        let dead = rules.filter(|rule| !self.live.contains_key(&rule.id));
        let dead: Vec<_> = dead.cloned().collect();
        for rule in dead {
            self.conjunctions.take(rule.id);
            let user = (rule.direction, rule.id);
            for traffic in traffic::of(&rule) {
                self.traffic.entry(traffic).or_default().insert(user);
            }
            if rule.remote != RuleRemote::Any {
                self.remotes.entry(rule.remote).or_default().insert(user);
            }
            if let RuleRemote::Prefix(block) = rule.remote {
                self.blocks.change(rule.remote, &[], &whole(&[block]));
            }
            self.live.insert(rule.id, rule);
        }
    }

    /// Ends the life of the group's rules, but for those that stay as they are.
    fn kill(&mut self, id: SecurityGroupId, keep: &[GroupRule]) {
        let rules = self.groups.get(&id).map_or(&[][..], Group::rules).iter();
        let ended = rules.filter(|rule| !keep.contains(rule));
        let ended: Vec<_> = ended.map(|rule| rule.id).collect();
        for id in ended {
            let Some(rule) = self.live.remove(&id) else {
                continue;
            };
            self.conjunctions.give(rule.id);
            let user = (rule.direction, rule.id);
            for traffic in traffic::of(&rule) {
                if let Some(users) = self.traffic.get_mut(&traffic) {
                    users.remove(&user);
                    if users.is_empty() {
                        self.traffic.remove(&traffic);
                    }
                }
            }
            if let Some(users) = self.remotes.get_mut(&rule.remote) {
                users.remove(&user);
                if users.is_empty() {
                    self.remotes.remove(&rule.remote);
                }
            }
            if let RuleRemote::Prefix(block) = rule.remote {
                self.blocks.change(rule.remote, &whole(&[block]), &[]);
            }
        }
    }

    fn forget_if_empty(&mut self, id: SecurityGroupId) {
        let empty = |group: &Group| group.known.is_none() && group.ports.is_empty();
        if self.groups.get(&id).is_some_and(empty) {
            self.groups.remove(&id);
        }
    }
}

/// The family of a block.
fn family(block: IpNet) -> EtherType {
    match block {
        IpNet::V4(_) => EtherType::Ipv4,
        IpNet::V6(_) => EtherType::Ipv6,
    }
}
