//! `match`: runs stages for, or drops, the entries that a selector chooses.

use crate::config::{MatchAction, MatchConfig};
use crate::entry::{Entry, Origin};
use crate::metrics::Number;
use crate::pipeline::{Context, Expiry, Pipeline, Stage, StageEnvironment, StageError, Verdict};
use crate::selector::Selector;

/// See the module.
pub struct Match {
    selector: Selector,
    action: MatchAction,
    stages: Pipeline,
    dropped: Number,
}

impl Match {
    pub fn new(config: &MatchConfig, environment: &StageEnvironment) -> Result<Self, StageError> {
        let fail = |problem: String| StageError { stage: "match", problem };
        if config.action == MatchAction::Drop && !config.stages.is_empty() {
            return Err(fail("action: drop takes no stages".to_owned()));
        }
        let reason = config.drop_counter_reason.as_deref().unwrap_or("match_stage");
        Ok(Self {
            selector: Selector::parse(&config.selector).map_err(fail)?,
            action: config.action,
            stages: Pipeline::new(&config.stages, environment)?,
            dropped: environment.dropped(reason),
        })
    }
}

impl Stage for Match {
    fn process(&mut self, entry: &mut Entry, context: &mut Context) -> Verdict {
        if !self.selector.matches(&entry.labels, &entry.line) {
            return Verdict::Pass;
        }
        match self.action {
            MatchAction::Keep => self.stages.process(entry, context),
            MatchAction::Drop => {
                self.dropped.count(1);
                Verdict::Drop
            }
        }
    }

    fn expire(&mut self, expiry: Expiry, entry: &mut Entry, context: &mut Context) -> bool {
        self.stages.expire(expiry, entry, context)
    }

    fn held(&self, visit: &mut dyn FnMut(Origin)) {
        self.stages.held(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, run};

    #[test]
    fn chosen_entries_run_the_stages() {
        let stages = r#"[{match: {selector: '{job="test"} |~ "^[{]" != "skip"', stages: [{json: {expressions: {m: }}}, {output: {source: m}}]}}]"#;
        let out = run(stages, &[r#"{"m":"in"}"#, "plain", r#"{"m":"skip"}"#]);
        assert_eq!(out, ["in", "plain", r#"{"m":"skip"}"#]);
    }

    #[test]
    fn chosen_entries_are_dropped() {
        let stages = r#"[{match: {selector: '{filename=~".*app.*"} |= "noise"', action: drop}}]"#;
        assert_eq!(run(stages, &["a", "noise b", "c"]), ["a", "c"]);
        assert!(run(r#"[{match: {selector: '{job="other"}', action: drop}}]"#, &["a"]).len() == 1);
    }

    #[test]
    fn lines_held_inside_come_out_behind_the_stage() {
        let stages = r#"[{match: {selector: '{job="test"}', stages: [{multiline: {firstline: '^A'}}]}}, {static_labels: {job: }}, {labeldrop: [filename]}]"#;
        assert_eq!(run(stages, &["A1", "b", "A2"]), ["A1⏎b | {}", "A2 | {}"]);
    }

    #[test]
    fn options_are_checked() {
        assert!(problem("[{match: {selector: 'job=x'}}]").contains("match"));
        assert!(
            problem("[{match: {selector: '{a=\"b\"}', action: drop, stages: [{docker: {}}]}}]")
                .contains("takes no stages")
        );
    }
}
