//! What becomes of rows, found out once for all rows that have the same relevant values.

use std::collections::HashMap;
use std::sync::Arc;

use logql::{Class, Collector, GateRunner, Row};
use model::Labels;
use smallvec::SmallVec;

use super::keys::{BatchKeys, Numbers, Set};
use super::layout::{Relevant, Shape};
use crate::batch::Stream;
use crate::columns::Syntax;
use crate::query::budget::QueryError;

/// Outcomes that are remembered.
const MAX_OUTCOMES: usize = 200_000;

/// Finds out what becomes of one row.
pub(super) trait Classifier {
    type Outcome: Copy;

    fn begin_stream(&mut self, labels: &Labels);

    /// `None`: the row is left out.
    fn classify(&mut self, row: Row<'_>) -> Result<Option<Self::Outcome>, QueryError>;
}

impl Classifier for Collector<'_> {
    type Outcome = Class;

    fn begin_stream(&mut self, labels: &Labels) {
        Collector::begin_stream(self, labels);
    }

    fn classify(&mut self, row: Row<'_>) -> Result<Option<Class>, QueryError> {
        Ok(Collector::classify(self, row)?)
    }
}

impl Classifier for GateRunner<'_> {
    type Outcome = ();

    fn begin_stream(&mut self, labels: &Labels) {
        GateRunner::begin_stream(self, labels);
    }

    fn classify(&mut self, row: Row<'_>) -> Result<Option<()>, QueryError> {
        Ok(self.passes(row).then_some(()))
    }
}

type Key = SmallVec<[u64; 6]>;

/// A stream as far as it matters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    number: u32,
    /// The label that is unwrapped is one of the stream's.
    has_unwrapped: bool,
}

/// What is known of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<O> {
    /// It has to be looked at as a whole.
    Whole,
    /// What becomes of it, and its number where that is all that it differs in from others.
    Known(Option<O>, Option<f64>),
}

/// Remembers outcomes.
#[derive(Debug)]
pub(super) struct Classes<O> {
    pub numbers: Numbers,
    outcomes: HashMap<Key, Option<O>, ahash::RandomState>,
    last: Option<(Key, Option<O>)>,
    signatures: HashMap<usize, (Arc<Stream>, Signature), ahash::RandomState>,
    /// The stream that the classifier is at, by its address.
    begun: usize,
    key: Key,
    line: String,
    values: String,
    ends: Vec<usize>,
}

impl<O: Copy> Classes<O> {
    pub(super) fn new() -> Self {
        Self {
            numbers: Numbers::default(),
            outcomes: HashMap::default(),
            last: None,
            signatures: HashMap::default(),
            begun: 0,
            key: Key::new(),
            line: String::new(),
            values: String::new(),
            ends: Vec::new(),
        }
    }

    /// To be called before each segment.
    pub(super) fn begin_segment(&mut self) {
        self.numbers.forget_tables();
        self.begun = 0;
        if self.numbers.is_full() || self.outcomes.len() > MAX_OUTCOMES {
            let fresh = Self::new();
            *self = fresh;
        }
    }

    /// What of a stream can matter.
    pub(super) fn signature(&mut self, stream: &Arc<Stream>, relevant: &Relevant) -> Signature {
        let address = Arc::as_ptr(stream).addr();
        if let Some((_, signature)) = self.signatures.get(&address) {
            return *signature;
        }
        let mut text = String::from("stream");
        for (name, value) in stream.labels.iter() {
            if relevant.is_everything() || relevant.has(name) {
                text.push_str(&format!("\0{name}\0{value}"));
            }
        }
        let has_unwrapped = relevant.unwrapped().is_some_and(|label| stream.labels.get(label).is_some());
        let signature = Signature { number: self.numbers.of(&text), has_unwrapped };
        // The stream is kept, so that its address stays its own.
        self.signatures.insert(address, (Arc::clone(stream), signature));
        signature
    }

