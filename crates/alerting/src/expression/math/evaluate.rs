//! Computes formulas, value by value. Null in, null out, except for the functions that ask for it.

use super::join::{join, pair};
use super::{Function, Operator, Term};
use crate::expression::Result;
use crate::value::{Value, Values, truth};

impl Term {
    pub(super) fn evaluate<'v>(&self, input: &dyn Fn(&str) -> &'v Values) -> Result<Values> {
        let mapped = |term: &Self, change: &dyn Fn(Option<f64>) -> Option<f64>| -> Result<Values> {
            Ok(term.evaluate(input)?.into_iter().map(|value| value.map(change)).collect())
        };
        match self {
            Self::Constant(value) => Ok(vec![Value::Scalar(*value)]),
            Self::Variable(name) => Ok(input(name).clone()),
            Self::Negate(term) => mapped(term, &|value| value.map(|value| -value)),
            Self::Not(term) => mapped(term, &|value| value.map(|value| truth(value == 0.0))),
            Self::Call(function, term) => mapped(term, &|value| function.apply(value)),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.evaluate(input)?, right.evaluate(input)?);
                let pairs = join(&left, &right)?;
                Ok(pairs
                    .into_iter()
                    .map(|(labels, a, b)| pair(labels, a, b, |a, b| operator.apply(a?, b?)))
                    .collect())
            }
        }
    }
}

impl Function {
    fn apply(self, value: Option<f64>) -> Option<f64> {
        match self {
            Self::IsNull => Some(truth(value.is_none())),
            Self::IsNan => Some(truth(value.is_some_and(f64::is_nan))),
            Self::IsInf => Some(truth(value.is_some_and(f64::is_infinite))),
            Self::IsNumber => Some(truth(value.is_some_and(f64::is_finite))),
            Self::Abs => value.map(f64::abs),
            Self::Log => value.map(f64::ln),
            Self::Round => value.map(f64::round),
            Self::Ceil => value.map(f64::ceil),
            Self::Floor => value.map(f64::floor),
        }
    }
}

