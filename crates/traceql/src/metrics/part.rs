//! Series that grow while spans come in.

use ahash::AHashMap;

use super::accumulate::{Sample, Values};
use super::contrast::Contrast;
use super::{Compared, Metrics, series::Exemplar};
use crate::data::Spans;
use crate::eval::{Context, EvalError, OwnedValue, owned};
use crate::value::{Hex, Value};

/// Values that the series of a query may have together.
const MAX_VALUES: usize = 16 << 20;
/// Spans that stand for values, per share of time.
const PER_SHARE: usize = 2;

/// What one thread has counted.
#[derive(Debug)]
pub struct Part {
    leaves: Vec<Counted>,
    key: Vec<u8>,
    values: usize,
}

/// An exemplar with its trace and the group it stands for.
pub(crate) type Candidate = ([u8; 16], Box<[u8]>, Exemplar);

/// What is counted for one function.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    groups: AHashMap<Box<[u8]>, usize>,
    grown: Vec<Grown>,
    /// By share of the time, the first by trace id.
    exemplars: Exemplars,
    contrast: Contrast,
    /// Rows offered as exemplars, by share of the time.
    offered: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct Grown {
    pub labels: Vec<(String, OwnedValue)>,
    pub values: Values,
}

impl Part {
    pub(super) fn new(leaves: usize) -> Self {
        Self { leaves: (0..leaves).map(|_| Counted::default()).collect(), key: Vec::new(), values: 0 }
    }

    pub(super) fn into_leaves(self) -> Vec<Counted> {
        self.leaves
    }

    pub(super) fn add<T: Spans + ?Sized>(
        &mut self,
        query: &Metrics,
        at: usize,
        context: &Context<'_, T>,
        span: usize,
        interval: usize,
    ) -> Result<(), EvalError> {
        let leaf = &query.leaves[at];
        if let Some(Compared { selection, args, tested }) = &leaf.compare {
            let start = context.spans.start(span);
            let in_window = args.window.is_none_or(|(from, to)| start >= from && start < to);
            let selected = in_window && selection.holds(context, span);
            let place = (interval, query.axis.intervals());
            self.leaves[at].contrast.add(context, span, selected, tested, place);
            return Ok(());
        }
        let value = leaf.value.map_or(Value::Nil, |field| context.seen(field, span));
        let Some(sample) = leaf.sample(value) else { return Ok(()) };
        let weight = if query.extrapolates { weight(context.spans.trace_state(span)) } else { 1.0 };
        let group = self.group(query, at, context, span)?;
        self.values(at, group).add(sample, weight, interval, query.axis.intervals());
        if query.wants_exemplars() {
            let value = leaf.shown(sample, value);
            self.leaves[at].note(query, context, span, value, &self.key);
        }
        Ok(())
    }

    /// The group of a span, which is there from now on; its key is left in `self.key`.
    pub(super) fn group<T: Spans + ?Sized>(
        &mut self,
        query: &Metrics,
        at: usize,
        context: &Context<'_, T>,
        span: usize,
    ) -> Result<usize, EvalError> {
        let leaf = &query.leaves[at];
        self.key.clear();
        leaf.by.iter().for_each(|field| encode(context.seen(*field, span), &mut self.key));
        let intervals = query.axis.intervals();
        let counted = &mut self.leaves[at];
        if let Some(known) = counted.groups.get(&self.key[..]) {
            return Ok(*known);
        }
        self.values += intervals;
        if self.values > MAX_VALUES {
            return Err(EvalError::TooManySeries(MAX_VALUES / intervals));
        }
        let labels = labels(query, &leaf.by, context, span);
        Ok(counted.grow(self.key.clone().into(), labels, Values::new(leaf.function, intervals)))
    }

    /// What a group has counted so far.
    #[inline]
    pub(super) fn values(&mut self, at: usize, group: usize) -> &mut Values {
        &mut self.leaves[at].grown[group].values
    }

