//! `doctor`: everything that keeps a stack from working, each with what to do about it. It changes nothing, and works
//! whether the stack runs or not.

mod machine;
mod stack;
mod storage;

use std::process::ExitCode;

use serde::Serialize;

use super::{Context, exit_code, say};
use crate::cli::{Format, Output};
use crate::ui::{self, Align, Cell, Style, Tone};

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    /// It works, and may not for long
    Warning,
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub verdict: Verdict,
    pub found: String,
    /// What to do, unless all is well
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    pub fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    pub fn problem(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Problem, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Runs the command.
pub async fn run(context: &mut Context, output: Output) -> anyhow::Result<ExitCode> {
    let running = context.attach(true).await;
    let mut checks = stack::process(context, &running);
    checks.extend(storage::checks(&context.layout));
    checks.extend(machine::checks());
    if let Ok(Some((_, status))) = &running {
        checks.extend(stack::components(status));
        checks.extend(stack::telemetry(context.network, status.uptime_s).await);
    }
    match output.format {
        Format::Json => say(&serde_json::to_string_pretty(&checks)?)?,
        Format::Text => say(&text(&checks, context.style))?,
    }
    Ok(exit_code(checks.iter().all(|check| check.verdict != Verdict::Problem)))
}

fn text(checks: &[Check], style: Style) -> String {
    let rows: Vec<Vec<Cell>> = checks
        .iter()
        .map(|check| {
            let (tone, mark) = match check.verdict {
                Verdict::Ok => (Tone::Good, "ok"),
                Verdict::Warning => (Tone::Notice, "warning"),
                Verdict::Problem => (Tone::Bad, "PROBLEM"),
            };
            vec![Cell::toned(tone, mark), check.name.into(), check.found.as_str().into()]
        })
        .collect();
    let columns = [("", Align::Left), ("CHECK", Align::Left), ("FOUND", Align::Left)];
    let mut out = ui::table(&columns, &rows, style);
    let advice: Vec<&Check> = checks.iter().filter(|check| check.advice.is_some()).collect();
    if advice.is_empty() {
        out.push('\n');
        out.push_str(&style.paint(Tone::Good, "all is well"));
        return out;
    }
    out.push_str("\nWhat to do:\n");
    for check in advice {
        let advice = check.advice.as_deref().unwrap_or_default();
        out.push_str(&format!("  {}: {advice}\n", style.paint(Tone::Strong, check.name)));
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_stands_below_the_table() {
        let checks = [Check::ok("memory", "2 GB free"), Check::problem("ports", "3000 is taken", "stop it")];
        assert_eq!(
            text(&checks, Style::PLAIN),
            "         CHECK   FOUND\nok       memory  2 GB free\nPROBLEM  ports   3000 is taken\n\nWhat to do:\n  ports: stop it"
        );
        assert!(text(&checks[..1], Style::PLAIN).ends_with("all is well"));
        let json = serde_json::to_value(&checks[0]).unwrap();
        assert_eq!(json, serde_json::json!({"name": "memory", "verdict": "ok", "found": "2 GB free"}));
    }
}
