//! The browser journeys of `web/e2e`: one against a real stack, the others over its stand-in for one.

use std::process::Command;

use crate::harness::{Stack, checkout};

/// How long the journey may take before it is given up.
const PATIENCE_S: &str = "300";

/// The journey that needs a real stack.
const REAL: &str = "journey.test.mjs";

#[test]
fn a_user_signs_in_and_follows_an_order_from_log_line_to_trace() {
    let stack = Stack::in_checkout();
    stack.succeed(&["up"]);
    let addresses = [("STACK_URL", stack.url(3000, "")), ("ORDER_SERVICE_URL", stack.url(8083, ""))];
    if let Err(report) = journey(&prepared().join("e2e").join(REAL), &addresses) {
        panic!("{report}\n{}", stack.logs());
    }
}

#[test]
fn a_user_works_with_dashboards_and_explore() {
    let web = prepared();
    let mut journeys: Vec<_> = std::fs::read_dir(web.join("e2e"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs") && !path.ends_with(REAL))
        .collect();
    journeys.sort();
    assert!(!journeys.is_empty(), "web/e2e holds no journey over the stand-in");
    for path in journeys {
        journey(&path, &[]).unwrap_or_else(|report| panic!("{}\n{report}", path.display()));
    }
}

/// The folder of the interface, once what journeys need is there.
fn prepared() -> std::path::PathBuf {
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
    web
}

fn journey(path: &std::path::Path, variables: &[(&str, String)]) -> Result<(), String> {
    let output = Command::new("timeout")
        .args([PATIENCE_S, "node", "--test", "--test-reporter=spec"])
        .arg(path)
        .current_dir(checkout().join("web"))
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("CI", "true")
        .output()
        .expect("node and timeout are there");
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

fn has_browser() -> bool {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    named.as_deref().into_iter().chain(usual).any(|program| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    })
}
