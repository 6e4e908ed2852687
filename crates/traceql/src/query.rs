//! A query, checked and ready to run.

use crate::conditions::Conditions;
use crate::field::Field;

/// A parsed, checked and compiled query.
#[derive(Debug, Clone)]
pub struct Query {
    fields: Vec<Field>,
    conditions: Conditions,
}

impl Query {
    /// Every field that the query needs, once; conditions, [`crate::Spans`] and results name them by index. Those for
    /// which [`Field::is_stored`] is false are never asked for by `value`.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What a store may decide before it puts traces together.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }
}
