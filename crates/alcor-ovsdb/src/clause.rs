//! The clauses of an operation: which rows (conditions) and which changes (mutations),
//! RFC 7047 section 5.1.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::value::Datum;

/// How a condition compares a column with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
    /// The column holds every element of the value.
    Includes,
    /// The column holds no element of the value.
    Excludes,
}

impl Function {
    fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
            Self::Includes => "includes",
            Self::Excludes => "excludes",
        }
    }
}

/// Selects rows by one column (`<condition>`); several conditions must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// The comparison.
    pub function: Function,
    /// What the column is compared with.
    pub value: Datum,
}

impl Condition {
    /// A condition on any column.
    pub fn new(column: &str, function: Function, value: impl Into<Datum>) -> Self {
        Self {
            column: column.to_owned(),
            function,
            value: value.into(),
        }
    }

    /// The column equals the value.
    pub fn equal(column: &str, value: impl Into<Datum>) -> Self {
        Self::new(column, Function::Equal, value)
    }

    /// The row with this identity.
    pub fn row(uuid: Uuid) -> Self {
        Self::equal("_uuid", uuid)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!([self.column, self.function.as_str(), self.value.to_json()])
    }
}

/// How a mutation changes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutator {
    /// `+=`
    Add,
    /// `-=`
    Subtract,
    /// `*=`
    Multiply,
    /// `/=`
    Divide,
    /// `%=`
    Remainder,
    /// Adds elements to a set, or pairs to a map (a key that exists keeps its value).
    Insert,
    /// Removes elements of a set, or pairs or keys of a map.
    Delete,
}

impl Mutator {
    fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+=",
            Self::Subtract => "-=",
            Self::Multiply => "*=",
            Self::Divide => "/=",
            Self::Remainder => "%=",
            Self::Insert => "insert",
            Self::Delete => "delete",
        }
    }
}

/// Changes a column in place (`<mutation>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// The column.
    pub column: String,
    /// The change.
    pub mutator: Mutator,
    /// Its argument.
    pub value: Datum,
}

impl Mutation {
    /// A mutation of any column.
    pub fn new(column: &str, mutator: Mutator, value: impl Into<Datum>) -> Self {
        Self {
            column: column.to_owned(),
            mutator,
            value: value.into(),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!([self.column, self.mutator.as_str(), self.value.to_json()])
    }
}
