//! Alert rules: evaluated on a schedule, kept in the database, served by Grafana's APIs.
