//! What is acted upon, as far as rules may ask about it.

use std::borrow::Cow;

/// A value of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A boolean.
    Flag(bool),
    /// Anything else, as text.
    Text(Cow<'a, str>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A resource, stored or wished for.
///
/// A value that is absent makes a comparison false; it is never an error, because whether a
/// parent still exists changes while requests run.
pub trait Target {
    /// `%(name)s`: an attribute, or one of a related resource, such as `network:project_id` or
    /// `ext_parent:project_id`.
    fn attribute(&self, name: &str) -> Option<Value<'_>>;

    /// `field:resource:name`: an attribute, where the rule may mean a related resource.
    /// Neutron's rules ask for `networks:shared` also of ports and subnets.
    fn field(&self, resource: &str, name: &str) -> Option<Value<'_>> {
        let _ = resource;
        self.attribute(name)
    }
}

/// Nothing in particular: for actions without a resource.
impl Target for () {
    fn attribute(&self, _: &str) -> Option<Value<'_>> {
        None
    }
}