    /// What becomes of a row.
    #[inline]
    pub(super) fn look<C: Classifier<Outcome = O>>(
        &mut self,
        classifier: &mut C,
        stream: &Arc<Stream>,
        signature: Signature,
        keys: &BatchKeys<'_>,
        row: usize,
        timestamp: i64,
    ) -> Result<Look<O>, QueryError> {
        let Some((shape, number)) = keys.shape(row) else { return Ok(Look::Whole) };
        let set = keys.set(row);
        let unwrapped = shape.unwrapped.filter(|at| {
            let label = &keys.layout.columns[*at].label;
            let is_taken = |column: &usize| keys.layout.columns[*column].label == *label;
            !signature.has_unwrapped && !set.columns.iter().any(is_taken)
        });
        let mut is_unique = false;
        self.key.clear();
        self.key.push(u64::from(signature.number) << 32 | u64::from(number));
        self.key.push(u64::from(set.number) << 1 | u64::from(unwrapped.is_some()));
        let mut value = None;
        for column in shape.slots.iter().map(|(column, _)| *column).chain(set.columns.iter().copied()) {
            if Some(column) == unwrapped {
                value = keys.columns[column].number(row);
                if value.is_some() {
                    continue;
                }
                return Ok(Look::Whole);
            }
            match keys.code(column, row) {
                Some(code) => self.key.push(code),
                None => is_unique = true,
            }
        }
        if is_unique {
            let outcome = self.classify(classifier, stream, keys, (shape, set), row, timestamp)?;
            return Ok(Look::Known(outcome, value));
        }
        if let Some((key, outcome)) = &self.last
            && *key == self.key
        {
            return Ok(Look::Known(*outcome, value));
        }
        let outcome = match self.outcomes.get(&self.key) {
            Some(outcome) => *outcome,
            None => {
                let outcome = self.classify(classifier, stream, keys, (shape, set), row, timestamp)?;
                if self.outcomes.len() > MAX_OUTCOMES {
                    self.outcomes.clear();
                }
                self.outcomes.insert(self.key.clone(), outcome);
                outcome
            }
        };
        match &mut self.last {
            Some((key, last)) => {
                key.clone_from(&self.key);
                *last = outcome;
            }
            none => *none = Some((self.key.clone(), outcome)),
        }
        Ok(Look::Known(outcome, value))
    }

    #[cold]
    fn classify<C: Classifier<Outcome = O>>(
        &mut self,
        classifier: &mut C,
        stream: &Arc<Stream>,
        keys: &BatchKeys<'_>,
        (shape, set): (&Shape, &Set),
        row: usize,
        timestamp: i64,
    ) -> Result<Option<O>, QueryError> {
        let address = Arc::as_ptr(stream).addr();
        if self.begun != address {
            self.begun = address;
            classifier.begin_stream(&stream.labels);
        }
        write_line(shape, keys, row, &mut self.line);
        self.values.clear();
        self.ends.clear();
        for column in &set.columns {
            keys.columns[*column].write(row, &mut self.values);
            self.ends.push(self.values.len());
        }
        let mut start = 0;
        let pair = |(column, end): (&usize, &usize)| {
            let value = &self.values[start..*end];
            start = *end;
            (keys.layout.columns[*column].label.as_str(), value)
        };
        let metadata: SmallVec<[(&str, &str); 8]> = set.columns.iter().zip(&self.ends).map(pair).collect();
        classifier.classify(Row { timestamp, line: &self.line, metadata: &metadata })
    }

    /// To be called when the classifier was used for rows of other streams.
    pub(super) fn forget_stream(&mut self) {
        self.begun = 0;
    }
}

/// A line that has the relevant values of a row, and nothing else.
fn write_line(shape: &Shape, keys: &BatchKeys<'_>, row: usize, line: &mut String) {
    line.clear();
    let Some(syntax) = shape.syntax else { return };
    if syntax == Syntax::Json {
        line.push('{');
    }
    for (at, (column, quoted)) in shape.slots.iter().enumerate() {
        let field = &keys.layout.columns[*column].field;
        match syntax {
            Syntax::Json => {
                line.push_str(if at == 0 { "\"" } else { ",\"" });
                line.push_str(field);
                line.push_str("\":");
            }
            Syntax::Logfmt => {
                line.push_str(if at == 0 { "" } else { " " });
                line.push_str(field);
                line.push('=');
            }
        }
        if *quoted {
            line.push('"');
        }
        keys.columns[*column].write(row, line);
        if *quoted {
            line.push('"');
        }
    }
    if syntax == Syntax::Json {
        line.push('}');
    }
}
