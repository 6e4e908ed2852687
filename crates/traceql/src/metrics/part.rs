//! Series that grow while spans come in.

use ahash::AHashMap;

use super::accumulate::Values;
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
    pub groups: AHashMap<Box<[u8]>, Grown>,
    /// By share of the time, the first by trace id.
    pub exemplars: AHashMap<usize, Vec<Candidate>>,
    pub contrast: Contrast,
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
        self.key.clear();
        leaf.by.iter().for_each(|field| encode(context.seen(*field, span), &mut self.key));
        let intervals = query.axis.intervals();
        let counted = &mut self.leaves[at];
        match counted.groups.get_mut(&self.key[..]) {
            Some(grown) => grown.values.add(sample, weight, interval, intervals),
            None => {
                self.values += intervals;
                if self.values > MAX_VALUES {
                    return Err(EvalError::TooManySeries(MAX_VALUES / intervals));
                }
                let mut values = Values::new(leaf.function, intervals);
                values.add(sample, weight, interval, intervals);
                let labels = labels(query, &leaf.by, context, span);
                counted.groups.insert(self.key.clone().into(), Grown { labels, values });
            }
        }
        if query.exemplars > 0 && !query.axis.is_instant() {
            let value = match sample {
                super::accumulate::Sample::Number(number) => number,
                super::accumulate::Sample::Bucket(_) => {
                    value.number().unwrap_or(f64::NAN) / if leaf.in_seconds { 1e9 } else { 1.0 }
                }
                super::accumulate::Sample::One => f64::NAN,
            };
            counted.note(query, context, span, value, &self.key);
        }
        Ok(())
    }

    pub(super) fn merge(&mut self, other: Self, query: &Metrics) -> Result<(), EvalError> {
        self.values += other.values;
        if self.values > MAX_VALUES * 4 {
            return Err(EvalError::TooManySeries(MAX_VALUES / query.axis.intervals()));
        }
        for (mine, others) in self.leaves.iter_mut().zip(other.leaves) {
            let mut others_groups: Vec<_> = others.groups.into_iter().collect();
            others_groups.sort_by(|a, b| a.0.cmp(&b.0));
            for (key, grown) in others_groups {
                match mine.groups.get_mut(&key) {
                    Some(known) => known.values.merge(grown.values),
                    None => {
                        mine.groups.insert(key, grown);
                    }
                }
            }
            let mut shares: Vec<_> = others.exemplars.into_iter().collect();
            shares.sort_by_key(|(share, _)| *share);
            for (share, exemplars) in shares {
                exemplars.into_iter().for_each(|exemplar| mine.keep(share, exemplar));
            }
            mine.contrast.merge(others.contrast);
        }
        Ok(())
    }
}

impl Counted {
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