impl Operator {
    #[expect(clippy::unnecessary_wraps, reason = "the form of all operations on values that may be null")]
    fn apply(self, a: f64, b: f64) -> Option<f64> {
        Some(match self {
            Self::Or => truth(a != 0.0 || b != 0.0),
            Self::And => truth(a != 0.0 && b != 0.0),
            Self::Equal => truth(a == b),
            Self::NotEqual => truth(a != b),
            Self::Above => truth(a > b),
            Self::AtLeast => truth(a >= b),
            Self::Below => truth(a < b),
            Self::AtMost => truth(a <= b),
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Remainder => a % b,
            Self::Power => a.powf(b),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::expression::Math;
    use crate::value::{Labels, Point, Series, Value, Values};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn compute(text: &str, a: &Values, b: &Values) -> Values {
        Math::parse(text).unwrap().evaluate(&|name| if name == "B" { b } else { a }).unwrap()
    }

    #[test]
    fn formulas_have_the_value_they_should() {
        let (five, null) = (vec![Value::Scalar(Some(5.0))], vec![Value::Scalar(None)]);
        for (text, expected) in [
            ("1 + 2 * 3", Some(7.0)),
            ("(1 + 2) * 3", Some(9.0)),
            ("2 ** 3 ** 2", Some(64.0)),
            ("-2 ** 2", Some(4.0)),
            ("7 % 4 - 10 / 4", Some(0.5)),
            ("1.5e3 + .5", Some(1500.5)),
            ("$A * 2 - ${A}", Some(5.0)),
            ("$A > 4 && $A < 6", Some(1.0)),
            ("$A == 5 || $A / 0", Some(1.0)),
            ("!$A", Some(0.0)),
            ("!0 + -1", Some(0.0)),
            ("$A >= 5", Some(1.0)),
            ("$A<=4", Some(0.0)),
            ("$A != 5", Some(0.0)),
            ("abs(0 - 3) + ceil(1.2) + floor(1.8) + round(2.5)", Some(9.0)),
            ("log(1)", Some(0.0)),
            ("$B", None),
            ("$B + 1", None),
            ("is_null($B)", Some(1.0)),
            ("is_null($A) + is_nan($B) + is_inf($A)", Some(0.0)),
            ("is_nan(nan()) + is_inf(infn()) + is_inf(inf()) + is_number($A)", Some(4.0)),
            ("is_null(null())", Some(1.0)),
            ("nan() > 1", Some(0.0)),
            ("null() > 1", None),
        ] {
            assert_eq!(compute(text, &five, &null), [Value::Scalar(expected)], "{text}");
        }
    }

    #[test]
    fn without_data_in_one_variable_there_is_none() {
        let some = vec![Value::Scalar(Some(1.0))];
        assert_eq!(compute("$A + $B", &some, &Vec::new()), []);
        assert_eq!(compute("is_null($B)", &some, &Vec::new()), []);
    }

    #[test]
    fn label_sets_are_joined() {
        let number = |pairs: &[(&str, &str)], value: f64| Value::number(labels(pairs), Some(value));
        let a =
            vec![number(&[("svc", "x"), ("zone", "1")], 1.0), number(&[("svc", "y"), ("zone", "1")], 2.0)];
        // The same labels.
        let same =
            vec![number(&[("svc", "y"), ("zone", "1")], 10.0), number(&[("svc", "z"), ("zone", "1")], 20.0)];
        assert_eq!(compute("$A + $B", &a, &same), [number(&[("svc", "y"), ("zone", "1")], 12.0)]);
        // A part of them, from either side.
        let part = vec![number(&[("svc", "x")], 10.0), number(&[("svc", "y")], 20.0)];
        let sums =
            [number(&[("svc", "x"), ("zone", "1")], 11.0), number(&[("svc", "y"), ("zone", "1")], 22.0)];
        assert_eq!(compute("$A + $B", &a, &part), sums);
        assert_eq!(compute("$B + $A", &a, &part), sums);
        // None of them.
        let bare = vec![number(&[], 100.0)];
        assert_eq!(compute("$A + $B", &a, &bare).len(), 2);
        // One on each side is joined whatever it is called.
        let (one, other) = (vec![number(&[("a", "1")], 1.0)], vec![number(&[("b", "2")], 2.0)]);
        assert_eq!(compute("$A / $B", &one, &other), [number(&[("a", "1")], 0.5)]);
        assert_eq!(compute("$A / $B", &a, &[one, other].concat()), []);
    }

    #[test]
    fn series_are_joined_in_time() {
        let series = |points: &[(i64, f64)]| {
            let points =
                points.iter().map(|(at_ms, value)| Point { at_ms: *at_ms, value: Some(*value) }).collect();
            Value::Series(Series { labels: labels(&[("a", "1")]), points })
        };
        let a = vec![series(&[(0, 1.0), (10, 2.0), (20, 3.0)])];
        assert_eq!(
            compute("$A * $B", &a, &vec![series(&[(10, 5.0), (15, 6.0), (20, 7.0)])]),
            [series(&[(10, 10.0), (20, 21.0)])]
        );
        assert_eq!(compute("$A - 1", &a, &Vec::new()), [series(&[(0, 0.0), (10, 1.0), (20, 2.0)])]);
        assert_eq!(compute("10 > $A", &a, &Vec::new()), [series(&[(0, 1.0), (10, 1.0), (20, 1.0)])]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[$A-B{}()0-9.+*/%<>=!&| a-z_-]{0,40}") {
            let _outcome = Math::parse(&text);
        }

        #[test]
        fn numbers_are_computed_as_rust_does(a in -1e6f64..1e6, b in -1e6f64..1e6, c in 1f64..1e3) {
            let text = format!("({a} + {b}) * {c} - {a} / {c}");
            let value = (a + b) * c - a / c;
            prop_assert_eq!(compute(&text, &Vec::new(), &Vec::new()), [Value::Scalar(Some(value))]);
        }
    }
}
