//! What fuzz targets run: whatever the bytes, nothing panics, and what is printed is read again.

use crate::syntax::{parse, parse_unchecked};
use crate::{Metrics, Query, TimeAxis};

/// Reads bytes as a query.
pub fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(expr) = parse_unchecked(&text) else { return };
    let printed = expr.to_string();
    match parse_unchecked(&printed) {
        Ok(again) => assert_eq!(again.to_string(), printed, "{text}"),
        // Parentheses that printing adds count as levels.
        Err(error) => assert!(error.to_string().contains("nested deeper"), "{printed}: {error}"),
    }
    if let Ok(expr) = parse(&text) {
        drop(Query::new(&expr));
        drop(Metrics::new(&expr, TimeAxis::range(0, 600, 60), 10));
    }
}
