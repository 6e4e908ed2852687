//! What a request deletes: streams by a selector, their lines by a pipeline, within a range of time.

use std::sync::Arc;

use logql::{CompiledSelector, Expr, ParseError, Pipeline, Row, Runner, Stage};
use model::{Labels, TimeRange, TimestampNanos};

use super::request::DeleteRequest;

/// The part of a request that can be asked about rows.
#[derive(Debug)]
pub(crate) struct DeleteFilter {
    pub id: String,
    pub selector: CompiledSelector,
    pipeline: Pipeline,
    /// Whether a line that a stage fails on stays: when in doubt, nothing is deleted.
    spares_errors: bool,
    start: TimestampNanos,
    end: TimestampNanos,
}

impl DeleteFilter {
    /// `None` for a query for numbers.
    pub(crate) fn new(request: &DeleteRequest) -> Result<Option<Self>, ParseError> {
        let Expr::Log(log) = logql::parse_expr(&request.query)? else { return Ok(None) };
        let only_filters = log.stages.iter().all(|stage| matches!(stage, Stage::LineFilter(_)));
        Ok(Some(Self {
            id: request.id.clone(),
            selector: CompiledSelector::new(&log.selector)?,
            pipeline: Pipeline::new(&log.stages)?,
            spares_errors: !only_filters && !request.query.contains(ERROR),
            start: request.start,
            end: request.end,
        }))
    }

    /// Whether it may delete something between `first` and `last`, both included.
    pub(crate) fn overlaps(&self, first: TimestampNanos, last: TimestampNanos) -> bool {
        self.start <= last && first <= self.end
    }

    fn contains(&self, at: i64) -> bool {
        self.start.0 <= at && at <= self.end.0
    }
}

/// The label that stages set on lines they fail on.
const ERROR: &str = "__error__";

/// The requests that matter to one query or rewrite.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActiveDeletes {
    filters: Vec<Arc<DeleteFilter>>,
}

impl ActiveDeletes {
    pub(crate) fn new(filters: Vec<Arc<DeleteFilter>>) -> Self {
        Self { filters }
    }

    /// Those that may delete something in `range`, if there are any.
    pub(super) fn within(&self, range: TimeRange) -> Option<Self> {
        let overlaps = |filter: &&Arc<DeleteFilter>| filter.start < range.end && range.start <= filter.end;
        let filters: Vec<_> = self.filters.iter().filter(overlaps).map(Arc::clone).collect();
        (!filters.is_empty()).then_some(Self { filters })
    }

    pub(crate) fn filters(&self) -> &[Arc<DeleteFilter>] {
        &self.filters
    }

    /// Whether lines of a stream between `first` and `last`, both included, have to be looked at before they are shown
    /// or counted.
    pub(crate) fn touches(&self, labels: &Labels, first: TimestampNanos, last: TimestampNanos) -> bool {
        self.filters.iter().any(|filter| filter.overlaps(first, last) && filter.selector.matches(labels))
    }

    /// Something to ask about rows, for one thread.
    pub(crate) fn checker(&self) -> Checker<'_> {
        let part = |filter| Part { filter, runner: filter.pipeline.runner(), applies: false };
        Checker { parts: self.filters.iter().map(|filter| part(filter)).collect(), any: false }
    }
}

/// Decides row by row, stream after stream.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    parts: Vec<Part<'a>>,
    /// Whether one of them applies to the present stream.
    any: bool,
}

#[derive(Debug)]
struct Part<'a> {
    filter: &'a DeleteFilter,
    runner: Runner<'a>,
    applies: bool,
}

impl Checker<'_> {
    /// The rows that follow are of the stream with these labels.
    pub(crate) fn begin_stream(&mut self, labels: &Labels) {
        self.any = false;
        for part in &mut self.parts {
            part.applies = part.filter.selector.matches(labels);
            if part.applies {
                self.any = true;
                part.runner.begin_stream(labels);
            }
        }
    }

    pub(crate) fn deletes(&mut self, row: Row<'_>) -> bool {
        self.any && self.parts.iter_mut().any(|part| part.applies && part.deletes(row))
    }
}

