//! The value notation of RFC 7047 section 5.1: atoms, sets and maps.
//!
//! OVSDB writes a set of one element as the bare element, so a scalar and a set of one are
//! the same value on the wire; here they are the same value too ([`Datum::Set`]).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::DecodeError;

/// A finite real number with a total order, so that it can be an element of a set.
#[derive(Debug, Clone, Copy)]
pub struct Real(f64);

impl Real {
    /// Wraps a number; `None` for NaN and infinities, which JSON cannot carry.
    pub fn new(number: f64) -> Option<Self> {
        // Adding zero turns -0 into 0, so that equal numbers are equal elements.
        number.is_finite().then_some(Self(number + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// One scalar value (`<atom>`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// A 64-bit signed integer.
    Integer(i64),
    /// A real number.
    Real(Real),
    /// A boolean.
    Boolean(bool),
    /// A string.
    Text(String),
    /// The identity of a row.
    Uuid(Uuid),
    /// The identity of a row that the same transaction inserts under this name.
    NamedUuid(String),
}

impl Atom {
    /// The JSON form.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Integer(number) => json!(number),
            Self::Real(number) => json!(number.get()),
            Self::Boolean(flag) => json!(flag),
            Self::Text(text) => json!(text),
            Self::Uuid(uuid) => json!(["uuid", uuid.to_string()]),
            Self::NamedUuid(name) => json!(["named-uuid", name]),
        }
    }

    /// Reads the JSON form.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let malformed = || DecodeError::shape("an atom", value);
        match value {
            Value::Bool(flag) => Ok(Self::Boolean(*flag)),
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Ok(Self::Integer(integer)),
                None => number
                    .as_f64()
                    .and_then(Real::new)
                    .map(Self::Real)
                    .ok_or_else(malformed),
            },
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(tag), Value::String(text)] => tagged(tag, text),
                _ => Err(malformed()),
            },
            Value::Null | Value::Object(_) => Err(malformed()),
        }
    }
}

fn tagged(tag: &str, text: &str) -> Result<Atom, DecodeError> {
    let malformed = DecodeError::Shape {
        expected: "[\"uuid\", UUID]",
        got: "another tag or a malformed UUID",
    };
    match tag {
        "uuid" => Uuid::try_parse(text).map(Atom::Uuid).map_err(|_| malformed),
        "named-uuid" => Ok(Atom::NamedUuid(text.to_owned())),
        _ => Err(malformed),
    }
}

impl From<i64> for Atom {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Atom {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<&str> for Atom {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Atom {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Uuid> for Atom {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

/// The value of one column (`<value>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// No, one or several atoms; exactly one is how a scalar column looks.
    Set(BTreeSet<Atom>),
    /// Pairs with distinct keys.
    Map(BTreeMap<Atom, Atom>),
}

impl Datum {
    /// The set without elements: how an optional column says that it has no value.
    pub fn empty() -> Self {
        Self::Set(BTreeSet::new())
    }

    /// A set of these elements.
    pub fn set<A: Into<Atom>>(elements: impl IntoIterator<Item = A>) -> Self {
        Self::Set(elements.into_iter().map(Into::into).collect())
    }

    /// A map of these pairs; of pairs with the same key the last one stays.
    pub fn map<K: Into<Atom>, V: Into<Atom>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }

    /// A reference to a row that the same transaction inserts with this `uuid-name`.
    pub fn named(name: &str) -> Self {
        Self::set([Atom::NamedUuid(name.to_owned())])
    }

    /// The only element, if this is a set of exactly one.
    pub fn scalar(&self) -> Option<&Atom> {
        match self {
            Self::Set(set) if set.len() == 1 => set.first(),
            Self::Set(_) | Self::Map(_) => None,
        }
    }

    /// The JSON form; a set of one is written as the bare atom.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Set(set) => match self.scalar() {
                Some(atom) => atom.to_json(),
                None => json!(["set", set.iter().map(Atom::to_json).collect::<Vec<_>>()]),
            },
            Self::Map(map) => {
                let pairs: Vec<_> = map
                    .iter()
                    .map(|(key, value)| json!([key.to_json(), value.to_json()]))
                    .collect();
                json!(["map", pairs])
            }
        }
    }

    /// Reads the JSON form.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        match value.as_array().map(Vec::as_slice) {
            Some([Value::String(tag), Value::Array(elements)]) if tag == "set" => set_of(elements),
            Some([Value::String(tag), Value::Array(pairs)]) if tag == "map" => map_of(pairs),
            _ => Ok(Self::set([Atom::from_json(value)?])),
        }
    }
}

fn set_of(elements: &[Value]) -> Result<Datum, DecodeError> {
    let mut set = BTreeSet::new();
    for element in elements {
        if !set.insert(Atom::from_json(element)?) {
            return Err(DecodeError::Duplicate("set"));
        }
    }
    Ok(Datum::Set(set))
}

fn map_of(pairs: &[Value]) -> Result<Datum, DecodeError> {
    let mut map = BTreeMap::new();
    for pair in pairs {
        let Some([key, value]) = pair.as_array().map(Vec::as_slice) else {
            return Err(DecodeError::shape("a pair of atoms", pair));
        };
        if map
            .insert(Atom::from_json(key)?, Atom::from_json(value)?)
            .is_some()
        {
            return Err(DecodeError::Duplicate("map"));
        }
    }
    Ok(Datum::Map(map))
}

impl<A: Into<Atom>> From<A> for Datum {
    fn from(atom: A) -> Self {
        Self::set([atom])
    }
}
