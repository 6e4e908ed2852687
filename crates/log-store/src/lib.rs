//! The log store: Loki's API over columnar segments.
