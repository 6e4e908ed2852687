//! Which columns of a segment decide what becomes of a row, and which of them the rows of each template have.

use logql::{FieldNeeds, Parser};

use crate::columns::{FIELD_PREFIX, FieldNote, Kind, METADATA_PREFIX, SegmentIndex, Syntax};

/// What a query needs, ready to be compared with names.
#[derive(Debug)]
pub(super) struct Relevant {
    parser: Option<Parser>,
    labels: Vec<String>,
    all_metadata: bool,
    required: Vec<(String, String)>,
    bounds: Vec<(String, f64, f64)>,
    /// The label whose number is all that matters of it.
    unwrapped: Option<String>,
}

impl Relevant {
    pub(super) fn new(needs: &FieldNeeds, unwrapped: Option<&str>) -> Self {
        let mut labels = needs.labels.clone();
        // A label gets `_extracted` added when its name is taken.
        for label in &needs.labels {
            let mut rest = label.as_str();
            while let Some(base) = rest.strip_suffix("_extracted") {
                labels.push(base.to_owned());
                rest = base;
            }
        }
        labels.push("__error__".to_owned());
        Self {
            parser: needs.parser,
            labels,
            all_metadata: needs.all_metadata,
            required: needs.required.clone(),
            bounds: needs.bounds.clone(),
            unwrapped: unwrapped.map(str::to_owned),
        }
    }

    /// Whether labels of streams other than [these](Self::has) matter, too.
    pub(super) fn is_everything(&self) -> bool {
        self.all_metadata
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|known| known == label)
    }

    pub(super) fn unwrapped(&self) -> Option<&str> {
        self.unwrapped.as_deref()
    }
}

/// The label that a field becomes.
fn label_of(field: &str) -> String {
    let mut label = String::with_capacity(field.len() + 1);
    if field.starts_with(|c: char| c.is_ascii_digit()) {
        label.push('_');
    }
    label.extend(field.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }));
    label
}

/// A column that matters.
#[derive(Debug)]
pub(super) struct KeyColumn {
    /// In the file.
    pub name: String,
    /// Of the field, or of the pair of structured metadata.
    pub field: String,
    pub label: String,
    pub kind: Kind,
}

impl KeyColumn {
    fn new(prefix: &str, note: &FieldNote, label: String) -> Self {
        Self { name: note.column(prefix), field: note.name.clone(), label, kind: note.kind }
    }
}

/// The relevant values of the rows of one template.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub syntax: Option<Syntax>,
    /// Places among the columns, and whether the value stands between quotes.
    pub slots: Vec<(usize, bool)>,
    /// The column of the label that is unwrapped, if no other value can become that label.
    pub unwrapped: Option<usize>,
}

/// What matters of a segment.
#[derive(Debug)]
pub(super) struct Layout {
    /// Fields first, then structured metadata.
    pub columns: Vec<KeyColumn>,
    pub fields: usize,
    /// Of each template; `None` where rows have to be looked at as a whole.
    pub shapes: Vec<Option<Shape>>,
    /// Of lines that are kept whole.
    pub whole: Option<Shape>,
    pub required: Vec<Required>,
    /// Of columns, unless the row's stream has a label of that name: numbers that values lie between.
    pub bounds: Vec<(usize, f64, f64)>,
}

/// A value that a column must have for a row to matter, unless the row's stream has a label of that name.
#[derive(Debug)]
pub(super) struct Required {
    pub column: usize,
    pub value: String,
}

impl Layout {
    /// `None` when all rows of the segment have to be looked at as a whole.
    pub(super) fn new(relevant: &Relevant, index: &SegmentIndex) -> Option<Self> {
        if index.mapped_metadata > 0 && (relevant.all_metadata || relevant.labels.len() > 1) {
            return None;
        }
        let mut columns: Vec<KeyColumn> = Vec::new();
        if relevant.parser.is_some() {
            let field = |note: &FieldNote| {
                let label = label_of(&note.name);
                relevant.has(&label).then(|| KeyColumn::new(FIELD_PREFIX, note, label))
            };
            columns.extend(index.fields.iter().filter_map(field));
        }
        let fields = columns.len();
        let of_metadata =
            index.metadata.iter().filter(|note| relevant.all_metadata || relevant.has(&note.name));
        columns.extend(of_metadata.map(|note| KeyColumn::new(METADATA_PREFIX, note, note.name.clone())));
        let shapes = index.templates.iter().map(|(_, template)| {
            let Some(parser) = relevant.parser else { return Some(Shape::default()) };
            let fits = matches!(
                (parser, template.syntax),
                (Parser::Json, Syntax::Json) | (Parser::Logfmt, Syntax::Logfmt)
            );
            let slot = |slot: &crate::columns::Slot| {
                let at = columns[..fields].iter().position(|column| *column.field == *slot.field)?;
                Some((at, slot.quoted))
            };
            fits.then(|| {
                let slots: Vec<_> = template.slots.iter().filter_map(slot).collect();
                Shape {
                    syntax: Some(template.syntax),
                    unwrapped: unwrapped(relevant, &columns, &slots),
                    slots,
                }
            })
        });
        let shapes = shapes.collect();
        let whole = relevant.parser.is_none().then(Shape::default);
        let required = required(relevant, &columns);
        let bounds = bounds(relevant, &columns);
        Some(Self { columns, fields, shapes, whole, required, bounds })
    }

    /// Whether rows have structured metadata that matters.
    pub(super) fn has_metadata(&self) -> bool {
        self.fields < self.columns.len()
    }
}

/// What is required of columns; labels that may come from several columns are left aside.
fn required(relevant: &Relevant, columns: &[KeyColumn]) -> Vec<Required> {
    let one = |(label, value): &(String, String)| {
        only_column(columns, label).map(|column| Required { column, value: value.clone() })
    };
    relevant.required.iter().filter_map(one).collect()
}

fn bounds(relevant: &Relevant, columns: &[KeyColumn]) -> Vec<(usize, f64, f64)> {
    let one = |(label, low, high): &(String, f64, f64)| Some((only_column(columns, label)?, *low, *high));
    relevant.bounds.iter().filter_map(one).collect()
}

/// The one column that a label may come from.
fn only_column(columns: &[KeyColumn], label: &str) -> Option<usize> {
    let mut of_label = (0..columns.len()).filter(|at| columns[*at].label == label);
    let column = of_label.next().filter(|_| of_label.next().is_none())?;
    // The name of what is found in the line changes when it is taken, and the other way round.
    (!label.ends_with("_extracted")).then_some(column)
}

fn unwrapped(relevant: &Relevant, columns: &[KeyColumn], slots: &[(usize, bool)]) -> Option<usize> {
    let label = relevant.unwrapped()?;
    let mut found = slots.iter().filter(|(at, _)| columns[*at].label == label);
    let (at, _) = found.next()?;
    let is_number = matches!(columns[*at].kind, Kind::Integer | Kind::Decimal { .. });
    (found.next().is_none() && is_number).then_some(*at)
}
