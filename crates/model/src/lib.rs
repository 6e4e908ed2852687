//! Words that every store shares: labels, identifiers, timestamps, tenants. No I/O.
