//! Makes the built web interface part of a release build.
//!
//! A release embeds `web/dist`; a development build reads it from disk on every request, so that rebuilding the
//! interface does not rebuild the server. The folder is created when missing because its absence could not be watched.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-env-changed=MONITORING_STACK_COMMIT");
    let dist = Path::new("../../web/dist");
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo:warning=cannot create {}: {error}", dist.display());
    }
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../../web/dist");
    }
}
