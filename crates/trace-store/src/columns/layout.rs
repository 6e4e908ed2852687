//! The columns of one segment: the fixed ones, those of its frequent attributes, and those that are not empty throughout.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::dedicated::{Kind, LISTED, Plan};
use super::{
    ATTRIBUTE_FIELDS, ATTRIBUTE_NAMES, ATTRIBUTES, DROPPED_ATTRIBUTES, DROPPED_EVENTS, DROPPED_LINKS,
    EVENT_FIELDS, EVENTS, FIXED_FIELDS, FLAGS, LINK_FIELDS, LINKS, SPAN_PREFIX, dictionary, list,
};
use crate::batch::{SpanBatch, SpanRow};

/// A number of a row.
type Count = (&'static str, fn(&SpanRow) -> u32);

#[derive(Debug)]
pub(super) struct Layout {
    pub schema: SchemaRef,
    /// Which of [`Self::COUNTS`] are columns.
    pub counts: [bool; 4],
    /// Whether there are attributes at all, and so a column of their order.
    pub has_shapes: bool,
    pub shape_texts: Vec<String>,
    /// Whether some attributes are in the list.
    pub listed: bool,
    pub events: bool,
    pub links: bool,
}

impl Layout {
    pub(super) const COUNTS: [Count; 4] = [
        (FLAGS, |row| row.flags),
        (DROPPED_ATTRIBUTES, |row| row.dropped_attributes),
        (DROPPED_EVENTS, |row| row.dropped_events),
        (DROPPED_LINKS, |row| row.dropped_links),
    ];

    pub(super) fn new(batch: &SpanBatch, rows: &[u32], plan: &Plan) -> Self {
        let any = |test: &dyn Fn(&SpanRow) -> bool| rows.iter().any(|at| test(&batch.rows[*at as usize]));
        let mut layout = Self {
            schema: Arc::new(Schema::empty()),
            counts: Self::COUNTS.map(|(_, get)| any(&|row| get(row) != 0)),
            has_shapes: plan.shapes.iter().any(|shape| !shape.is_empty()),
            shape_texts: plan.shapes.iter().map(|shape| plan.shape_text(shape)).collect(),
            listed: plan.shapes.iter().any(|shape| shape.contains(&LISTED)),
            events: any(&|row| row.events.len > 0),
            links: any(&|row| row.links.len > 0),
        };
        layout.schema = Arc::new(Schema::new(layout.fields(plan)));
        layout
    }

    fn fields(&self, plan: &Plan) -> Vec<Field> {
        let mut fields = FIXED_FIELDS.clone();
        let counts = Self::COUNTS.iter().zip(self.counts).filter(|(_, present)| *present);
        fields.extend(counts.map(|((name, _), _)| Field::new(*name, DataType::UInt32, false)));
        fields.extend(plan.columns.iter().map(|column| {
            let kind = match column.kind {
                Kind::String => dictionary(DataType::Utf8),
                Kind::Int => DataType::Int64,
                Kind::Double => DataType::Float64,
                Kind::Bool => DataType::Boolean,
            };
            Field::new(format!("{SPAN_PREFIX}{}", column.key), kind, true)
        }));
        if self.has_shapes {
            fields.push(Field::new(ATTRIBUTE_NAMES, dictionary(DataType::Utf8), true));
        }
        let lists = [
            (self.listed, ATTRIBUTES, &ATTRIBUTE_FIELDS),
            (self.events, EVENTS, &EVENT_FIELDS),
            (self.links, LINKS, &LINK_FIELDS),
        ];
        let present = lists.into_iter().filter(|(present, ..)| *present);
        fields.extend(present.map(|(_, name, items)| Field::new(name, list(items), false)));
        fields
    }
}
