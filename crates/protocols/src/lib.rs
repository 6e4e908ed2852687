//! Wire formats: OTLP, Loki's push messages, Tempo's answers. No logic.

#[doc(hidden)]
pub mod fuzzing;
pub mod loki;
pub mod otlp;
pub mod rpc_status;
pub mod tempo;
