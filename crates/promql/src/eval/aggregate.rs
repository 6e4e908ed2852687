//! `sum`, `avg` and the others: many series become one per group.

use hashbrown::HashMap;
use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_MAX, T_MIN, T_QUANTILE, T_STDDEV, T_STDVAR, T_SUM,
    T_TOPK,
};
use promql_parser::parser::{AggregateExpr, LabelModifier};

use super::{ABSENT, Evaluator, Series, Steps, is_absent, rank};
use crate::functions::moments::{Mean, Spread, Sum};
use crate::{Error, Labels, METRIC_NAME};

/// Series of one result.
pub(super) struct Group {
    pub labels: Labels,
    /// Places in the input.
    pub members: Vec<usize>,
}

impl Evaluator<'_> {
    pub(super) fn aggregated(
        &mut self,
        aggregate: &AggregateExpr,
        steps: Steps,
    ) -> Result<Vec<Series>, Error> {
        let list = self.vector(&aggregate.expr, steps)?;
        let groups = grouped(&list, aggregate.modifier.as_ref());
        let op = aggregate.op.id();
        let param = aggregate.param.as_deref();
        let missing = || Error::execution("the aggregation lacks its parameter");
        self.budget.spend(groups.len().saturating_mul(steps.count))?;
        match op {
            T_TOPK | T_BOTTOMK => {
                let counts = self.scalar(param.ok_or_else(missing)?, steps)?;
                if let Some(count) = counts.iter().find(|count| !(-9.2e18..9.2e18).contains(*count)) {
                    return Err(Error::execution(format!("Scalar value {count} overflows int64")));
                }
                Ok(rank::ranked(list, &groups, &counts, op == T_TOPK))
            }
            T_QUANTILE => {
                let quantiles = self.scalar(param.ok_or_else(missing)?, steps)?;
                Ok(rank::quantiles(&list, groups, &quantiles))
            }
            T_COUNT_VALUES => {
                let name = self.text(param.ok_or_else(missing)?, steps)?;
                rank::counted_values(self, &list, &groups, &name, steps)
            }
            _ => folded(op, &list, groups, steps),
        }
    }
}

/// Groups in the order of their first member.
fn grouped(list: &[Series], modifier: Option<&LabelModifier>) -> Vec<Group> {
    let mut places: HashMap<Labels, usize, ahash::RandomState> = HashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for (at, series) in list.iter().enumerate() {
        let labels = match modifier {
            None => Labels::default(),
            Some(LabelModifier::Include(names)) => {
                series.labels.filtered(|name| names.labels.iter().any(|kept| kept == name))
            }
            Some(LabelModifier::Exclude(names)) => series.labels.filtered(|name| {
                name != METRIC_NAME && !names.labels.iter().any(|left_out| left_out == name)
            }),
        };
        let place = *places.entry_ref(&labels).or_insert_with(|| {
            groups.push(Group { labels: labels.clone(), members: Vec::new() });
            groups.len() - 1
        });
        groups[place].members.push(at);
    }
    groups
}

fn folded(op: u16, list: &[Series], groups: Vec<Group>, steps: Steps) -> Result<Vec<Series>, Error> {
    let fold: fn(&mut dyn Iterator<Item = f64>) -> f64 = match op {
        T_SUM => |values| values.collect::<Sum>().value(),
        T_AVG => |values| values.collect::<Mean>().value(),
        T_COUNT => |values| values.count() as f64,
        T_GROUP => |_| 1.0,
        T_MIN => |values| {
            values.fold(f64::NAN, |least, value| if value >= least { least } else { keep(least, value) })
        },
        T_MAX => {
            |values| values.fold(f64::NAN, |most, value| if value <= most { most } else { keep(most, value) })
        }
        T_STDDEV => |values| values.collect::<Spread>().variance().sqrt(),
        T_STDVAR => |values| values.collect::<Spread>().variance(),
        _ => return Err(Error::execution("this aggregation is not supported")),
    };
    let series = |group: Group| {
        let value = |step: usize| {
            let there = |at: &usize| Some(list[*at].values[step]).filter(|value| !is_absent(*value));
            let mut values = group.members.iter().filter_map(there).peekable();
            if values.peek().is_none() { ABSENT } else { fold(&mut values) }
        };
        let values = (0..steps.count).map(value).collect();
        Series { labels: group.labels, values }
    };
    Ok(groups.into_iter().map(series).collect())
}

/// NaN gives way to numbers.
fn keep(known: f64, value: f64) -> f64 {
    if value.is_nan() { known } else { value }
}
