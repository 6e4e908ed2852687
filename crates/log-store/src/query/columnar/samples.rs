//! Metric queries over one source after the other, on one thread.

use logql::{Class, Collector, EvalError, Leaf, LeafPart, Needs, Row};
use model::TimestampNanos;
use segment::SegmentReader;

use super::classes::{Classes, Look};
use super::filter::HitCache;
use super::layout::{Layout, Relevant};
use super::open::{Filtered, View, Way};
use super::pass::{self, Run};
use crate::batch::Stream;
use crate::query::budget::QueryError;
use crate::query::run::Worker;
use crate::query::scan::{Scanned, Shared, Sink, scan_rows};
use crate::query::sources::{BatchRows, SegmentRows};

/// Gathers the samples of a leaf.
pub(in crate::query) struct SampleWorker<'q> {
    shared: Shared<'q>,
    leaf: &'q Leaf,
    /// `None` when the leaf needs whole rows.
    relevant: Option<Relevant>,
    samples: Samples<'q>,
    classes: Classes<Class>,
    scanned: Scanned,
}

/// Takes whole rows.
struct Samples<'p>(Collector<'p>);

impl Sink for Samples<'_> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.0.begin_stream(&stream.labels);
    }

    fn wants(&self, _at: TimestampNanos) -> bool {
        true
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        self.0.push(row).map_err(|error: EvalError| error.into())
    }
}

impl<'q> SampleWorker<'q> {
    pub(in crate::query) fn new(shared: Shared<'q>, leaf: &'q Leaf) -> Self {
        let relevant = match leaf.needs() {
            Needs::Row => None,
            Needs::Fields(needs) => Some(Relevant::new(&needs, leaf.plain_unwrap())),
        };
        Self {
            shared,
            leaf,
            relevant,
            samples: Samples(leaf.collector()),
            classes: Classes::new(),
            scanned: Scanned::default(),
        }
    }
}

impl Worker for SampleWorker<'_> {
    type Part = LeafPart;

    fn finish(self) -> (LeafPart, Scanned) {
        (self.samples.0.finish(), self.scanned)
    }

    fn batch(&mut self, source: &BatchRows) -> Result<(), QueryError> {
        self.shared.batch(source, &mut self.scanned, &mut self.samples)
    }

    fn segment(&mut self, source: &SegmentRows) -> Result<(), QueryError> {
        self.shared.budget.check()?;
        let filters = match Filtered::new(self.leaf.line_filters(), &source.index) {
            Filtered::Nothing => {
                self.scanned.skip(source);
                return Ok(());
            }
            filters => filters,
        };
        let Some(reader) = self.shared.open(source, &mut self.scanned)? else { return Ok(()) };
        let layout = self.relevant.as_ref().and_then(|relevant| Layout::new(relevant, &source.index));
        match (filters, layout) {
            (Filtered::Columns(filters), Some(layout)) if !source.touched => {
                self.columns(source, reader, &Way::new(filters, layout, &source.index))
            }
            _ => self.shared.segment(reader, source, &mut self.scanned, &mut self.samples),
        }
    }
}

impl SampleWorker<'_> {
    fn columns(
        &mut self,
        source: &SegmentRows,
        reader: SegmentReader,
        way: &Way<'_>,
    ) -> Result<(), QueryError> {
        self.scanned.skip(source);
        let pieces = way.pieces(source, &reader)?;
        let columns = way.columns(&source.index);
        let mut cache = HitCache::default();
        let mut whole: Vec<(usize, usize)> = Vec::new();
        self.classes.begin_segment();
        pass::read(reader, columns, &pieces, |batch, runs| {
            self.shared.budget.check()?;
            let view = way.view(batch, &source.index, &mut cache, &mut self.classes.numbers)?;
            runs.iter().try_for_each(|run| self.run(source, run, &view, &mut whole))
        })?;
        self.classes.forget_stream();
        self.whole_rows(source, &whole)
    }

    fn run(
        &mut self,
        source: &SegmentRows,
        run: &Run,
        view: &View<'_>,
        whole: &mut Vec<(usize, usize)>,
    ) -> Result<(), QueryError> {
        let Some(relevant) = &self.relevant else { return Ok(()) };
        let (range, twins) = (self.shared.sources.range, &self.shared.sources.twins);
        let stream = &source.streams[run.stream].stream;
        let View { times, keys, .. } = view;
        let own = &times[run.at.clone()];
        // Rows of a stream are ordered by time.
        let from = run.at.start + own.partition_point(|time| *time < range.start.0);
        let to = run.at.start + own.partition_point(|time| *time < range.end.0);
        if from >= to {
            return Ok(());
        }
        let signature = self.classes.signature(stream, relevant);
        let collector = &mut self.samples.0;
        if keys.is_uniform() && view.all_pass() && twins.is_empty() {
            match self.classes.look(collector, stream, signature, keys, from, times[from])? {
                Look::Known(Some(class), None) => collector.add_sorted(class, &times[from..to]),
                Look::Known(None, _) => {}
                Look::Known(Some(_), Some(_)) | Look::Whole => {
                    whole.extend((from..to).map(|at| (run.stream, run.row + at - run.at.start)));
                }
            }
            return Ok(());
        }
        let dictionary = keys.only_dictionary().filter(|(_, texts)| *texts < (to - from) / 4);
        let mut outcomes: Vec<Option<Look<Class>>> = vec![None; dictionary.map_or(0, |(_, texts)| texts)];
        let unwrapped = keys.unwrapped();
        for at in from..to {
            if !view.passes(at) {
                continue;
            }
            let time = times[at];
            if twins.may_be(stream, time) {
                whole.push((run.stream, run.row + at - run.at.start));
                continue;
            }
            let look = match dictionary.map(|(codes, _)| codes.value(at) as usize) {
                None => self.classes.look(collector, stream, signature, keys, at, time)?,
                // The same as for the row that had this text before, but for its number.
                Some(code) => match outcomes[code] {
                    Some(Look::Known(Some(class), Some(_))) => unwrapped
                        .and_then(|column| column.number(at))
                        .map_or(Look::Whole, |value| Look::Known(Some(class), Some(value))),
                    Some(look) => look,
                    None => {
                        let look = self.classes.look(collector, stream, signature, keys, at, time)?;
                        outcomes[code] = Some(look);
                        look
                    }
                },
            };
            match look {
                Look::Known(Some(class), None) => collector.add(class, time),
                Look::Known(Some(class), Some(value)) => collector.add(class.with_value(value), time),
                Look::Known(None, _) => {}
                Look::Whole => whole.push((run.stream, run.row + at - run.at.start)),
            }
        }
        Ok(())
    }

    /// The rows that columns could not tell enough about.
    fn whole_rows(&mut self, source: &SegmentRows, rows: &[(usize, usize)]) -> Result<(), QueryError> {
        if rows.is_empty() {
            return Ok(());
        }
        let Some(reader) = self.shared.open(source, &mut self.scanned)? else { return Ok(()) };
        let Shared { sources, budget, .. } = self.shared;
        scan_rows(reader, source, rows, sources, budget, &mut self.samples)
    }
}
