//! Columns of a segment as TraceQL sees them.

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampNanosecondArray,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow::error::ArrowError;
use traceql::{Column, ColumnSpans, Field, Kind, Scope, Spans, Status, Value};

use super::bind::{Binding, Source};
use crate::batch::{BatchBuilder, SpanBatch, SpanRow};
use crate::columns::{DURATION, KIND, RESOURCE, SCOPE, START_TIME, STATUS_CODE};
use crate::query::traceql::BatchSpans;

type ArrowResult<T> = Result<T, ArrowError>;

/// Rows that were read, by the fields of a query.
#[derive(Debug)]
pub(crate) struct SegmentRows {
    starts: TimestampNanosecondArray,
    durations: Vec<i64>,
    cells: Vec<Cells>,
    /// A row for each entry of the dictionaries of resources and scopes.
    messages: SpanBatch,
}

#[derive(Debug)]
enum Cells {
    Absent,
    Duration,
    /// The code behind the last entry stands for null.
    Texts {
        codes: Vec<u32>,
        texts: StringArray,
        null_is_empty: bool,
    },
    Status(Vec<u32>),
    Kind(Vec<u32>),
    Ints {
        array: Int64Array,
        valid: Option<Vec<bool>>,
    },
    Doubles(Float64Array),
    Bools(BooleanArray),
    /// Codes are rows of the messages.
    Messages(Vec<u32>),
}

impl SegmentRows {
    pub(crate) fn new(records: &RecordBatch, binding: &Binding) -> ArrowResult<Self> {
        let starts = column(records, START_TIME)?;
        let starts = starts.as_primitive_opt::<TimestampNanosecondType>().ok_or_else(|| bad(START_TIME))?;
        let mut messages = Messages::default();
        let cells = binding.sources.iter().map(|source| cells(records, source, &mut messages));
        let cells = cells.collect::<ArrowResult<Vec<_>>>()?;
        let durations = if binding.sources.contains(&Source::Duration) {
            let array = column(records, DURATION)?;
            let array = array.as_primitive_opt::<Int64Type>().ok_or_else(|| bad(DURATION))?;
            let clamped =
                |(start, nanos): (&i64, &i64)| start.wrapping_add(*nanos).max(*start).saturating_sub(*start);
            starts.values().iter().zip(array.values()).map(clamped).collect()
        } else {
            Vec::new()
        };
        Ok(Self { starts: starts.clone(), durations, cells, messages: messages.builder.finish() })
    }
}

fn column<'a>(records: &'a RecordBatch, name: &str) -> ArrowResult<&'a ArrayRef> {
    records.column_by_name(name).ok_or_else(|| bad(name))
}

fn bad(name: &str) -> ArrowError {
    ArrowError::SchemaError(format!("{name} is missing or has not the expected type"))
}

fn cells(records: &RecordBatch, source: &Source, messages: &mut Messages) -> ArrowResult<Cells> {
    Ok(match source {
        Source::Absent => Cells::Absent,
        Source::Duration => Cells::Duration,
        Source::Texts { column: name, null_is_empty } => {
            let dictionary =
                column(records, name)?.as_dictionary_opt::<Int32Type>().ok_or_else(|| bad(name))?;
            let texts = dictionary.values().as_string_opt::<i32>().ok_or_else(|| bad(name))?.clone();
            let codes = codes(dictionary.keys(), texts.len());
            Cells::Texts { codes, texts, null_is_empty: *null_is_empty }
        }
        Source::Status => {
            Cells::Status(numbers(records, STATUS_CODE, |code| Status::from_otlp(code) as u32)?)
        }
        Source::Kind => Cells::Kind(numbers(records, KIND, |code| Kind::from_otlp(code) as u32)?),
        Source::Ints(name) => {
            let array =
                column(records, name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| bad(name))?.clone();
            let valid = array.nulls().filter(|nulls| nulls.null_count() > 0);
            Cells::Ints { valid: valid.map(|nulls| nulls.iter().collect()), array }
        }
        Source::Doubles(name) => Cells::Doubles(
            column(records, name)?.as_primitive_opt::<Float64Type>().ok_or_else(|| bad(name))?.clone(),
        ),
        Source::Bools(name) => {
            Cells::Bools(column(records, name)?.as_boolean_opt().ok_or_else(|| bad(name))?.clone())
        }
        Source::Resource => Cells::Messages(messages.of(records, RESOURCE)?),
        Source::Scope => Cells::Messages(messages.of(records, SCOPE)?),
    })
}

fn codes(keys: &Int32Array, null: usize) -> Vec<u32> {
    if keys.null_count() == 0 {
        return keys.values().iter().map(|key| key.cast_unsigned()).collect();
    }
    keys.iter().map(|key| key.map_or(null as u32, i32::cast_unsigned)).collect()
}

fn numbers(records: &RecordBatch, name: &str, code: impl Fn(i32) -> u32) -> ArrowResult<Vec<u32>> {
    let array = column(records, name)?.as_primitive_opt::<Int32Type>().ok_or_else(|| bad(name))?;
    Ok(array.values().iter().map(|number| code(*number)).collect())
}

/// Decodes the entries of dictionaries, each into a row of its own.
#[derive(Default)]
struct Messages {
    builder: BatchBuilder,
    resources: Option<Vec<u32>>,
    scopes: Option<Vec<u32>>,
}

