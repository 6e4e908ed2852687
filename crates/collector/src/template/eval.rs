//! From expressions to values.

use super::parse::Expression;
use super::{Fields, Item, TemplateError, functions};

pub(super) fn eval(expression: &Expression, fields: &Fields<'_>) -> Result<Item, TemplateError> {
    match expression {
        Expression::Field(name) => {
            Ok(fields.get(name.as_str()).map_or(Item::Nothing, |value| Item::Text((*value).to_owned())))
        }
        Expression::Text(text) => Ok(Item::Text(text.clone())),
        Expression::Number(number) => Ok(Item::Number(*number)),
        Expression::Bool(value) => Ok(Item::Bool(*value)),
        Expression::Call { function, arguments } => {
            let items =
                arguments.iter().map(|argument| eval(argument, fields)).collect::<Result<Vec<_>, _>>()?;
            functions::call(function, &items)
        }
    }
}
