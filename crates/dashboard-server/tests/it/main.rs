//! The server as its clients see it: in-process requests, and real sockets where streams matter.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod accounts;
mod anonymous;
mod auth;
mod components;
mod csrf;
mod dashboard_files;
mod dashboards;
mod data_source_changes;
mod data_sources;
mod ds_query;
mod health;
mod library_elements;
mod limits;
mod notes;
mod pages;
mod playlists;
mod provisioning;
mod proxy;
mod query_history;
mod roles;
mod routes;
mod service_accounts;
mod sessions;
mod snapshots;
mod support;
mod user;
