//! Who may do what, as a table of rules that an operator can read and replace.
//!
//! The rules are expressions in the language of OpenStack's oslo.policy, and the default table
//! (`default.toml` beside this file) has Neutron's default policy under Neutron's names, so
//! that an operator's `policy.yaml` for Neutron can be used here. The crate is pure: it knows
//! neither HTTP nor the store. A [`Subject`] says who asks, a [`Target`] what is acted upon,
//! and [`Policy::allows`] answers without allocating.
//!
//! Where oslo.policy answers a mistake in a file with "denied", this crate refuses the file:
//! unknown checks, rules that nothing asks for, missing and circular references.

mod check;
mod error;
mod file;
mod policy;
mod rule;
mod subject;
mod syntax;
mod target;
mod token;

pub use error::PolicyError;
pub use policy::{Policy, Verdict};
pub use subject::{Roles, Scope, Subject};
pub use target::{Target, Value};

/// The rule that makes an administrator.
pub const CONTEXT_IS_ADMIN: &str = "context_is_admin";

#[cfg(test)]
mod tests;
