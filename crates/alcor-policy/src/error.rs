//! Why a policy is refused when it is loaded. An operator reads these, so each says where.

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A line is neither a rule nor a comment.
    #[error("line {line}: {reason}; write \"rule\" = \"expression\" on one line")]
    Line {
        /// The line, from 1 on.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file names a rule twice, so it would not say which one counts.
    #[error("line {line}: the rule '{rule}' is given twice")]
    Duplicate {
        /// The second line.
        line: usize,
        /// The rule.
        rule: String,
    },
    /// An override names a rule that nothing asks for: a misspelling would change nothing.
    #[error("line {line}: there is no rule '{rule}'")]
    UnknownRule {
        /// The line.
        line: usize,
        /// The rule.
        rule: String,
    },
    /// An expression cannot be read.
    #[error("line {line}: rule '{rule}', column {column} of its expression: {reason}")]
    Syntax {
        /// The line.
        line: usize,
        /// The rule.
        rule: String,
        /// The character of the expression, from 1 on.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// `rule:name` names a rule that does not exist.
    #[error(
        "line {line}: rule '{rule}', column {column} of its expression: there is no rule '{missing}'"
    )]
    MissingReference {
        /// The line.
        line: usize,
        /// The rule.
        rule: String,
        /// The character of the expression, from 1 on.
        column: usize,
        /// The name that means nothing.
        missing: String,
    },
    /// Rules refer to each other in a ring.
    #[error("line {line}: the rule '{rule}' refers to itself through {}", .ring.join(" -> "))]
    Cycle {
        /// The line of a rule in the ring.
        line: usize,
        /// That rule.
        rule: String,
        /// The names from the rule back to it.
        ring: Vec<String>,
    },
}
