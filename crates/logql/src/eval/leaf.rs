//! A range aggregation in a plan: what it must read, how its lines become samples of series.

use crate::error::ParseError;
use crate::eval::buckets::Slices;
use crate::eval::collect::Collector;
use crate::eval::time::{ReadRange, TimeAxis};
use crate::matcher::CompiledSelector;
use crate::pipeline::{CompiledFilter, Extract, Hints, NameId, Names, Needs, Pipeline, useful_stages};
use crate::syntax::{Grouping, RangeAggregation, RangeOp, Selector};

/// One place in a query where lines are read.
#[derive(Debug, Clone)]
pub struct Leaf {
    selector: Selector,
    compiled: CompiledSelector,
    reads: ReadRange,
    pub(crate) op: RangeOp,
    pub(crate) param: f64,
    /// Nanoseconds.
    pub(crate) range: i64,
    pub(crate) slices: Slices,
    pub(crate) pipeline: Pipeline,
    pub(crate) extract: Extract,
    pub(crate) key: SeriesKey,
    /// The query looks at error labels itself: errors are labels like any other.
    pub(crate) errors_are_labels: bool,
    pub(crate) max_series: usize,
}

/// The labels that make up a series.
#[derive(Debug, Clone)]
pub(crate) enum SeriesKey {
    By(Vec<NameId>),
    Without(Vec<NameId>),
}

impl Leaf {
    /// `outer` is the grouping of a `sum` around it, which then need not be computed again.
    pub(crate) fn new(
        aggregation: &RangeAggregation,
        outer: Option<&Grouping>,
        axis: TimeAxis,
        max_series: usize,
    ) -> Result<Self, ParseError> {
        let mut names = Names::new();
        let mut pipeline = Pipeline::compile(&useful_stages(aggregation), &mut names)?;
        let extract = Extract::new(aggregation.op, aggregation.unwrap.as_ref(), &mut names)?;
        let key = series_key(aggregation, outer, &extract, &mut names);
        let (hints, errors_are_labels) = hints(&pipeline, &extract, &key);
        names.pin();
        pipeline.set_hints(names, hints);
        Ok(Self {
            selector: aggregation.log.selector.clone(),
            compiled: CompiledSelector::new(&aggregation.log.selector)?,
            reads: axis.reads(aggregation.range, aggregation.offset),
            op: aggregation.op,
            param: aggregation.param.unwrap_or_default(),
            range: aggregation.range,
            slices: Slices::new(axis, aggregation.range, aggregation.offset),
            pipeline,
            extract,
            key,
            errors_are_labels,
            max_series,
        })
    }

    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    pub fn compiled_selector(&self) -> &CompiledSelector {
        &self.compiled
    }

    /// The times of the rows that can matter.
    pub fn reads(&self) -> ReadRange {
        self.reads
    }

    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The line filters that see the stored line, before anything else is done.
    pub fn line_filters(&self) -> impl Iterator<Item = &CompiledFilter> {
        self.pipeline.leading_filters()
    }

    /// What must be read of the stored rows that have passed [`Self::line_filters`].
    pub fn needs(&self) -> Needs {
        self.pipeline.needs(matches!(self.extract, Extract::Bytes))
    }

    /// The label whose number is the sample, if nothing else depends on that label: all rows that differ in it alone are
    /// of one [class](crate::Class), as long as its value is a number.
    pub fn plain_unwrap(&self) -> Option<&str> {
        let Extract::Unwrap(unwrap) = &self.extract else { return None };
        let mut is_read = false;
        let by_name = self.pipeline.reads(&mut |name| is_read |= name == unwrap.label);
        let is_shown = match &self.key {
            SeriesKey::By(labels) => labels.contains(&unwrap.label),
            SeriesKey::Without(labels) => !labels.contains(&unwrap.label),
        };
        let is_plain = by_name && !is_read && !is_shown && unwrap.is_plain();
        is_plain.then(|| self.pipeline.name_text(unwrap.label))
    }

    /// Takes rows, on one thread.
    pub fn collector(&self) -> Collector<'_> {
        Collector::new(self)
    }
}

fn series_key(
    aggregation: &RangeAggregation,
    outer: Option<&Grouping>,
    extract: &Extract,
    names: &mut Names,
) -> SeriesKey {
    if aggregation.op == RangeOp::Absent {
        return SeriesKey::By(Vec::new());
    }
    let mut ids = |grouping: &Grouping| grouping.labels.iter().map(|label| names.intern(label)).collect();
    match outer.or(aggregation.grouping.as_ref()) {
        Some(grouping) if !grouping.without => SeriesKey::By(ids(grouping)),
        Some(grouping) => {
            let mut without: Vec<NameId> = ids(grouping);
            without.extend(extract.label());
            SeriesKey::Without(without)
        }
        None => SeriesKey::Without(extract.label().into_iter().collect()),
    }
}

/// Which labels parsers shall look for, and whether the query looks at errors itself.
fn hints(pipeline: &Pipeline, extract: &Extract, key: &SeriesKey) -> (Hints, bool) {
    let mut wanted: Vec<NameId> = Vec::new();
    let by_name = pipeline.reads(&mut |name| wanted.push(name));
    if let Extract::Unwrap(unwrap) = extract {
        wanted.push(unwrap.label);
        unwrap.filters.iter().for_each(|filter| filter.visit_names(&mut |name| wanted.push(name)));
    }
    if let SeriesKey::By(labels) = key {
        wanted.extend(labels);
    }
    let errors = wanted.iter().any(|name| *name == Names::ERROR || *name == Names::ERROR_DETAILS);
    match key {
        SeriesKey::By(_) if by_name => (Hints::only(&wanted, errors), errors),
        _ => (Hints::default(), errors),
    }
}
