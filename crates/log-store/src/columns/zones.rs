//! Between which numbers the values of each stream lie, where that tells streams apart: requests that failed have other
//! status codes than those that did not, and often a stream of their own.

use serde::{Deserialize, Serialize};

/// So many rows on average make a zone worth its place.
const MIN_ROWS: usize = 16;

/// Smallest and largest value per stream, in the order of the streams; `None` for a stream without a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Zones(Vec<Option<(i64, i64)>>);

impl Zones {
    /// The zones of the values of rows, given where each stream ends; `None` if they would not leave out much.
    pub(super) fn of(values: impl Iterator<Item = (u32, i64)>, ends: &[u32], rows: usize) -> Option<Self> {
        if ends.len() < 2 || ends.len() > rows / MIN_ROWS {
            return None;
        }
        let mut zones = vec![None; ends.len()];
        let mut stream = 0;
        for (row, value) in values {
            while row >= *ends.get(stream)? {
                stream += 1;
            }
            let (low, high) = zones[stream].get_or_insert((value, value));
            *low = value.min(*low);
            *high = value.max(*high);
        }
        let zones = Self(zones);
        zones.is_useful().then_some(zones)
    }

    /// Whether zones are narrow: at most half as wide as all of them together, on average.
    fn is_useful(&self) -> bool {
        let width = |(low, high): (i64, i64)| high.abs_diff(low) as f64;
        let known = || self.0.iter().flatten();
        let Some(low) = known().map(|zone| zone.0).min() else { return true };
        let high = known().map(|zone| zone.1).max().unwrap_or(low);
        let average = known().map(|zone| width(*zone)).sum::<f64>() / self.0.len() as f64;
        (low < high || known().count() < self.0.len()) && average <= width((low, high)) / 2.0
    }

    /// Whether the stream may have a value, times `unit`, between `low` and `high`.
    pub(crate) fn may_have(&self, stream: usize, unit: f64, (low, high): (f64, f64)) -> bool {
        // Division rounds alike on both sides, so what is between before is so afterwards.
        let overlaps =
            |(own_low, own_high): (i64, i64)| own_high as f64 / unit >= low && own_low as f64 / unit <= high;
        self.0.get(stream).is_none_or(|zone| zone.is_some_and(overlaps))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.0.len() * size_of::<Option<(i64, i64)>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(values: &[i64], ends: &[u32]) -> Option<Zones> {
        Zones::of((0..).zip(values.iter().copied()), ends, 1000)
    }

    #[test]
    fn streams_are_told_apart() {
        let known = zones(&[200, 200, 204, 500, 503], &[3, 5]).unwrap();
        assert_eq!(known, Zones(vec![Some((200, 204)), Some((500, 503))]));
        for (between, expected) in [
            ((500.0, f64::INFINITY), [false, true]),
            ((f64::NEG_INFINITY, 200.0), [true, false]),
            ((204.0, 204.0), [true, false]),
            ((300.0, 400.0), [false, false]),
        ] {
            assert_eq!([0, 1].map(|stream| known.may_have(stream, 1.0, between)), expected, "{between:?}");
        }
        assert!(known.may_have(0, 100.0, (2.02, 2.03)) && !known.may_have(1, 100.0, (2.02, 2.03)));
    }

    #[test]
    fn what_tells_nothing_is_not_kept() {
        assert_eq!(zones(&[1, 9, 2, 8], &[2, 4]), None, "all streams have all values");
        assert_eq!(zones(&[5, 5, 5, 5], &[2, 4]), None, "there is one value");
        assert_eq!(zones(&[1, 2, 3], &[3]), None, "there is one stream");
        assert_eq!(Zones::of([(0, 1), (40, 9)].into_iter(), &[20, 41], 30), None, "streams are short");
    }

    #[test]
    fn streams_without_a_value_are_known() {
        let known = Zones::of([(3, 7), (4, 7)].into_iter(), &[3, 5], 1000).unwrap();
        assert!(!known.may_have(0, 1.0, (7.0, 7.0)) && known.may_have(1, 1.0, (7.0, 7.0)));
    }
}