impl Part<'_> {
    fn deletes(&mut self, row: Row<'_>) -> bool {
        if !self.filter.contains(row.timestamp) {
            return false;
        }
        let Some(passed) = self.runner.run(row) else { return false };
        let mut failed = false;
        if self.filter.spares_errors {
            passed.for_each_label(|name, _, _| failed |= name == ERROR);
        }
        !failed
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn filter(query: &str, start: i64, end: i64) -> DeleteFilter {
        let request = DeleteRequest {
            id: query.to_owned(),
            tenant: "fake".to_owned(),
            query: query.to_owned(),
            start: TimestampNanos(start),
            end: TimestampNanos(end),
            created: TimestampNanos(0),
            processed: None,
        };
        DeleteFilter::new(&request).unwrap().unwrap()
    }

    pub(crate) fn active(queries: &[(&str, i64, i64)]) -> ActiveDeletes {
        ActiveDeletes::new(
            queries.iter().map(|(query, start, end)| Arc::new(filter(query, *start, *end))).collect(),
        )
    }

    fn deletes(query: &str, labels: &str, at: i64, line: &str, metadata: &[(&str, &str)]) -> bool {
        let deletes = active(&[(query, 10, 20)]);
        let mut checker = deletes.checker();
        checker.begin_stream(&model::parse_label_set(labels).unwrap());
        checker.deletes(Row { timestamp: at, line, metadata })
    }

    #[test]
    fn a_row_is_deleted_when_selector_range_and_pipeline_take_it() {
        let secret = r#"{app="a"} |= "secret""#;
        for (query, labels, at, line, expected) in [
            (r#"{app="a"}"#, r#"{app="a"}"#, 10, "x", true),
            (r#"{app="a"}"#, r#"{app="a"}"#, 20, "x", true),
            (r#"{app="a"}"#, r#"{app="a"}"#, 9, "x", false),
            (r#"{app="a"}"#, r#"{app="a"}"#, 21, "x", false),
            (r#"{app="a"}"#, r#"{app="b"}"#, 15, "x", false),
            (secret, r#"{app="a"}"#, 15, "a secret", true),
            (secret, r#"{app="a"}"#, 15, "nothing", false),
            (r#"{app="a"} | trace_id="1""#, r#"{app="a"}"#, 15, "x", true),
            (r#"{app="a"} | trace_id="2""#, r#"{app="a"}"#, 15, "x", false),
            (r#"{app="a"} | json | user="7""#, r#"{app="a"}"#, 15, r#"{"user":"7"}"#, true),
            (r#"{app="a"} | json | user="7""#, r#"{app="a"}"#, 15, r#"{"user":"8"}"#, false),
            (r#"{app="a"} | json"#, r#"{app="a"}"#, 15, r#"{"user":"8"}"#, true),
        ] {
            let found = deletes(query, labels, at, line, &[("trace_id", "1")]);
            assert_eq!(found, expected, "{query} {labels} {at} {line}");
        }
    }

    #[test]
    fn lines_that_a_stage_fails_on_stay_unless_they_are_asked_for() {
        for (query, expected) in [
            (r#"{app="a"} | json"#, false),
            (r#"{app="a"} | json | status > 400"#, false),
            (r#"{app="a"} | json | __error__="JSONParserErr""#, true),
        ] {
            assert_eq!(deletes(query, r#"{app="a"}"#, 15, "no json", &[]), expected, "{query}");
        }
    }

    #[test]
    fn requests_are_found_by_range_and_stream() {
        let deletes = active(&[(r#"{app="a"}"#, 10, 20), (r#"{app="b"} |= "x""#, 30, 40)]);
        let range = |start, end| TimeRange::new(TimestampNanos(start), TimestampNanos(end));
        for (start, end, expected) in [(0, 10, 0), (0, 11, 1), (20, 30, 1), (20, 31, 2), (41, 50, 0)] {
            let found = deletes.within(range(start, end)).map_or(0, |found| found.filters().len());
            assert_eq!(found, expected, "{start}..{end}");
        }
        let touches = |labels: &str, first, last| {
            let labels = model::parse_label_set(labels).unwrap();
            deletes.touches(&labels, TimestampNanos(first), TimestampNanos(last))
        };
        assert!(touches(r#"{app="a"}"#, 20, 25) && touches(r#"{app="b"}"#, 0, 30));
        assert!(!touches(r#"{app="a"}"#, 21, 50) && !touches(r#"{app="c"}"#, 0, 50));
    }
}
