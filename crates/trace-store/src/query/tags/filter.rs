//! The `q` of tag queries: a help for completion while a query is being typed, so what cannot be used is left out.

use traceql::{Field, Intrinsic, Query, Scope};

use crate::batch::SpanBatch;
use crate::query::traceql::BatchSpans;

/// Rows whose tags count.
#[derive(Debug, Clone)]
pub(crate) struct TagFilter {
    query: Query,
    text: String,
}

impl TagFilter {
    /// The conditions of a single filter that are joined by `&&`, as far as they are complete and rows can tell them:
    /// attributes with a scope and intrinsics. `None` when nothing usable is left.
    pub(crate) fn lenient(text: &str) -> Option<Self> {
        let body = text.trim().strip_prefix('{')?;
        let body = body.trim_end();
        let body = body.strip_suffix('}').unwrap_or(body);
        let parts = conjuncts(body)?;
        let usable: Vec<&str> = parts.into_iter().filter(|part| is_usable(part)).collect();
        if usable.is_empty() {
            return None;
        }
        let text = format!("{{ {} }}", usable.join(" && "));
        let query = Query::parse(&text).ok().filter(Query::is_row_filter)?;
        Some(Self { query, text })
    }

    /// The filter in TraceQL.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn fields(&self) -> &[Field] {
        self.query.fields()
    }

    /// Those of some rows that pass.
    pub(crate) fn passing(&self, batch: &SpanBatch, rows: &mut dyn Iterator<Item = usize>) -> Vec<usize> {
        let spans = BatchSpans::of_batch(batch, self.query.fields());
        rows.filter(|at| self.query.accepts(&spans, *at)).collect()
    }
}

/// The operands of `&&`; `None` if there is anything but one filter of them.
fn conjuncts(body: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut quote, mut escaped) = (0, None, false);
    let bytes = body.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(b'"') if byte == b'\\' => escaped = true,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None => match byte {
                b'"' | b'`' => quote = Some(byte),
                b'|' | b'{' | b'}' => return None,
                b'&' if bytes.get(at + 1) == Some(&b'&') => {
                    parts.push(&body[start..at]);
                    start = at + 2;
                }
                _ => {}
            },
        }
    }
    parts.push(&body[start..]);
    Some(parts)
}

fn is_usable(condition: &str) -> bool {
    let Ok(query) = Query::parse(&format!("{{ {condition} }}")) else { return false };
    let knows = |field: &Field| match field {
        Field::Attribute { scope, .. } => *scope != Scope::Any,
        Field::Intrinsic(intrinsic) => *intrinsic != Intrinsic::TraceId && !field.needs_trace(),
    };
    query.is_row_filter() && !query.fields().is_empty() && query.fields().iter().all(knows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_complete_and_known_counts() {
        for (text, fields) in [
            (r#"{ resource.service.name = "a" && name = }"#, 1),
            (r#"{ .case = "tree" && name = "" }"#, 1),
            (r#"{ name = "a && b" && kind = server }"#, 2),
            (r#"{ name = "a" || name = "b" }"#, 0),
            (r#"{ name = "a" } >> { name = "b" }"#, 0),
            (r#"{ trace:id = "a" }"#, 0),
            ("{}", 0),
            ("nonsense", 0),
        ] {
            let found = TagFilter::lenient(text).map_or(0, |filter| filter.fields().len());
            assert_eq!(found, fields, "{text}");
        }
    }
}
