//! `| drop` and `| keep`.

use smallvec::SmallVec;

use crate::error::ParseError;
use crate::matcher::CompiledMatcher;
use crate::pipeline::labels::{Texts, WorkLabels, is_error_name};
use crate::pipeline::names::{NameId, Names};
use crate::syntax::LabelEdit;

/// The labels that the stage names, each with the condition on its value.
#[derive(Debug, Clone)]
pub(crate) struct LabelEdits {
    edits: Vec<(NameId, Option<CompiledMatcher>)>,
}

impl LabelEdits {
    pub(crate) fn new(edits: &[LabelEdit], names: &mut Names) -> Result<Self, ParseError> {
        let edit = |edit: &LabelEdit| match edit {
            LabelEdit::Name(name) => Ok((names.intern(name), None)),
            LabelEdit::Matching(matcher) => {
                Ok((names.intern(&matcher.name), Some(CompiledMatcher::new(matcher)?)))
            }
        };
        Ok(Self { edits: edits.iter().map(edit).collect::<Result<_, ParseError>>()? })
    }

    pub(crate) fn drop_named(&self, labels: &mut WorkLabels, texts: Texts<'_>) {
        for (name, matcher) in &self.edits {
            if matcher.as_ref().is_some_and(|matcher| !matcher.accepts(labels.matched(*name, texts))) {
                continue;
            }
            match *name {
                Names::ERROR => labels.clear_error(),
                Names::ERROR_DETAILS => labels.clear_details(),
                _ => {}
            }
            labels.delete(*name);
        }
    }

    /// Error labels always stay.
    pub(crate) fn keep_named(&self, labels: &mut WorkLabels, texts: Texts<'_>) {
        let mut gone: SmallVec<[NameId; 32]> = SmallVec::new();
        labels.for_each(texts, |name, _, value| {
            let kept = self.edits.iter().any(|(kept, matcher)| {
                *kept == name && matcher.as_ref().is_none_or(|matcher| matcher.accepts(value))
            });
            if !kept {
                gone.push(name);
            }
        });
        for name in gone {
            if !is_error_name(labels.names.text(name)) {
                labels.delete(name);
            }
        }
    }
}
