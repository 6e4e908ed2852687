//! From the texts of a field's values to a column.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal64Builder, DictionaryArray, FixedSizeBinaryBuilder, Int64Builder, StringBuilder,
    TimestampNanosecondBuilder, UInt32Builder,
};
use arrow::datatypes::UInt32Type;

use crate::columns::index::TextStats;
use crate::columns::kind::{self, Kind, TimeForm};
use crate::columns::words::Words;
use crate::columns::zones::Zones;

/// Values that are looked at to choose how a column is encoded.
const SAMPLE: usize = 4096;
/// Numbers of so many different values in a sample are not worth a dictionary.
const MANY_NUMBERS: usize = 512;
/// A dictionary of texts holds at most so many bytes.
const MAX_DICTIONARY_BYTES: usize = 512 << 10;

/// The values of one field: which rows have one, and their texts one behind the other. They are copied while the row is at
/// hand: what comes after goes through them one field at a time, and would wait for memory at every row.
#[derive(Debug, Default)]
pub(super) struct Values {
    rows: Vec<u32>,
    /// 32 bits, since no head has that many bytes.
    ends: Vec<u32>,
    texts: Vec<u8>,
}

impl Values {
    pub(super) fn push(&mut self, row: usize, text: &[u8]) {
        self.rows.push(row as u32);
        self.texts.extend_from_slice(text);
        self.ends.push(self.texts.len() as u32);
    }

    /// The column of these values among such rows.
    pub(super) fn build(&self, order: &Order) -> Built {
        build(Field { values: self, rows: order.times.len(), order })
    }
}

/// The rows of a segment.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub times: Vec<i64>,
    /// Where each stream ends.
    pub ends: Vec<u32>,
}

/// The values as a column of so many rows.
#[derive(Clone, Copy)]
struct Field<'a> {
    values: &'a Values,
    rows: usize,
    order: &'a Order,
}

impl<'a> Field<'a> {
    fn len(self) -> usize {
        self.values.rows.len()
    }

    fn text(self, at: usize) -> &'a [u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.values.ends[before]);
        &self.values.texts[start as usize..self.values.ends[at] as usize]
    }

    fn texts(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).map(move |at| self.text(at))
    }

    /// Calls `each` for every row with the number of its value, or `None`.
    fn each_row(self, mut each: impl FnMut(Option<usize>)) {
        let mut next = 0;
        for row in 0..self.rows {
            let has_value = self.values.rows.get(next) == Some(&(row as u32));
            each(has_value.then_some(next));
            next += usize::from(has_value);
        }
    }

    /// Between which numbers the values of each stream lie.
    fn zones(self, numbers: &[i64]) -> Option<Zones> {
        let rows = self.values.rows.iter().copied();
        Zones::of(rows.zip(numbers.iter().copied()), &self.order.ends, self.rows)
    }

    fn distinct_in_sample(self) -> usize {
        let sample = self.len().min(SAMPLE);
        let texts: HashSet<&[u8], ahash::RandomState> = (0..sample).map(|at| self.text(at)).collect();
        texts.len()
    }
}

/// How a column is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Dictionary,
    /// Differences of neighbours, in as few bits as they need.
    Delta,
    /// Bytes as they are, with a Bloom filter.
    Unique,
    /// Lengths, then all texts.
    Texts,
}

/// A column ready to be written.
#[derive(Debug)]
pub(super) struct Built {
    /// `None` where there is nothing to be stored.
    pub array: Option<ArrayRef>,
    pub kind: Kind,
    pub encoding: Encoding,
    pub stats: Option<TextStats>,
    /// Of texts that are not in a dictionary.
    pub words: Option<Words>,
    pub zones: Option<Zones>,
}

/// Stores the values as what all of them are.
fn build(field: Field<'_>) -> Built {
    row_times(field)
        .or_else(|| integers(field))
        .or_else(|| decimals(field))
        .or_else(|| times(field))
        .or_else(|| identifiers(field))
        .or_else(|| dictionary(field))
        .unwrap_or_else(|| texts(field))
}

fn number_encoding(field: Field<'_>) -> Encoding {
    if field.distinct_in_sample() > MANY_NUMBERS { Encoding::Delta } else { Encoding::Dictionary }
}

fn built(array: ArrayRef, kind: Kind, encoding: Encoding) -> Built {
    Built { array: Some(array), kind, encoding, stats: None, words: None, zones: None }
}

/// The time at which the line was written is often in the line as well.
fn row_times(field: Field<'_>) -> Option<Built> {
    let times = &field.order.times;
    let form = TimeForm::of(field.texts().next()?, *times.first()?)?;
    let is_own = |(text, time): (&[u8], &i64)| form.read(text) == Some(*time);
    if field.len() != field.rows || !field.texts().zip(times).all(is_own) {
        return None;
    }
    let kind = Kind::RowTime(form);
    Some(Built { array: None, kind, encoding: Encoding::Delta, stats: None, words: None, zones: None })
}

fn integers(field: Field<'_>) -> Option<Built> {
    let numbers: Vec<i64> = field.texts().map(kind::integer).collect::<Option<_>>()?;
    let mut builder = Int64Builder::with_capacity(field.rows);
    field.each_row(|at| builder.append_option(at.map(|at| numbers[at])));
    let zones = field.zones(&numbers);
    Some(Built { zones, ..built(Arc::new(builder.finish()), Kind::Integer, number_encoding(field)) })
}

