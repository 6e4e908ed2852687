//! Which values of a field a query sees.
//!
//! A query that compares a field with constants only sees the values that pass one of the comparisons; others are as if
//! absent, in the evaluation and in the answer. A field that is used in any other way is seen whatever its value.

use crate::test::Test;
use crate::value::{Array, Value};

/// How a query uses one field.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// Values that pass one of these are seen.
    pub tests: Vec<Test>,
    /// All values are seen.
    pub all: bool,
    /// `= nil` was asked: the answer tells that the field is absent.
    pub missing: bool,
    /// The answer shows the field, whatever was seen while evaluating.
    pub selected: bool,
}

impl View {
    fn passes(&self, value: Value<'_>) -> bool {
        self.all || self.tests.iter().any(|test| test.holds(value))
    }

    /// The value as the query sees it. Of lists, some element passes: [`View::elements`] are those.
    pub(crate) fn see<'a>(&self, value: Value<'a>) -> Value<'a> {
        if self.passes(value) { value } else { Value::Nil }
    }

    /// The elements of a list that are seen.
    pub(crate) fn elements<'a>(&self, list: &'a Array) -> impl Iterator<Item = Value<'a>> {
        list.iter().filter(|element| self.passes(*element))
    }
}