impl Messages {
    /// The row of the messages that each record refers to.
    fn of(&mut self, records: &RecordBatch, name: &str) -> ArrowResult<Vec<u32>> {
        let known = if name == RESOURCE { &self.resources } else { &self.scopes };
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let dictionary = column(records, name)?.as_dictionary_opt::<Int32Type>().ok_or_else(|| bad(name))?;
        let entries = dictionary.values().as_binary_opt::<i32>().ok_or_else(|| bad(name))?;
        let mut rows: Vec<Option<u32>> = vec![None; entries.len() + 1];
        let mut found = Vec::with_capacity(records.num_rows());
        // Only entries that occur are decoded: a dictionary may have many more.
        for code in codes(dictionary.keys(), entries.len()) {
            let at = code as usize;
            let row = match rows[at] {
                Some(row) => row,
                None => {
                    let wire = if at < entries.len() { entries.value(at) } else { &[] };
                    *rows[at].insert(self.add(wire, name)?)
                }
            };
            found.push(row);
        }
        *(if name == RESOURCE { &mut self.resources } else { &mut self.scopes }) = Some(found.clone());
        Ok(found)
    }

    fn add(&mut self, wire: &[u8], name: &str) -> ArrowResult<u32> {
        let (resource, scope): (&[u8], &[u8]) = if name == RESOURCE { (wire, &[]) } else { (&[], wire) };
        let broken = |error: prost::DecodeError| ArrowError::ParseError(error.to_string());
        let row = SpanRow {
            resource: self.builder.resource_from_wire(resource).map_err(broken)?,
            scope: self.builder.scope_from_wire(scope).map_err(broken)?,
            ..SpanRow::default()
        };
        self.builder.push(row);
        Ok(self.builder.batch().rows.len() as u32 - 1)
    }
}

/// The same with the values of messages at hand.
pub(crate) struct SegmentColumns<'a> {
    rows: &'a SegmentRows,
    messages: BatchSpans<'a>,
}

impl<'a> SegmentColumns<'a> {
    pub(crate) fn new(rows: &'a SegmentRows, fields: &[Field]) -> Self {
        Self { rows, messages: BatchSpans::of_batch(&rows.messages, fields) }
    }
}

impl Spans for SegmentColumns<'_> {
    fn len(&self) -> usize {
        self.rows.starts.len()
    }

    fn start(&self, span: usize) -> i64 {
        self.rows.starts.value(span)
    }

    fn duration(&self, span: usize) -> i64 {
        self.rows.durations.get(span).copied().unwrap_or_default()
    }

    fn value(&self, field: usize, span: usize) -> Value<'_> {
        match &self.rows.cells[field] {
            Cells::Absent | Cells::Duration => Value::Nil,
            Cells::Texts { codes, texts, null_is_empty } => {
                let code = codes[span] as usize;
                if code < texts.len() {
                    Value::Str(texts.value(code))
                } else if *null_is_empty {
                    Value::Str("")
                } else {
                    Value::Nil
                }
            }
            Cells::Status(codes) => Value::Status(match codes[span] {
                code if code == Status::Error as u32 => Status::Error,
                code if code == Status::Ok as u32 => Status::Ok,
                _ => Status::Unset,
            }),
            Cells::Kind(codes) => Value::Kind(Kind::from_otlp(codes[span].cast_signed())),
            Cells::Ints { array, .. } if array.is_valid(span) => Value::Int(array.value(span)),
            Cells::Doubles(array) if array.is_valid(span) => Value::Float(array.value(span)),
            Cells::Bools(array) if array.is_valid(span) => Value::Bool(array.value(span)),
            Cells::Ints { .. } | Cells::Doubles(_) | Cells::Bools(_) => Value::Nil,
            Cells::Messages(codes) => self.messages.value(field, codes[span] as usize),
        }
    }

    // What follows is of queries that no columns are bound for: ids, trace states, events, links, all attributes.

    fn trace_id(&self, _span: usize) -> &[u8] {
        &[0; 16]
    }

    fn span_id(&self, _span: usize) -> &[u8] {
        &[0; 8]
    }

    fn parent_id(&self, _span: usize) -> &[u8] {
        &[0; 8]
    }

    fn trace_state(&self, _span: usize) -> &str {
        ""
    }

    fn events(&self, _span: usize) -> usize {
        0
    }

    fn event_value(&self, _field: usize, _span: usize, _event: usize) -> Value<'_> {
        Value::Nil
    }

    fn links(&self, _span: usize) -> usize {
        0
    }

    fn link_value(&self, _field: usize, _span: usize, _link: usize) -> Value<'_> {
        Value::Nil
    }

    fn for_each_attribute(&self, _span: usize, _visit: &mut dyn FnMut(Scope, &str, Value<'_>)) {}
}

impl ColumnSpans for SegmentColumns<'_> {
    fn starts(&self) -> &[i64] {
        self.rows.starts.values()
    }

    fn durations(&self) -> &[i64] {
        &self.rows.durations
    }

    fn column(&self, field: usize) -> Column<'_> {
        match &self.rows.cells[field] {
            Cells::Absent => Column::Same,
            Cells::Texts { codes, texts, .. } => Column::Codes { codes, count: texts.len() + 1 },
            Cells::Status(codes) => Column::Codes { codes, count: 3 },
            Cells::Kind(codes) => Column::Codes { codes, count: Kind::ALL.len() },
            Cells::Messages(codes) => Column::Codes { codes, count: self.rows.messages.rows.len() },
            Cells::Ints { array, valid } => Column::Ints { values: array.values(), valid: valid.as_deref() },
            Cells::Duration | Cells::Doubles(_) | Cells::Bools(_) => Column::Mixed,
        }
    }
}