fn decimals(field: Field<'_>) -> Option<Built> {
    let numbers: Vec<(i64, u8)> = field.texts().map(kind::decimal).collect::<Option<_>>()?;
    let scale = numbers.iter().map(|(_, scale)| *scale).max()?;
    let is_fixed = numbers.iter().all(|(_, own)| *own == scale);
    let is_trimmed = numbers.iter().all(|(value, own)| *own == 0 || value % 10 != 0);
    if !is_fixed && !is_trimmed {
        return None;
    }
    let scaled = |(value, own): (i64, u8)| {
        value.checked_mul(10i64.pow(u32::from(scale - own))).filter(|value| value.abs() < 10i64.pow(18))
    };
    let scaled: Vec<i64> = numbers.into_iter().map(scaled).collect::<Option<_>>()?;
    let mut builder = Decimal64Builder::with_capacity(field.rows);
    field.each_row(|at| builder.append_option(at.map(|at| scaled[at])));
    let array = builder.finish().with_precision_and_scale(18, scale as i8).ok()?;
    let kind = Kind::Decimal { scale, trimmed: !is_fixed };
    let zones = field.zones(&scaled);
    Some(Built { zones, ..built(Arc::new(array), kind, number_encoding(field)) })
}

fn times(field: Field<'_>) -> Option<Built> {
    let (_, digits) = kind::time(field.texts().next()?)?;
    let time = |text| kind::time(text).filter(|(_, own)| *own == digits).map(|(nanos, _)| nanos);
    let times: Vec<i64> = field.texts().map(time).collect::<Option<_>>()?;
    let mut builder = TimestampNanosecondBuilder::with_capacity(field.rows);
    field.each_row(|at| builder.append_option(at.map(|at| times[at])));
    let array = builder.finish().with_timezone("UTC");
    Some(built(Arc::new(array), Kind::Time { digits }, Encoding::Delta))
}

/// Identifiers, where they differ from row to row: others are better off in a dictionary.
fn identifiers(field: Field<'_>) -> Option<Built> {
    let first = field.texts().next()?;
    let (kind, width) = match first.len() {
        16 | 32 => (Kind::Hex { bytes: (first.len() / 2) as u8 }, first.len() / 2),
        36 => (Kind::Uuid, 16),
        _ => return None,
    };
    let mut bytes = [0u8; 16];
    let read = |text: &[u8], bytes: &mut [u8; 16]| match kind {
        Kind::Uuid => kind::uuid(text, bytes),
        _ => kind::unhex(text, &mut bytes[..width]),
    };
    if !read(first, &mut bytes) || 4 * field.distinct_in_sample() < field.len().min(SAMPLE) {
        return None;
    }
    let mut builder = FixedSizeBinaryBuilder::with_capacity(field.rows, width as i32);
    let mut fits = true;
    field.each_row(|at| match at {
        Some(at) if fits => {
            fits = read(field.text(at), &mut bytes) && builder.append_value(&bytes[..width]).is_ok();
        }
        _ => builder.append_null(),
    });
    fits.then(|| built(Arc::new(builder.finish()), kind, Encoding::Unique))
}

/// Texts that repeat.
fn dictionary(field: Field<'_>) -> Option<Built> {
    let mut codes: ahash::HashMap<&[u8], u32> = ahash::HashMap::default();
    let mut keys = Vec::with_capacity(field.len());
    let mut values = StringBuilder::new();
    let mut stats = TextStats::default();
    let mut bytes = 0;
    let mut last: (&[u8], u32) = (&[], u32::MAX);
    for (at, text) in field.texts().enumerate() {
        if last.1 == u32::MAX || last.0 != text {
            let next = codes.len() as u32;
            let code = *codes.entry(text).or_insert(next);
            if code == next {
                bytes += text.len();
                let too_many = at >= 1024 && codes.len() > at / 2;
                if too_many || bytes > MAX_DICTIONARY_BYTES {
                    return None;
                }
                values.append_value(std::str::from_utf8(text).ok()?);
                stats.add(text);
            }
            last = (text, code);
        }
        keys.push(last.1);
    }
    let mut builder = UInt32Builder::with_capacity(field.rows);
    field.each_row(|at| builder.append_option(at.map(|at| keys[at])));
    let array = DictionaryArray::<UInt32Type>::try_new(builder.finish(), Arc::new(values.finish())).ok()?;
    Some(Built {
        array: Some(Arc::new(array)),
        kind: Kind::Text,
        encoding: Encoding::Dictionary,
        stats: Some(stats),
        words: None,
        zones: None,
    })
}

fn texts(field: Field<'_>) -> Built {
    let mut stats = TextStats::default();
    let mut words = Words::new(field.values.texts.len());
    let mut builder = StringBuilder::new();
    field.each_row(|at| match at.map(|at| field.text(at)) {
        None => builder.append_null(),
        Some(text) => {
            stats.add(text);
            words.add(text);
            // Pieces of text, cut between characters.
            builder.append_value(String::from_utf8_lossy(text));
        }
    });
    Built {
        array: Some(Arc::new(builder.finish())),
        kind: Kind::Text,
        encoding: Encoding::Texts,
        stats: Some(stats),
        words: Some(words),
        zones: None,
    }
}
