//! Parts of dates, in UTC.

use super::Context;
use crate::eval::{Series, Value, merged};
use crate::{Error, Labels};

const DAY: i64 = 86_400;

/// The answer, if `name` is a part of a date; without an argument, of the time of the step.
pub(super) fn call(context: &mut Context<'_, '_>, name: &str) -> Result<Option<Value>, Error> {
    let part: fn(i64) -> i64 = match name {
        "minute" => |time| time.rem_euclid(3600) / 60,
        "hour" => |time| time.rem_euclid(DAY) / 3600,
        "day_of_week" => |time| (time.div_euclid(DAY) + 4).rem_euclid(7),
        "day_of_month" => |time| Date::of(time).day,
        "day_of_year" => |time| Date::of(time).day_of_year(),
        "days_in_month" => |time| Date::of(time).days_in_month(),
        "month" => |time| Date::of(time).month,
        "year" => |time| Date::of(time).year,
        _ => return Ok(None),
    };
    let list = if context.args.is_empty() {
        let steps = context.steps;
        let values = (0..steps.count).map(|step| steps.at(step) as f64 / 1000.0).collect();
        vec![Series { labels: Labels::default(), values }]
    } else {
        context.vector(0)?
    };
    let map = |value: f64| if value.is_nan() { f64::NAN } else { part(bounded(value)) as f64 };
    merged(list.into_iter().map(|series| series.mapped(map)).collect()).map(Value::Vector).map(Some)
}

/// Seconds within some millions of years.
fn bounded(seconds: f64) -> i64 {
    seconds.clamp(-1e14, 1e14) as i64
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// The day on which second `time` falls, in the Gregorian calendar.
    fn of(time: i64) -> Self {
        // Years that begin in March have the leap day at their end.
        let days = time.div_euclid(DAY) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day }
    }

    fn is_leap(&self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    fn days_in_month(&self) -> i64 {
        match self.month {
            2 if self.is_leap() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn day_of_year(&self) -> i64 {
        const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let before = BEFORE[(self.month - 1) as usize];
        before + self.day + i64::from(self.month > 2 && self.is_leap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (time, expected) in [
            (0, (1970, 1, 1, 1, 31)),
            (951_782_400, (2000, 2, 29, 60, 29)),
            (1_735_689_599, (2024, 12, 31, 366, 31)),
            (-1, (1969, 12, 31, 365, 31)),
            (4_107_542_400, (2100, 3, 1, 60, 31)),
        ] {
            let date = Date::of(time);
            let found = (date.year, date.month, date.day, date.day_of_year(), date.days_in_month());
            assert_eq!(found, expected, "{time}");
        }
    }
}
