//! Conditions on labels, compiled.

use crate::error::ParseError;
use crate::gotext::{bytesize, duration, float};
use crate::matcher::CompiledMatcher;
use crate::pipeline::ip::IpPattern;
use crate::pipeline::labels::{Texts, WorkLabels};
use crate::pipeline::names::{NameId, Names};
use crate::syntax::{Comparison, LabelFilter, Stage};

const ERROR: &str = "LabelFilterErr";

/// A compiled condition.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Text(NameId, CompiledMatcher),
    Number(NameId, Comparison, f64),
    Duration(NameId, Comparison, i64),
    Bytes(NameId, Comparison, u64),
    Ip(NameId, bool, IpPattern),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

impl Condition {
    pub(crate) fn new(filter: &LabelFilter, names: &mut Names) -> Result<Self, ParseError> {
        Ok(match filter {
            LabelFilter::Matcher(matcher) => {
                Self::Text(names.intern(&matcher.name), CompiledMatcher::new(matcher)?)
            }
            LabelFilter::Number { name, comparison, value } => {
                Self::Number(names.intern(name), *comparison, *value)
            }
            LabelFilter::Duration { name, comparison, nanos } => {
                Self::Duration(names.intern(name), *comparison, *nanos)
            }
            LabelFilter::Bytes { name, comparison, value } => {
                Self::Bytes(names.intern(name), *comparison, value.0)
            }
            LabelFilter::Ip { name, negated, pattern } => match IpPattern::parse(pattern) {
                Some(pattern) => Self::Ip(names.intern(name), *negated, pattern),
                None => {
                    let message = format!("ip: invalid pattern: {}", crate::gotext::quote::Quoted(pattern));
                    return Err(ParseError::in_stage(&Stage::LabelFilter(filter.clone()), &message));
                }
            },
            LabelFilter::And(all) => Self::And(Self::all(all, names)?),
            LabelFilter::Or(all) => Self::Or(Self::all(all, names)?),
        })
    }

    fn all(filters: &[LabelFilter], names: &mut Names) -> Result<Vec<Self>, ParseError> {
        filters.iter().map(|filter| Self::new(filter, names)).collect()
    }

    /// Calls `visit` with every label that the condition reads.
    pub(crate) fn visit_names(&self, visit: &mut dyn FnMut(NameId)) {
        match self {
            Self::Text(name, _)
            | Self::Number(name, ..)
            | Self::Duration(name, ..)
            | Self::Bytes(name, ..)
            | Self::Ip(name, ..) => visit(*name),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|condition| condition.visit_names(visit)),
        }
    }

    /// Calls `visit` with every label that must have one certain value, other than the empty one.
    pub(crate) fn visit_required<'c>(&'c self, visit: &mut dyn FnMut(NameId, &'c str)) {
        match self {
            Self::Text(name, matcher) if *name != Names::ERROR && *name != Names::ERROR_DETAILS => {
                if let Some(value) = matcher.only_value().filter(|value| !value.is_empty()) {
                    visit(*name, value);
                }
            }
            Self::And(all) => all.iter().for_each(|condition| condition.visit_required(visit)),
            _ => {}
        }
    }

    /// Calls `visit` with every label whose value is converted, and the numbers that it must lie between, if that is so.
    pub(crate) fn visit_conversions(&self, visit: &mut dyn FnMut(NameId, Option<(f64, f64)>)) {
        match self {
            Self::Number(name, comparison, value) => visit(*name, comparison.bounds(*value)),
            Self::Duration(name, ..) | Self::Bytes(name, ..) | Self::Ip(name, ..) => visit(*name, None),
            Self::And(all) => all.iter().for_each(|condition| condition.visit_conversions(visit)),
            Self::Or(all) => {
                all.iter().for_each(|one| one.visit_conversions(&mut |name, _| visit(name, None)));
            }
            Self::Text(..) => {}
        }
    }

    /// The label whose value the condition converts, if it is of that kind.
    pub(crate) fn converted_label(&self) -> Option<NameId> {
        match self {
            Self::Number(name, ..)
            | Self::Duration(name, ..)
            | Self::Bytes(name, ..)
            | Self::Ip(name, ..) => Some(*name),
            Self::Text(..) | Self::And(_) | Self::Or(_) => None,
        }
    }

    /// Whether the line passes. A value that cannot be converted marks the line with an error and lets it pass; a line
    /// so marked passes all but textual conditions.
    pub(crate) fn accepts(&self, labels: &mut WorkLabels, texts: Texts<'_>) -> bool {
        match self {
            Self::Text(name, matcher) => matcher.accepts(labels.compared(*name, texts)),
            Self::Number(name, comparison, wanted) => convert(labels, texts, *name, |text| {
                let value = float::parse(text).map_err(|error| error.to_string())?;
                Ok(comparison.accepts(value, *wanted))
            }),
            Self::Duration(name, comparison, wanted) => convert(labels, texts, *name, |text| {
                let value = duration::parse_go(text).map_err(|error| error.to_string())?;
                Ok(comparison.accepts(value, *wanted))
            }),
            Self::Bytes(name, comparison, wanted) => {
                convert(labels, texts, *name, |text| Ok(comparison.accepts(bytesize::parse(text)?, *wanted)))
            }
            Self::Ip(name, negated, pattern) => {
                convert(labels, texts, *name, |text| Ok(pattern.is_in(text.as_bytes()) != *negated))
            }
            // Both sides of `and` are always looked at, so that the error of either is seen.
            Self::And(all) => {
                let failed = all.iter().filter(|condition| !condition.accepts(labels, texts)).count();
                failed == 0
            }
            Self::Or(all) => all.iter().any(|condition| condition.accepts(labels, texts)),
        }
    }
}

fn convert(
    labels: &mut WorkLabels,
    texts: Texts<'_>,
    name: NameId,
    compare: impl FnOnce(&str) -> Result<bool, String>,
) -> bool {
    if labels.has_error() {
        return true;
    }
    let Some(value) = labels.get(name, texts) else { return false };
    match compare(value) {
        Ok(holds) => holds,
        Err(problem) => {
            labels.set_error(ERROR, &problem);
            true
        }
    }
}
