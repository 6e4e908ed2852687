//! Query strings, where names may be repeated and nonsense means the default, as Grafana's clients expect.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

const PAIRS_MAX: usize = 1_000;

/// The decoded pairs of a query string.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).take(PAIRS_MAX);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value that is not empty.
    pub(super) fn all<'a>(&'a self, name: &str) -> std::vec::IntoIter<&'a str> {
        let given: Vec<&str> = self
            .0
            .iter()
            .filter(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect();
        given.into_iter()
    }

    /// Whether the name is there, with whatever value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    /// `limit` (or `perpage`) within `1..=max`, and `page` from 1 on, as limit and offset.
    pub(super) fn page(&self, default: i64, max: i64) -> Page {
        let limit = ["limit", "perpage", "perPage"].iter().find_map(|name| self.number(name));
        let limit = limit.filter(|limit| (1..=max).contains(limit)).unwrap_or(default);
        let number = self.number("page").filter(|page| (1..=1_000_000).contains(page)).unwrap_or(1);
        Page { limit, number }
    }
}

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) limit: i64,
    /// From 1 on.
    pub(super) number: i64,
}

impl Page {
    pub(super) fn offset(self) -> i64 {
        (self.number - 1) * self.limit
    }

    /// The part of a list that is in memory.
    pub(super) fn of<T>(self, items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        items.skip(size(self.offset())).take(size(self.limit))
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_survive_nonsense() {
        for (query, limit, offset) in [
            ("", 1000, 0),
            ("limit=10&page=3", 10, 20),
            ("perpage=5&page=2", 5, 5),
            ("limit=0", 1000, 0),
            ("limit=-1&page=-1", 1000, 0),
            ("limit=99999", 1000, 0),
            ("limit=x&page=y", 1000, 0),
        ] {
            let page = Params::parse(query).page(1000, 5000);
            assert_eq!((page.limit, page.offset()), (limit, offset), "{query}");
        }
        let params = Params::parse("tag=a&tag=b&tag=&starred=true");
        assert_eq!(params.all("tag").collect::<Vec<_>>(), ["a", "b"]);
        assert!(params.flag("starred") && params.has("tag") && !params.has("x"));
    }
}
