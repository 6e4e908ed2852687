//! Vectors with vectors: which series meet, and the set operators.

use hashbrown::HashMap;
use promql_parser::parser::token::{T_LAND, T_LOR, T_LUNLESS};
use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::binary::Operator;
use super::{ABSENT, Evaluator, Series, Steps, is_absent};
use crate::{Error, Labels, METRIC_NAME};

/// Series by what they have in common with the other side.
type Places = HashMap<Labels, usize, ahash::RandomState>;

/// By which labels series meet.
struct Matching<'a> {
    labels: &'a [String],
    on: bool,
}

impl<'a> Matching<'a> {
    fn new(modifier: Option<&'a LabelModifier>) -> Self {
        match modifier {
            None => Self { labels: &[], on: false },
            Some(LabelModifier::Include(names)) => Self { labels: &names.labels, on: true },
            Some(LabelModifier::Exclude(names)) => Self { labels: &names.labels, on: false },
        }
    }

    fn names(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label == name)
    }

    fn signature(&self, labels: &Labels) -> Labels {
        match self.on {
            true => labels.filtered(|name| self.names(name)),
            false => labels.filtered(|name| name != METRIC_NAME && !self.names(name)),
        }
    }

    /// The number of each series' signature; equal signatures, equal numbers.
    fn signatures(&self, places: &mut Places, list: &[Series]) -> Vec<usize> {
        let number = |series: &Series| {
            let next = places.len();
            *places.entry(self.signature(&series.labels)).or_insert(next)
        };
        list.iter().map(number).collect()
    }
}

impl Evaluator<'_> {
    pub(super) fn matched(
        &mut self,
        binary: &BinaryExpr,
        operator: Operator,
        left: Vec<Series>,
        right: Vec<Series>,
        steps: Steps,
    ) -> Result<Vec<Series>, Error> {
        let default = BinModifier::default();
        let modifier = binary.modifier.as_ref().unwrap_or(&default);
        if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
            return Err(Error::execution("fill modifiers are not supported"));
        }
        let matching = Matching::new(modifier.matching.as_ref());
        let mut places = Places::default();
        let left_signatures = matching.signatures(&mut places, &left);
        let right_signatures = matching.signatures(&mut places, &right);
        self.budget.spend(places.len().saturating_mul(steps.count))?;
        let sides = Sides { left, right, left_signatures, right_signatures, signatures: places.len() };
        match binary.op.id() {
            T_LAND => Ok(sides.restricted(steps, true)),
            T_LUNLESS => Ok(sides.restricted(steps, false)),
            T_LOR => Ok(sides.united(steps)),
            _ => self.joined(sides, &matching, modifier, operator, steps),
        }
    }

    /// Arithmetic and comparison of the series that meet.
    fn joined(
        &mut self,
        sides: Sides,
        matching: &Matching<'_>,
        modifier: &BinModifier,
        operator: Operator,
        steps: Steps,
    ) -> Result<Vec<Series>, Error> {
        // "many" is the left side but for group_right.
        let swapped = matches!(modifier.card, VectorMatchCardinality::OneToMany(_));
        let sides = if swapped { sides.swapped() } else { sides };
        let mut join = Join {
            matching,
            operator,
            one_to_one: modifier.card == VectorMatchCardinality::OneToOne,
            include: modifier.card.labels().map_or(&[][..], |labels| &labels.labels),
            swapped,
            places: HashMap::default(),
            pairs: HashMap::default(),
            out: Vec::new(),
        };
        let mut ones: Vec<Option<usize>> = vec![None; sides.signatures];
        for step in 0..steps.count {
            self.budget.check()?;
            ones.fill(None);
            let present = |at: &usize| !is_absent(sides.right[*at].values[step]);
            for at in (0..sides.right.len()).filter(present) {
                let one = &mut ones[sides.right_signatures[at]];
                if let Some(known) = one.replace(at) {
                    return Err(not_unique(&sides, at, known, matching, swapped));
                }
            }
            let before = join.out.len();
            join.step(&sides, &ones, step, steps.count)?;
            self.budget.spend((join.out.len() - before).saturating_mul(steps.count))?;
        }
        Ok(join.out)
    }
}

fn not_unique(sides: &Sides, at: usize, known: usize, matching: &Matching<'_>, swapped: bool) -> Error {
    let labels = &sides.right[at].labels;
    let side = if swapped { "left" } else { "right" };
    Error::execution(format!(
        "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {labels}];\
         many-to-many matching not allowed: matching labels must be unique on one side",
        matching.signature(labels),
        sides.right[known].labels,
    ))
}

struct Sides {
    left: Vec<Series>,
    right: Vec<Series>,
    left_signatures: Vec<usize>,
    right_signatures: Vec<usize>,
    signatures: usize,
}

