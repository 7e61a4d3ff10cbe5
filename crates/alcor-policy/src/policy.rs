//! The table of rules: Neutron's defaults, with single rules replaced by the operator.

use crate::error::PolicyError;
use crate::file::{self, Line};
use crate::rule::{Node, Question, RuleId};
use crate::subject::Subject;
use crate::syntax;
use crate::target::Target;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

const DEFAULT: &str = include_str!("default.toml");

/// What a rule says before anything is known of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, whatever the target.
    Allowed,
    /// No, whatever the target.
    Denied,
    /// It depends on the target.
    Depends,
}

/// A policy that has been checked and compiled; it never changes.
#[derive(Debug, Clone)]
pub struct Policy {
    names: HashMap<Box<str>, RuleId>,
    rules: Box<[Node]>,
}

impl Policy {
    /// The default table with the rules of `overrides` in place of its own. The text has one
    /// rule a line, `"rule" = "expression"`, or YAML's `"rule": "expression"`.
    pub fn load(overrides: &str) -> Result<Self, PolicyError> {
        let mut lines = file::read(DEFAULT)?;
        let at: HashMap<String, usize> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| (line.rule.clone(), at))
            .collect();
        for new in file::read(overrides)? {
            match at.get(&new.rule).and_then(|at| lines.get_mut(*at)) {
                Some(old) => *old = new,
                None => {
                    return Err(PolicyError::UnknownRule {
                        line: new.number,
                        rule: new.rule,
                    });
                }
            }
        }
        Self::compile(&lines)
    }

    fn compile(lines: &[Line]) -> Result<Self, PolicyError> {
        let name = |(id, line): (RuleId, &Line)| (line.rule.as_str().into(), id);
        let names: HashMap<Box<str>, RuleId> = lines.iter().enumerate().map(name).collect();
        let id = |name: &str| names.get(name).copied();
        let rules = lines
            .iter()
            .map(|line| rule(line, &id))
            .collect::<Result<Box<[_]>, _>>()?;
        refuse_rings(lines, &rules)?;
        Ok(Self { names, rules })
    }

    /// Whether the rule lets the subject act on the target; none where there is no such rule.
    pub fn allows(&self, rule: &str, subject: &Subject, target: &dyn Target) -> Option<bool> {
        let node = self.rules.get(*self.names.get(rule)?)?;
        let question = Question {
            rules: &self.rules,
            subject,
            target: Some(target),
        };
        Some(question.answer(node).unwrap_or(false))
    }

    /// What the rule says of the subject alone; none where there is no such rule.
    pub fn verdict(&self, rule: &str, subject: &Subject) -> Option<Verdict> {
        let node = self.rules.get(*self.names.get(rule)?)?;
        let question = Question {
            rules: &self.rules,
            subject,
            target: None,
        };
        Some(match question.answer(node) {
            Some(true) => Verdict::Allowed,
            Some(false) => Verdict::Denied,
            None => Verdict::Depends,
        })
    }

    /// Neutron's default policy, compiled once for all who ask for it.
    pub fn standard() -> Arc<Self> {
        static STANDARD: LazyLock<Arc<Policy>> = LazyLock::new(Arc::default);
        Arc::clone(&STANDARD)
    }

    /// Whether there is such a rule.
    pub fn has(&self, rule: &str) -> bool {
        self.names.contains_key(rule)
    }

    /// The names of all rules, in no order.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| &**name)
    }
}

impl Default for Policy {
    /// Neutron's default policy.
    #[expect(
        clippy::expect_used,
        reason = "the embedded table never changes, and a test compiles it"
    )]
    fn default() -> Self {
        Self::load("").expect("the default policy is valid")
    }
}

fn rule(line: &Line, id: &impl Fn(&str) -> Option<RuleId>) -> Result<Node, PolicyError> {
    let tree = syntax::parse(&line.expression).map_err(|mistake| PolicyError::Syntax {
        line: line.number,
        rule: line.rule.clone(),
        column: mistake.column,
        reason: mistake.reason,
    })?;
    Node::link(tree, id).map_err(|(column, missing)| PolicyError::MissingReference {
        line: line.number,
        rule: line.rule.clone(),
        column,
        missing: missing.into(),
    })
}

/// How far the search for rings has come with a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Follows every reference once. Afterwards evaluation needs no bound: it cannot go round.
fn refuse_rings(lines: &[Line], rules: &[Node]) -> Result<(), PolicyError> {
    let mut marks = vec![Mark::New; rules.len()];
    for start in 0..rules.len() {
        let mut path = Vec::new();
        walk(start, rules, &mut marks, &mut path).map_err(|ring| {
            let names = ring.iter().filter_map(|id| lines.get(*id));
            let first = ring.first().and_then(|id| lines.get(*id));
            PolicyError::Cycle {
                line: first.map_or(0, |line| line.number),
                rule: first.map_or_else(String::new, |line| line.rule.clone()),
                ring: names.map(|line| line.rule.clone()).collect(),
            }
        })?;
    }
    Ok(())
}

/// Visits a rule and all it refers to; the error is a ring.
fn walk(
    id: RuleId,
    rules: &[Node],
    marks: &mut [Mark],
    path: &mut Vec<RuleId>,
) -> Result<(), Vec<RuleId>> {
    match marks.get(id) {
        Some(Mark::New) => {}
        Some(Mark::Open) => {
            let start = path.iter().position(|step| *step == id).unwrap_or(0);
            let ring = path.iter().skip(start).copied();
            return Err(ring.chain([id]).collect());
        }
        Some(Mark::Done) | None => return Ok(()),
    }
    set(marks, id, Mark::Open);
    path.push(id);
    let mut next = Vec::new();
    if let Some(node) = rules.get(id) {
        node.references(&mut |rule| next.push(rule));
    }
    for rule in next {
        walk(rule, rules, marks, path)?;
    }
    path.pop();
    set(marks, id, Mark::Done);
    Ok(())
}

fn set(marks: &mut [Mark], id: RuleId, mark: Mark) {
    if let Some(place) = marks.get_mut(id) {
        *place = mark;
    }
}
