//! A cheap test before the whole of a log query: whether the conditions on labels can hold at all.
//!
//! A log query shows whole lines with all their labels, but most lines are dropped by conditions on a few labels. A store
//! with columns can decide that from the columns of those labels alone, and read whole rows only of what passes.

use model::Labels;

use crate::error::ParseError;
use crate::pipeline::{FieldNeeds, Hints, Names, Needs, Pipeline, Row, Runner};
use crate::syntax::Stage;

/// The part of a pipeline that ends with its last condition, looking only for the labels that conditions read.
#[derive(Debug, Clone)]
pub struct Gate {
    pipeline: Pipeline,
    needs: FieldNeeds,
}

impl Gate {
    pub(crate) fn new(stages: &[Stage]) -> Result<Option<Self>, ParseError> {
        let is_condition = |stage: &Stage| matches!(stage, Stage::LabelFilter(_));
        let Some(last) = stages.iter().rposition(is_condition) else { return Ok(None) };
        let mut names = Names::new();
        let mut pipeline = Pipeline::compile(&stages[..=last], &mut names)?;
        let mut read = Vec::new();
        if !pipeline.reads(&mut |name| read.push(name)) {
            return Ok(None);
        }
        let errors = read.iter().any(|name| *name == Names::ERROR || *name == Names::ERROR_DETAILS);
        names.pin();
        pipeline.set_hints(names, Hints::only(&read, errors));
        Ok(match pipeline.needs(false) {
            Needs::Row => None,
            Needs::Fields(needs) => Some(Self { pipeline, needs }),
        })
    }

    /// What must be known of a row.
    pub fn needs(&self) -> &FieldNeeds {
        &self.needs
    }

    /// Tests rows, on one thread.
    pub fn runner(&self) -> GateRunner<'_> {
        GateRunner(self.pipeline.runner())
    }
}

/// Tests the rows of one stream after the other.
#[derive(Debug)]
pub struct GateRunner<'p>(Runner<'p>);

impl GateRunner<'_> {
    /// The rows that follow are of the stream with these labels.
    pub fn begin_stream(&mut self, labels: &Labels) {
        self.0.begin_stream(labels);
    }

    /// Whether a row that has passed the line filters may be a part of the result.
    pub fn passes(&mut self, row: Row<'_>) -> bool {
        self.0.run_filtered(row).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Direction, LogOptions, LogPlan};

    fn plan(query: &str) -> LogPlan {
        let crate::Expr::Log(log) = crate::parse_expr(query).unwrap() else { panic!("a log query") };
        LogPlan::new(&log, LogOptions { direction: Direction::Forward, limit: 100, interval: 0 }).unwrap()
    }

    #[test]
    fn queries_with_conditions_on_fields_have_a_gate() {
        for (query, expected) in [
            (r#"{a="b"} |= "x" | json | status >= 500 | user="7""#, Some("status user")),
            (r#"{a="b"} | json | status >= 500 | line_format "{{.x}}""#, Some("status")),
            (r#"{a="b"} | trace_id="7""#, Some("trace_id")),
            (r#"{a="b"} | logfmt | a="1" or b="2""#, Some("a b")),
            (r#"{a="b"} | json"#, None),
            (r#"{a="b"} | json | line_format "{{.x}}" | x="1""#, None),
            (r#"{a="b"} | regexp "(?P<x>.)" | x="1""#, None),
        ] {
            let plan = plan(query);
            let labels = plan.gate().map(|gate| gate.needs().labels.join(" "));
            assert_eq!(labels.as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn values_that_are_required_are_known() {
        for (query, expected) in [
            (r#"{a="b"} | json | status >= 500 | user="7""#, "user=7"),
            (r#"{a="b"} | json | x="1", y="2" or z="3""#, "x=1"),
            (r#"{a="b"} | json | x!="1" | y="" | z=~"3""#, ""),
            (r#"{a="b"} | json | drop x | x="1""#, ""),
            (r#"{a="b"} | trace_id="7""#, "trace_id=7"),
            (r#"{a="b"} | x="1" | json | y="2""#, ""),
        ] {
            let plan = plan(query);
            let required = &plan.gate().unwrap().needs().required;
            let shown: Vec<String> = required.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(shown.join(" "), expected, "{query}");
        }
    }

    #[test]
    fn bounds_of_numbers_are_known() {
        for (query, expected) in [
            (r#"{a="b"} | json | status >= 500 | user="7""#, "500<=status<=inf"),
            (r#"{a="b"} | json | x > 1 and x < 5"#, "1<=x<=inf -inf<=x<=5"),
            (r#"{a="b"} | json | x == 2 | y > 1"#, "2<=x<=2"),
            (r#"{a="b"} | json | x != 2 | x < 9"#, "-inf<=x<=9"),
            (r#"{a="b"} | json | took > 1s | x > 1"#, ""),
            (r#"{a="b"} | json | x > 1 or y="2""#, ""),
            (r#"{a="b"} | x > 1 | json | x > 2"#, ""),
            (r#"{a="b"} | json | drop x | x > 1"#, ""),
        ] {
            let plan = plan(query);
            let bounds = &plan.gate().unwrap().needs().bounds;
            let shown: Vec<String> =
                bounds.iter().map(|(name, low, high)| format!("{low}<={name}<={high}")).collect();
            assert_eq!(shown.join(" "), expected, "{query}");
        }
    }

    proptest! {
        /// The gate never drops what the query keeps.
        #[test]
        fn what_the_query_keeps_passes_the_gate(
            query in prop::sample::select(vec![
                r#"{a="b"} | json | x >= 5 | y="1""#,
                r#"{a="b"} | json | x != "" or y=~"1.*" | z="""#,
                r#"{a="b"} | json | __error__="" | a_extracted="1""#,
                r#"{a="b"} | json | drop x | x="" | y > 1"#,
                r#"{a="b"} | m="1" | json | m_extracted="2""#,
                r#"{a="b"} | json | label_format x=y | x="1""#,
            ]),
            line in r#"\{("[axyzm]":("?[0-9]{1,2}"?|\{"x":1\}),?){0,4}\}?"#,
            metadata in prop::option::of("[12]"),
        ) {
            let plan = plan(query);
            let Some(gate) = plan.gate() else { return Ok(()) };
            let labels = model::parse_label_set(r#"{a="b"}"#).unwrap();
            let pairs: Vec<(&str, &str)> = metadata.iter().map(|value| ("m", value.as_str())).collect();
            let row = Row { timestamp: 1, line: &line, metadata: &pairs };
            let mut collector = plan.collector();
            collector.begin_stream(&labels, 0);
            collector.push(row);
            let kept = !plan.finish(vec![collector.finish()]).is_empty();
            let mut runner = gate.runner();
            runner.begin_stream(&labels);
            let passes = runner.passes(row);
            prop_assert!(passes || !kept);
        }
    }
}