impl Sides {
    fn swapped(self) -> Self {
        Self {
            left: self.right,
            right: self.left,
            left_signatures: self.right_signatures,
            right_signatures: self.left_signatures,
            signatures: self.signatures,
        }
    }

    /// For each signature and step, whether some series of a side has a value.
    fn presence(list: &[Series], signatures: &[usize], count: usize, steps: Steps) -> Vec<bool> {
        let mut present = vec![false; count * steps.count];
        for (series, signature) in list.iter().zip(signatures) {
            let row = &mut present[signature * steps.count..][..steps.count];
            for (seen, value) in row.iter_mut().zip(&series.values) {
                *seen |= !is_absent(*value);
            }
        }
        present
    }

    /// `and` and `unless`: what of the left side has, or has not, its like on the right.
    fn restricted(self, steps: Steps, wanted: bool) -> Vec<Series> {
        let present = Self::presence(&self.right, &self.right_signatures, self.signatures, steps);
        restrict(self.left, &self.left_signatures, &present, steps, wanted)
    }

    /// `or`: all of the left, and what of the right has no like there.
    fn united(self, steps: Steps) -> Vec<Series> {
        let present = Self::presence(&self.left, &self.left_signatures, self.signatures, steps);
        let rest = restrict(self.right, &self.right_signatures, &present, steps, false);
        let mut out = self.left;
        let places: Places = out.iter().enumerate().map(|(at, series)| (series.labels.clone(), at)).collect();
        for series in rest {
            // The same series may be left at one step and right at another.
            match places.get(&series.labels) {
                None => out.push(series),
                Some(&at) => {
                    let there = series.values.into_iter().enumerate().filter(|(_, value)| !is_absent(*value));
                    there.for_each(|(step, value)| out[at].values[step] = value);
                }
            }
        }
        out
    }
}

fn restrict(
    list: Vec<Series>,
    signatures: &[usize],
    present: &[bool],
    steps: Steps,
    wanted: bool,
) -> Vec<Series> {
    let restricted = |(mut series, signature): (Series, &usize)| {
        let row = &present[signature * steps.count..][..steps.count];
        for (value, present) in series.values.iter_mut().zip(row) {
            if *present != wanted {
                *value = ABSENT;
            }
        }
        series
    };
    list.into_iter().zip(signatures).map(restricted).filter(|series| !series.is_empty()).collect()
}

/// A join under way.
struct Join<'a> {
    matching: &'a Matching<'a>,
    operator: Operator,
    one_to_one: bool,
    include: &'a [String],
    swapped: bool,
    places: Places,
    /// Where the result of a pair goes.
    pairs: HashMap<(usize, usize), usize, ahash::RandomState>,
    out: Vec<Series>,
}

impl Join<'_> {
    fn step(
        &mut self,
        sides: &Sides,
        ones: &[Option<usize>],
        step: usize,
        count: usize,
    ) -> Result<(), Error> {
        let mut used = vec![false; if self.one_to_one { sides.signatures } else { 0 }];
        for (many, series) in
            sides.left.iter().enumerate().filter(|(_, series)| !is_absent(series.values[step]))
        {
            let signature = sides.left_signatures[many];
            let Some(one) = ones[signature] else { continue };
            let (value, other) = (series.values[step], sides.right[one].values[step]);
            let (left, right) = if self.swapped { (other, value) } else { (value, other) };
            let Some(result) = self.operator.apply(left, right, left) else { continue };
            if self.one_to_one && std::mem::replace(&mut used[signature], true) {
                return Err(Error::execution(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
                ));
            }
            let place = self.place(sides, many, one, count);
            let slot = &mut self.out[place].values[step];
            if !is_absent(*slot) {
                return Err(Error::execution(
                    "multiple matches for labels: grouping labels must ensure unique matches",
                ));
            }
            *slot = result;
        }
        Ok(())
    }

    fn place(&mut self, sides: &Sides, many: usize, one: usize, count: usize) -> usize {
        if let Some(place) = self.pairs.get(&(many, one)) {
            return *place;
        }
        let labels = self.labels(&sides.left[many].labels, &sides.right[one].labels);
        let out = &mut self.out;
        let place = *self.places.entry(labels).or_insert_with_key(|labels| {
            out.push(Series { labels: labels.clone(), values: vec![ABSENT; count] });
            out.len() - 1
        });
        self.pairs.insert((many, one), place);
        place
    }

    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let mut labels = if self.operator.keeps_name() { many.clone() } else { many.without_name() };
        if self.one_to_one {
            labels = labels.filtered(|name| self.matching.names(name) == self.matching.on);
        }
        for name in self.include {
            labels = labels.with(name, one.get(name));
        }
        labels
    }
}
