//! Wire formats: OTLP, Loki's push messages, Prometheus' remote write, Tempo's answers. No logic.

#[doc(hidden)]
pub mod fuzzing;
pub mod loki;
pub mod otlp;
pub mod prometheus;
pub mod rpc_status;
pub mod tempo;