    /// Adds spans to the only group of a function that has no others.
    pub(super) fn add_spans(&mut self, query: &Metrics, at: usize, interval: usize, count: u64) {
        let (counted, intervals) = (&mut self.leaves[at], query.axis.intervals());
        let known = counted.groups.get(&[][..]).copied();
        let group = known.unwrap_or_else(|| {
            self.values += intervals;
            counted.grow(Box::default(), Vec::new(), Values::new(query.leaves[at].function, intervals))
        });
        counted.grown[group].values.add(Sample::One, count as f64, interval, intervals);
    }

    /// Notes a span as an exemplar without counting it.
    pub(super) fn add_exemplar<T: Spans + ?Sized>(
        &mut self,
        query: &Metrics,
        at: usize,
        context: &Context<'_, T>,
        span: usize,
    ) {
        let leaf = &query.leaves[at];
        let value = leaf.value.map_or(Value::Nil, |field| context.seen(field, span));
        let Some(sample) = leaf.sample(value) else { return };
        self.key.clear();
        leaf.by.iter().for_each(|field| encode(context.seen(*field, span), &mut self.key));
        self.leaves[at].note(query, context, span, leaf.shown(sample, value), &self.key);
    }

    /// How many rows were offered as exemplars, by share of the time.
    pub(super) fn offered(&mut self, at: usize, shares: usize) -> &mut [u32] {
        let offered = &mut self.leaves[at].offered;
        offered.resize(shares, 0);
        offered
    }

    pub(super) fn merge(&mut self, other: Self, query: &Metrics) -> Result<(), EvalError> {
        self.values += other.values;
        if self.values > MAX_VALUES * 4 {
            return Err(EvalError::TooManySeries(MAX_VALUES / query.axis.intervals()));
        }
        for (mine, others) in self.leaves.iter_mut().zip(other.leaves) {
            let (groups, exemplars, contrast) = others.into_parts();
            for (key, grown) in groups {
                match mine.groups.get(&key) {
                    Some(known) => mine.grown[*known].values.merge(grown.values),
                    None => {
                        mine.grow(key, grown.labels, grown.values);
                    }
                }
            }
            let mut shares: Vec<_> = exemplars.into_iter().collect();
            shares.sort_by_key(|(share, _)| *share);
            for (share, exemplars) in shares {
                exemplars.into_iter().for_each(|exemplar| mine.keep(share, exemplar));
            }
            mine.contrast.merge(contrast);
        }
        Ok(())
    }
}

/// What was counted, by key.
pub(crate) type Groups = Vec<(Box<[u8]>, Grown)>;

/// Exemplars by share of the time.
pub(crate) type Exemplars = AHashMap<usize, Vec<Candidate>>;

impl Counted {
    fn grow(&mut self, key: Box<[u8]>, labels: Vec<(String, OwnedValue)>, values: Values) -> usize {
        self.grown.push(Grown { labels, values });
        self.groups.insert(key, self.grown.len() - 1);
        self.grown.len() - 1
    }

    /// The groups in the order of their keys, and the rest.
    pub(super) fn into_parts(self) -> (Groups, Exemplars, Contrast) {
        let mut grown: Vec<Option<Grown>> = self.grown.into_iter().map(Some).collect();
        let mut keys: Vec<(Box<[u8]>, usize)> = self.groups.into_iter().collect();
        keys.sort_unstable();
        let groups = keys.into_iter().filter_map(|(key, at)| Some((key, grown.get_mut(at)?.take()?)));
        (groups.collect(), self.exemplars, self.contrast)
    }

