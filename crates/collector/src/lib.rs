//! The collector: reads Promtail's configuration, tails files, pushes to Loki's API.
