//! Wire formats: OTLP, Loki's push messages, Tempo's answers. No logic.

pub mod loki;
