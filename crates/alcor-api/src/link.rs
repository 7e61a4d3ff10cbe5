//! `networks_links` and its like: where the pages before and after this one are.
//!
//! As in Neutron, a full page always has a next one, because whether anything follows is not
//! looked up; the last page is the one that is not full.

use crate::query::{Page, QueryString};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use serde::Serialize;
use std::fmt::Write as _;

/// One entry of `*_links`.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Link {
    rel: &'static str,
    href: String,
}

/// Where a list was asked for: what its links are made of.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    base: String,
    query: QueryString,
}

/// The first and last id of a page, and how many items it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    /// The id of the first item.
    pub(crate) first: Option<String>,
    /// The id of the last item.
    pub(crate) last: Option<String>,
    /// How many items there are.
    pub(crate) count: usize,
}

/// `http://host` as the client addressed this server; `layer::address` has put the scheme there.
pub(crate) fn host_url(uri: &Uri, headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(Authority::as_str))
        .unwrap_or("localhost");
    let scheme = uri.scheme_str().unwrap_or("http");
    format!("{scheme}://{host}")
}

impl Origin {
    /// Of a request.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap, query: QueryString) -> Self {
        Self {
            base: host_url(uri, headers) + uri.path(),
            query,
        }
    }

    /// The links beside a page.
    pub(crate) fn links(&self, page: &Page, extent: &Extent) -> Vec<Link> {
        let Some(limit) = page.limit else {
            return Vec::new();
        };
        let full = extent.count >= limit;
        let mut links = Vec::new();
        if full || page.reverse {
            let href = self.href(extent.last.as_deref(), false);
            links.push(Link { rel: "next", href });
        }
        if full || !page.reverse {
            let href = self.href(extent.first.as_deref(), true);
            links.push(Link {
                rel: "previous",
                href,
            });
        }
        links
    }

    /// The same query from `marker` on.
    fn href(&self, marker: Option<&str>, reverse: bool) -> String {
        let kept = self
            .query
            .pairs()
            .filter(|(name, _)| *name != "marker" && *name != "page_reverse");
        let marker = marker.map(|id| ("marker", id));
        let reverse = reverse.then_some(("page_reverse", "True"));
        let mut href = self.base.clone();
        let mut divider = '?';
        for (name, value) in kept.chain(marker).chain(reverse) {
            href.push(divider);
            push_encoded(&mut href, name);
            href.push('=');
            push_encoded(&mut href, value);
            divider = '&';
        }
        href
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn push_encoded(to: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(query: &str, page: &Page, count: usize) -> Vec<(&'static str, String)> {
        let uri: Uri = format!("/v2.0/ports?{query}").parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "region:9696".parse().unwrap());
        let origin = Origin::of(&uri, &headers, QueryString::of(&uri).unwrap());
        let extent = Extent {
            first: (count > 0).then(|| "A".to_owned()),
            last: (count > 0).then(|| "Z".to_owned()),
            count,
        };
        let links = origin.links(page, &extent);
        links
            .into_iter()
            .map(|link| (link.rel, link.href))
            .collect()
    }

    #[test]
    fn links_keep_the_query_and_move_the_marker() {
        let page = Page {
            limit: Some(2),
            marker: Some("M".to_owned()),
            reverse: false,
        };
        let base = "http://region:9696/v2.0/ports?limit=2&name=a%20b%26c";
        assert_eq!(
            links("limit=2&marker=M&name=a+b%26c", &page, 2),
            [
                ("next", format!("{base}&marker=Z")),
                ("previous", format!("{base}&marker=A&page_reverse=True")),
            ]
        );
    }

    #[test]
    fn a_page_that_is_not_full_ends_its_direction() {
        let forward = Page {
            limit: Some(2),
            ..Page::default()
        };
        let rels = |links: Vec<(&'static str, String)>| {
            links.into_iter().map(|(rel, _)| rel).collect::<Vec<_>>()
        };
        assert_eq!(rels(links("limit=2", &forward, 1)), ["previous"]);
        let backward = Page {
            reverse: true,
            ..forward
        };
        assert_eq!(
            rels(links("limit=2&page_reverse=1", &backward, 0)),
            ["next"]
        );
        assert!(links("", &Page::default(), 5).is_empty());
    }
}
