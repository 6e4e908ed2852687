//! Filters over columns: every part of a condition narrows the rows that are left, in one walk over the column that it
//! names. What is no comparison of one column is left to the evaluation of single rows, so both say the same.

use super::compile::Source;
use super::context::Context;
use super::expr::Code;
use crate::data::{Column, ColumnSpans};
use crate::field::Level;
use crate::test::{Compare, Static};

impl<T: ColumnSpans + ?Sized> Context<'_, T> {
    /// Leaves those of the marked rows for which an expression is true.
    pub(crate) fn narrow(&self, code: &Code, rows: &mut [bool]) {
        match code {
            Code::And(left, right) => {
                self.narrow(left, rows);
                self.narrow(right, rows);
            }
            Code::Or(left, right) => {
                let mut others = rows.to_vec();
                self.narrow(left, rows);
                // Only what the left side leaves out.
                others.iter_mut().zip(&*rows).for_each(|(other, met)| *other &= !met);
                self.narrow(right, &mut others);
                rows.iter_mut().zip(others).for_each(|(met, other)| *met |= other);
            }
            Code::Not(inner) if !matches!(**inner, Code::Field(_)) => {
                let mut met = rows.to_vec();
                self.narrow(inner, &mut met);
                rows.iter_mut().zip(met).for_each(|(row, met)| *row &= !met);
            }
            _ => self.narrow_by_leaf(code, rows),
        }
    }

    fn narrow_by_leaf(&self, code: &Code, rows: &mut [bool]) {
        let mut fields = Vec::new();
        code.for_each_field(&mut |field| fields.push(field));
        fields.dedup();
        match fields[..] {
            [] => self.narrow_all(code, rows),
            [field] => match self.column_of(field) {
                Column::Same => self.narrow_all(code, rows),
                Column::Codes { codes, count } => self.narrow_by_code(code, codes, count, rows),
                Column::Ints { values, valid } if self.narrow_numbers(code, field, values, valid, rows) => {}
                Column::Ints { .. } | Column::Mixed => self.narrow_one_by_one(code, rows),
            },
            _ => self.narrow_one_by_one(code, rows),
        }
    }

    /// How the values of a field lie, as far as rows with equal values are all the same to an expression.
    pub(crate) fn column_of(&self, field: usize) -> Column<'_> {
        match self.plan.sources[field] {
            Source::Stored if self.plan.levels[field] == Level::Span => self.spans.column(field),
            Source::Duration => Column::Ints { values: self.spans.durations(), valid: None },
            _ => Column::Mixed,
        }
    }

    /// An expression that is the same for all rows.
    fn narrow_all(&self, code: &Code, rows: &mut [bool]) {
        if !rows.is_empty() && !code.holds(self, 0) {
            rows.fill(false);
        }
    }

    fn narrow_one_by_one(&self, code: &Code, rows: &mut [bool]) {
        for (at, row) in rows.iter_mut().enumerate() {
            *row = *row && code.holds(self, at);
        }
    }

    fn narrow_by_code(&self, code: &Code, codes: &[u32], count: usize, rows: &mut [bool]) {
        let mut known: Vec<Option<bool>> = vec![None; count];
        for (at, (row, entry)) in rows.iter_mut().zip(codes).enumerate() {
            if *row {
                *row = *known[*entry as usize].get_or_insert_with(|| code.holds(self, at));
            }
        }
    }

    /// A comparison of whole numbers with a constant of their kind; false for everything else.
    fn narrow_numbers(
        &self,
        code: &Code,
        field: usize,
        values: &[i64],
        valid: Option<&[bool]>,
        rows: &mut [bool],
    ) -> bool {
        let Code::Compare { op, left, right, .. } = code else { return false };
        let (Code::Field(_), Code::Constant(constant)) = (&**left, &**right) else { return false };
        let wanted = match (self.plan.sources[field] == Source::Duration, constant) {
            (true, Static::Duration(number)) | (false, Static::Int(number)) => *number,
            _ => return false,
        };
        // A comparison of the query is also a view of the field, so what passes it is seen.
        match op {
            Compare::Eq => keep(rows, values, |value| value == wanted),
            Compare::Ne => keep(rows, values, |value| value != wanted),
            Compare::Lt => keep(rows, values, |value| value < wanted),
            Compare::Le => keep(rows, values, |value| value <= wanted),
            Compare::Gt => keep(rows, values, |value| value > wanted),
            Compare::Ge => keep(rows, values, |value| value >= wanted),
        }
        if let Some(valid) = valid {
            rows.iter_mut().zip(valid).for_each(|(row, valid)| *row &= valid);
        }
        true
    }
}

fn keep(rows: &mut [bool], values: &[i64], test: impl Fn(i64) -> bool) {
    rows.iter_mut().zip(values).for_each(|(row, value)| *row &= test(*value));
}

impl Code {
    /// Calls `visit` with every field of the expression.
    pub(crate) fn for_each_field(&self, visit: &mut dyn FnMut(usize)) {
        match self {
            Self::Constant(_) => {}
            Self::Field(field) | Self::Missing(field) => visit(*field),
            Self::Present(inner) | Self::Not(inner) | Self::Minus(inner) => inner.for_each_field(visit),
            Self::Match { value, .. } => value.for_each_field(visit),
            Self::And(left, right)
            | Self::Or(left, right)
            | Self::Compare { left, right, .. }
            | Self::Arithmetic(_, left, right) => {
                left.for_each_field(visit);
                right.for_each_field(visit);
            }
        }
    }

    /// Whether the expression is true whatever the span.
    pub(crate) fn is_always_true(&self) -> bool {
        match self {
            Self::Constant(value) => *value == Static::Bool(true),
            Self::And(left, right) => left.is_always_true() && right.is_always_true(),
            _ => false,
        }
    }
}
