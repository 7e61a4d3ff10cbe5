//! Lists: a plan that reads no more rows than it must, pages, and answers of any length in
//! flat memory.

mod page;
mod plan;
mod stream;
mod walk;

pub(crate) use plan::{IndexRule, Lookup, granted};
pub(crate) use stream::{Listing, answer, json};
