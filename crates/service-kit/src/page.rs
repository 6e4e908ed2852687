//! Lists in pages: `?page=2&limit=20`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::AppError;

/// More than this many items a page are not given; asking for more is not an error.
const MAX_LIMIT: i64 = 100;
const DEFAULT_LIMIT: i64 = 20;
/// Deep pages cost a scan each; a million items are more than any list of the shop has.
const MAX_OFFSET: i64 = 1_000_000;

/// The page asked for.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Page number, from 1
    pub page: Option<i64>,
    /// Items a page, 1 to 100 (default 20)
    pub limit: Option<i64>,
}

impl PageParams {
    /// The page as `(page, limit, offset)`, or what is wrong with it.
    pub fn checked(self) -> Result<(i64, i64, i64), AppError> {
        let page = self.page.unwrap_or(1);
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if page < 1 {
            return Err(AppError::bad_parameter("page", "must be 1 or more"));
        }
        if limit < 1 {
            return Err(AppError::bad_parameter("limit", "must be between 1 and 100"));
        }
        let limit = limit.min(MAX_LIMIT);
        match (page - 1).checked_mul(limit) {
            Some(offset) if offset <= MAX_OFFSET => Ok((page, limit, offset)),
            _ => Err(AppError::bad_parameter("page", "is too far; narrow the search instead")),
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page
    pub items: Vec<T>,
    /// How many items all pages have
    pub total: i64,
    /// This page's number
    pub page: i64,
    /// Items a page
    pub limit: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_checked_and_capped() {
        let check = |page, limit| PageParams { page, limit }.checked().ok();
        for (page, limit, expected) in [
            (None, None, Some((1, 20, 0))),
            (Some(3), Some(10), Some((3, 10, 20))),
            (Some(1), Some(5000), Some((1, 100, 0))),
            (Some(0), None, None),
            (Some(-1), None, None),
            (None, Some(0), None),
            (Some(i64::MAX), Some(100), None),
        ] {
            assert_eq!(check(page, limit), expected, "{page:?} {limit:?}");
        }
    }
}