    fn note<T: Spans + ?Sized>(
        &mut self,
        query: &Metrics,
        context: &Context<'_, T>,
        span: usize,
        value: f64,
        key: &[u8],
    ) {
        let time = context.spans.start(span);
        let shares = (query.exemplars / PER_SHARE).max(1) as i128;
        let (begin, end) = (query.axis.begin(), query.axis.end());
        let share = i128::from(time - begin) * shares / i128::from((end - begin).max(1));
        let share = usize::try_from(share).unwrap_or(0);
        let mut id = [0; 16];
        let bytes = context.spans.trace_id(span);
        id[..bytes.len().min(16)].copy_from_slice(&bytes[..bytes.len().min(16)]);
        let known = self.exemplars.get(&share);
        let is_full = known.is_some_and(|known| {
            known.iter().any(|(other, _, _)| *other == id)
                || known.len() >= PER_SHARE && known.iter().all(|(other, _, _)| *other < id)
        });
        if is_full {
            return;
        }
        let mut labels = vec![("trace:id".to_owned(), OwnedValue::Str(Hex(bytes).to_string()))];
        for field in query.exemplar_fields() {
            let value = owned(context.seen(field, span));
            if value != OwnedValue::Nil {
                labels.push((query.plan.fields[field].to_string(), value));
            }
        }
        self.keep(share, (id, key.into(), Exemplar { labels, value, time }));
    }

    fn keep(&mut self, share: usize, exemplar: Candidate) {
        let known = self.exemplars.entry(share).or_default();
        if known.iter().any(|(id, _, _)| *id == exemplar.0) {
            return;
        }
        known.push(exemplar);
        known.sort_by_key(|(id, _, _)| *id);
        known.truncate(PER_SHARE);
    }
}

/// How many spans a sampled one stands for, by the rejection threshold in OpenTelemetry's part of the trace state: up to
/// 14 hexadecimal digits of a share of 2⁵⁶.
fn weight(trace_state: &str) -> f64 {
    let own = trace_state.split(',').find_map(|member| member.trim().strip_prefix("ot="));
    let Some(threshold) = own.and_then(|own| own.split(';').find_map(|part| part.strip_prefix("th:"))) else {
        return 1.0;
    };
    if threshold.is_empty() || threshold.len() > 14 {
        return 1.0;
    }
    match u64::from_str_radix(&format!("{threshold:0<14}"), 16) {
        Ok(rejected) => 1.0 / (1.0 - rejected as f64 / (1u64 << 56) as f64),
        Err(_) => 1.0,
    }
}

/// The labels of a group: absent fields are left out, unless all are.
fn labels<T: Spans + ?Sized>(
    query: &Metrics,
    by: &[usize],
    context: &Context<'_, T>,
    span: usize,
) -> Vec<(String, OwnedValue)> {
    let name = |field: usize| query.plan.fields[field].to_string();
    let mut labels: Vec<(String, OwnedValue)> = by
        .iter()
        .map(|field| (name(*field), owned(context.seen(*field, span))))
        .filter(|(_, value)| *value != OwnedValue::Nil)
        .collect();
    if let (true, Some(first)) = (labels.is_empty(), by.first()) {
        labels.push((name(*first), OwnedValue::Str("nil".to_owned())));
    }
    labels
}

/// Writes a value so that different values differ.
fn encode(value: Value<'_>, out: &mut Vec<u8>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    match value {
        Value::Nil => put(0, &[]),
        Value::Bool(value) => put(1, &[u8::from(value)]),
        Value::Int(number) => put(2, &number.to_le_bytes()),
        Value::Float(number) => put(3, &number.to_bits().to_le_bytes()),
        Value::Duration(nanos) => put(4, &nanos.to_le_bytes()),
        Value::Status(status) => put(5, &[status as u8]),
        Value::Kind(kind) => put(6, &[kind as u8]),
        Value::Str(text) => put(7, text.as_bytes()),
        Value::Id(bytes) => put(8, bytes),
        Value::Array(list) if list.len() == 1 => encode(list.get(0), out),
        Value::Array(list) => {
            put(9, &(list.len() as u32).to_le_bytes());
            list.iter().for_each(|element| encode(element, out));
        }
    }
}
