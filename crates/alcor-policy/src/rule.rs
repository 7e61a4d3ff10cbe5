//! Compiled rules: names are numbers, and an evaluation neither allocates nor looks anything up.

use crate::check::{Check, Expected, Fact, Operand};
use crate::subject::{Scope, Subject};
use crate::syntax::Tree;
use crate::target::{Target, Value};

/// A rule's number in its policy.
pub(crate) type RuleId = usize;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A check without a reference.
    Check(Check),
    /// Another rule.
    Rule(RuleId),
    /// All of them.
    And(Box<[Node]>),
    /// One of them.
    Or(Box<[Node]>),
    /// The opposite.
    Not(Box<Node>),
}

impl Node {
    /// Replaces names by numbers; the error is the column and the name that means nothing.
    pub(crate) fn link(
        tree: Tree,
        id: &impl Fn(&str) -> Option<RuleId>,
    ) -> Result<Self, (usize, Box<str>)> {
        let all = |parts: Vec<Tree>| -> Result<Box<[Self]>, _> {
            parts.into_iter().map(|part| Self::link(part, id)).collect()
        };
        Ok(match tree {
            Tree::Check(column, Check::Rule(name)) => match id(&name) {
                Some(rule) => Self::Rule(rule),
                None => return Err((column, name)),
            },
            Tree::Check(_, check) => Self::Check(check),
            Tree::And(parts) => Self::And(all(parts)?),
            Tree::Or(parts) => Self::Or(all(parts)?),
            Tree::Not(part) => Self::Not(Box::new(Self::link(*part, id)?)),
        })
    }

    /// Calls `visit` for each rule that the expression names.
    pub(crate) fn references(&self, visit: &mut impl FnMut(RuleId)) {
        match self {
            Self::Check(_) => {}
            Self::Rule(rule) => visit(*rule),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.references(visit);
                }
            }
            Self::Not(part) => part.references(visit),
        }
    }
}

/// One question to the rules. Without a target the answer may be that it depends on it.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// All rules by their numbers, without rings.
    pub(crate) rules: &'a [Node],
    /// Who asks.
    pub(crate) subject: &'a Subject,
    /// What is acted upon, where it is known.
    pub(crate) target: Option<&'a dyn Target>,
}

impl Question<'_> {
    /// The answer; none when it depends on a target that is not known.
    pub(crate) fn answer(self, node: &Node) -> Option<bool> {
        match node {
            Node::Check(check) => self.check(check),
            Node::Rule(rule) => self
                .rules
                .get(*rule)
                .map_or(Some(false), |node| self.answer(node)),
            Node::And(parts) => self.until(false, parts),
            Node::Or(parts) => self.until(true, parts),
            Node::Not(part) => self.answer(part).map(|answer| !answer),
        }
    }

    /// The first part that answers `end` decides; otherwise what is not known stays so.
    fn until(self, end: bool, parts: &[Node]) -> Option<bool> {
        let mut answer = Some(!end);
        for part in parts {
            match self.answer(part) {
                Some(found) if found == end => return Some(end),
                Some(_) => {}
                None => answer = None,
            }
        }
        answer
    }

    fn check(self, check: &Check) -> Option<bool> {
        match check {
            Check::Always(answer) => Some(*answer),
            Check::Role(name) => Some(self.subject.roles.has(name)),
            Check::ServiceRole(name) => Some(self.subject.service_roles.has(name)),
            // Linking leaves none of these.
            Check::Rule(_) => Some(false),
            Check::Compare(fact, operand) => match self.fact(*fact) {
                None => Some(false),
                Some(fact) => self.equals(fact, operand),
            },
            Check::Constant(text, operand) => self.equals(text, operand),
            Check::Field {
                resource,
                name,
                expected,
            } => {
                let value = self.target?.field(resource, name);
                Some(value.is_some_and(|value| expected.holds(&value)))
            }
        }
    }

    fn fact(&self, fact: Fact) -> Option<&str> {
        let subject = self.subject;
        match fact {
            Fact::Project => subject.project_id.as_deref(),
            Fact::Domain => subject.domain_id.as_deref(),
            Fact::User => subject.user_id.as_deref(),
            Fact::UserDomain => subject.user_domain_id.as_deref(),
            Fact::ProjectDomain => subject.project_domain_id.as_deref(),
            Fact::System => (subject.scope == Scope::System).then_some("all"),
            Fact::Scope => Some(subject.scope.as_str()),
        }
    }

    fn equals(self, left: &str, right: &Operand) -> Option<bool> {
        match right {
            Operand::Literal(text) => Some(left == &**text),
            Operand::Attribute(name) => {
                let value = self.target?.attribute(name);
                Some(value.is_some_and(|value| same(left, &value)))
            }
        }
    }
}

impl Expected {
    fn holds(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(text), value) => same(text, value),
            (Self::Prefix(prefix), Value::Text(text)) => text.starts_with(&**prefix),
            (Self::Prefix(_), Value::Flag(_)) => false,
        }
    }
}

/// Whether a constant spells the value; booleans have Python's and JSON's spellings.
fn same(text: &str, value: &Value<'_>) -> bool {
    match value {
        Value::Text(value) => text == value,
        Value::Flag(true) => ["true", "1"]
            .iter()
            .any(|yes| text.eq_ignore_ascii_case(yes)),
        Value::Flag(false) => ["false", "0"]
            .iter()
            .any(|no| text.eq_ignore_ascii_case(no)),
    }
}
