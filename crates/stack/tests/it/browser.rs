//! The browser journey of `web/e2e` against a real stack.

use std::process::Command;

use crate::harness::{Stack, checkout};

/// How long the journey may take before it is given up.
const PATIENCE_S: &str = "300";

#[test]
fn a_user_signs_in_and_follows_an_order_from_log_line_to_trace() {
    let web = checkout().join("web");
    assert!(
        web.join("dist/index.html").exists(),
        "the web interface is not built: run `make test`, or `npm ci && npm run build` in web/"
    );
    assert!(
        web.join("node_modules/playwright-core").exists(),
        "the journey's tools are missing: run `make test`, or `npm ci` in web/"
    );
    assert!(
        has_browser(),
        "no Chromium is installed: run `make install-tools`, or set CHROMIUM to the program"
    );
    let stack = Stack::in_checkout();
    stack.succeed(&["up"]);
    let output = Command::new("timeout")
        .args([PATIENCE_S, "node", "--test", "--test-reporter=spec"])
        .args(journeys(&web))
        .current_dir(&web)
        .env("STACK_URL", stack.url(3000, ""))
        .env("ORDER_SERVICE_URL", stack.url(8083, ""))
        .env("CI", "true")
        .output()
        .expect("node and timeout are there");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{report}\n{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        stack.logs()
    );
}

fn journeys(web: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut journeys: Vec<_> = std::fs::read_dir(web.join("e2e"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    journeys.sort();
    assert!(!journeys.is_empty(), "web/e2e holds no journey");
    journeys
}

fn has_browser() -> bool {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    named.as_deref().into_iter().chain(usual).any(|program| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    })
}
