//! Durable storage shared by both stores: write-ahead log, heads, Parquet segments, manifest, retention.
