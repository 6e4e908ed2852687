//! The trace store: OTLP in, Tempo's API out, over columnar segments.

mod batch;
mod columns;
mod schema;
