//! Clients as they are published (`tests/clients`), logging into a store: what they send is read back through the query
//! API, text, labels, metadata, level and order.

mod away;
mod curl;
mod found;
mod node;
mod process;
mod python;

pub(crate) use process::Client;

use serde_json::Value;

/// What all the programs log.
fn texts() -> Value {
    serde_json::from_slice(&std::fs::read(process::programs().join("texts.json")).unwrap()).unwrap()
}

/// One of these texts.
fn text(name: &str) -> String {
    texts()[name].as_str().unwrap().to_owned()
}
