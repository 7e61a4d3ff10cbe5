//! The query string of a list: `fields`, filters, sorting and paging, checked against the
//! resource's attribute table before anything is read.

mod filter;
mod sort;

pub(crate) use filter::Filter;
pub(crate) use sort::{Direction, Order, Place};

use crate::error::RequestError;
use crate::resource::Resource;
use axum::extract::Query as Pairs;
use axum::http::Uri;

/// A query string may have no more parameters than this.
const MAX_PARAMETERS: usize = 2_000;

/// The parameters that are not filters.
const CONTROLS: [&str; 6] = [
    "fields",
    "limit",
    "marker",
    "page_reverse",
    "sort_key",
    "sort_dir",
];

/// A query string as decoded pairs, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryString(Vec<(String, String)>);

impl QueryString {
    /// Reads the query of `uri`.
    pub(crate) fn of(uri: &Uri) -> Result<Self, RequestError> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(uri).map_err(|error| {
            RequestError::BadRequest(format!("the query string cannot be read: {error}"))
        })?;
        if pairs.len() > MAX_PARAMETERS {
            return Err(RequestError::BadRequest(format!(
                "the query string has more than {MAX_PARAMETERS} parameters: ask several times"
            )));
        }
        Ok(Self(pairs.0))
    }

    /// Adds a parameter that the path gives, such as the parent's id.
    pub(crate) fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// All values of one parameter, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// All pairs, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The last value of a parameter, as Neutron takes it; an empty one counts as absent.
    fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).last().filter(|value| !value.is_empty())
    }

    /// The attributes named by `fields`; none means all.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.all("fields").filter(|name| !name.is_empty()).collect()
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// At most so many items; none means all of them.
    pub(crate) limit: Option<usize>,
    /// The id of the item before the first wanted one (after the last, where reversed).
    pub(crate) marker: Option<String>,
    /// Whether the items before the marker are wanted.
    pub(crate) reverse: bool,
}

impl Page {
    fn read(query: &QueryString) -> Result<Self, RequestError> {
        let limit = query.last("limit").map_or(Ok(0), |text| {
            text.parse::<usize>().map_err(|_| {
                RequestError::BadRequest(format!(
                    "Limit must be an integer 0 or greater and not '{}'",
                    text.chars().take(80).collect::<String>()
                ))
            })
        })?;
        Ok(Self {
            limit: (limit > 0).then_some(limit),
            marker: query.last("marker").map(str::to_owned),
            reverse: query
                .last("page_reverse")
                .and_then(crate::value::flag_of_text)
                .unwrap_or(false),
        })
    }
}

/// A list request, checked.
pub(crate) struct ListQuery<R: Resource> {
    /// What each row must satisfy: all of these.
    pub(crate) filters: Vec<Filter<R>>,
    /// How rows are ordered.
    pub(crate) order: Order<R>,
    /// Which part is wanted.
    pub(crate) page: Page,
}

impl<R: Resource> ListQuery<R> {
    /// Checks a query string against the attributes of `R`.
    pub(crate) fn read(query: &QueryString) -> Result<Self, RequestError> {
        Ok(Self {
            filters: filter::read(query)?,
            order: Order::read(query)?,
            page: Page::read(query)?,
        })
    }
}
