//! Silences: conditions on labels, for a while, with somebody's reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::alert::Labels;
use crate::matcher::{Matcher, MatcherError, Op, all_match};

/// How many are kept, expired ones included.
pub const SILENCES_MAX: usize = 5_000;
/// How long expired ones can be looked at.
const RETENTION_MS: i64 = 5 * 86_400_000;
const MATCHERS_MAX: usize = 50;
const COMMENT_MAX_BYTES: usize = 4_096;

/// Why a silence cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    #[error("silence not found")]
    NotFound,
    #[error("invalid silence: {0}")]
    Invalid(String),
    #[error("invalid silence: {0}")]
    Matcher(#[from] MatcherError),
    #[error("there are {SILENCES_MAX} silences already; expire some")]
    TooMany,
}

/// A condition as the API and the database write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SilenceMatcher {
    pub name: String,
    pub value: String,
    #[serde(default)]
    pub is_regex: bool,
    /// Older clients do not know that there is another way.
    #[serde(default = "yes")]
    pub is_equal: bool,
}

fn yes() -> bool {
    true
}

/// What somebody wants to be silent, and what is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    pub id: String,
    pub matchers: Vec<SilenceMatcher>,
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
    pub created_by: String,
    pub comment: String,
    pub updated_at_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceState {
    Pending,
    Active,
    Expired,
}

impl SilenceState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}

impl Silence {
    #[must_use]
    pub fn state(&self, now_ms: i64) -> SilenceState {
        if now_ms >= self.ends_at_ms {
            SilenceState::Expired
        } else if now_ms < self.starts_at_ms {
            SilenceState::Pending
        } else {
            SilenceState::Active
        }
    }

    fn compile(&self) -> Result<Vec<Matcher>, SilenceError> {
        if self.matchers.is_empty() || self.matchers.len() > MATCHERS_MAX {
            return Err(SilenceError::Invalid(format!("it needs 1 to {MATCHERS_MAX} matchers")));
        }
        let build = |matcher: &SilenceMatcher| {
            let op = Op::from_flags(matcher.is_regex, matcher.is_equal);
            Matcher::new(&matcher.name, op, &matcher.value)
        };
        let matchers = self.matchers.iter().map(build).collect::<Result<Vec<_>, _>>()?;
        if matchers.iter().all(|matcher| matcher.matches(&Labels::new())) {
            let problem = "at least one matcher must not match the empty string";
            return Err(SilenceError::Invalid(problem.to_owned()));
        }
        Ok(matchers)
    }

    fn check(&self, now_ms: i64) -> Result<Vec<Matcher>, SilenceError> {
        let invalid = |problem: &str| Err(SilenceError::Invalid(problem.to_owned()));
        if self.ends_at_ms <= self.starts_at_ms {
            return invalid("start time must be before end time");
        }
        if self.ends_at_ms <= now_ms {
            return invalid("end time can't be in the past");
        }
        if self.comment.len() > COMMENT_MAX_BYTES || self.created_by.len() > COMMENT_MAX_BYTES {
            return invalid("comment and createdBy may have 4096 bytes");
        }
        self.compile()
    }
}

#[derive(Debug, Clone)]
struct Entry {
    silence: Silence,
    matchers: Vec<Matcher>,
}

/// All silences.
#[derive(Debug, Clone, Default)]
pub struct Silences(BTreeMap<String, Entry>);

impl Silences {
    /// Those that were kept somewhere. What cannot be read any more is left out.
    #[must_use]
    pub fn restore(all: Vec<Silence>) -> Self {
        let entry = |silence: Silence| {
            let matchers = silence.compile().ok()?;
            Some((silence.id.clone(), Entry { silence, matchers }))
        };
        Self(all.into_iter().filter_map(entry).collect())
    }

    /// Sets a silence; returns all that changed, the one that now holds first. One with an id replaces that one: in place
    /// if only its end or its words differ, else the old one ends and a new id, `fresh_id`, begins.
    pub fn set(
        &mut self,
        mut wanted: Silence,
        now_ms: i64,
        fresh_id: String,
    ) -> Result<Vec<Silence>, SilenceError> {
        let known = match wanted.id.as_str() {
            "" => None,
            id => Some(self.0.get(id).cloned().ok_or(SilenceError::NotFound)?.silence),
        };
        if known.is_none() && wanted.starts_at_ms < now_ms {
            wanted.starts_at_ms = now_ms;
        }
        wanted.updated_at_ms = now_ms;
        if let Some(known) = &known
            && can_update(known, &wanted, now_ms)
        {
            let matchers = wanted.check(now_ms)?;
            self.0.insert(wanted.id.clone(), Entry { silence: wanted.clone(), matchers });
            return Ok(vec![wanted]);
        }
        wanted.starts_at_ms = wanted.starts_at_ms.max(now_ms);
        let matchers = wanted.check(now_ms)?;
        if self.0.len() >= SILENCES_MAX {
            return Err(SilenceError::TooMany);
        }
        wanted.id = fresh_id;
        let mut changed = vec![wanted.clone()];
        self.0.insert(wanted.id.clone(), Entry { silence: wanted, matchers });
        if let Some(known) = known.filter(|known| known.state(now_ms) != SilenceState::Expired) {
            changed.extend(self.expire(&known.id, now_ms)?);
        }
        Ok(changed)
    }

    /// Ends a silence now. `None` if it had ended already.
    pub fn expire(&mut self, id: &str, now_ms: i64) -> Result<Option<Silence>, SilenceError> {
        let entry = self.0.get_mut(id).ok_or(SilenceError::NotFound)?;
        if entry.silence.state(now_ms) == SilenceState::Expired {
            return Ok(None);
        }
        entry.silence.starts_at_ms = entry.silence.starts_at_ms.min(now_ms);
        entry.silence.ends_at_ms = now_ms;
        entry.silence.updated_at_ms = now_ms;
        Ok(Some(entry.silence.clone()))
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Silence> {
        self.0.get(id).map(|entry| &entry.silence)
    }

    /// Those whose conditions include all of `filter`, as far as their values decide it.
    pub fn list<'a>(&'a self, filter: &'a [Matcher]) -> impl Iterator<Item = &'a Silence> {
        let shows = |entry: &&Entry| {
            let named: Labels =
                entry.matchers.iter().map(|matcher| (matcher.name.clone(), matcher.value.clone())).collect();
            all_match(filter, &named)
        };
        self.0.values().filter(shows).map(|entry| &entry.silence)
    }

    /// The silences that hold an alert back.
    #[must_use]
    pub fn holding(&self, labels: &Labels, now_ms: i64) -> Vec<&str> {
        let holds = |entry: &&Entry| {
            entry.silence.state(now_ms) == SilenceState::Active && all_match(&entry.matchers, labels)
        };
        self.0.values().filter(holds).map(|entry| entry.silence.id.as_str()).collect()
    }

    /// Whether any silence holds an alert back.
    #[must_use]
    pub fn holds(&self, labels: &Labels, now_ms: i64) -> bool {
        self.0.values().any(|entry| {
            entry.silence.state(now_ms) == SilenceState::Active && all_match(&entry.matchers, labels)
        })
    }

    /// Forgets what ended long ago; returns the ids.
    pub fn forget_old(&mut self, now_ms: i64) -> Vec<String> {
        let old = self.0.values().filter(|entry| entry.silence.ends_at_ms < now_ms - RETENTION_MS);
        let old: Vec<String> = old.map(|entry| entry.silence.id.clone()).collect();
        for id in &old {
            self.0.remove(id);
        }
        old
    }
}

/// Whether the change leaves the past as it was.
fn can_update(known: &Silence, wanted: &Silence, now_ms: i64) -> bool {
    if known.matchers != wanted.matchers {
        return false;
    }
    match known.state(now_ms) {
        SilenceState::Pending => wanted.starts_at_ms >= now_ms,
        SilenceState::Active => known.starts_at_ms == wanted.starts_at_ms && wanted.ends_at_ms > now_ms,
        SilenceState::Expired => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn silence(id: &str, name: &str, value: &str, from: i64, to: i64) -> Silence {
        let matcher = SilenceMatcher {
            name: name.to_owned(),
            value: value.to_owned(),
            is_regex: false,
            is_equal: true,
        };
        Silence {
            id: id.to_owned(),
            matchers: vec![matcher],
            starts_at_ms: from,
            ends_at_ms: to,
            created_by: "me".to_owned(),
            comment: "why".to_owned(),
            updated_at_ms: 0,
        }
    }

    fn labels(name: &str, value: &str) -> Labels {
        [(name.to_owned(), value.to_owned())].into()
    }

    #[test]
    fn a_silence_lives_and_ends() {
        let mut all = Silences::default();
        let set = all.set(silence("", "a", "b", 0, NOW + 100), NOW, "one".to_owned()).unwrap();
        assert_eq!((set.len(), set[0].starts_at_ms), (1, NOW), "the past is cut");
        assert_eq!(all.holding(&labels("a", "b"), NOW), ["one"]);
        assert!(!all.holds(&labels("a", "c"), NOW) && !all.holds(&labels("a", "b"), NOW + 100));

        // Only the end moves: the same id.
        let set = all.set(silence("one", "a", "b", NOW, NOW + 500), NOW + 10, "x".to_owned()).unwrap();
        assert_eq!((set.len(), set[0].id.as_str()), (1, "one"));
        // Another condition: a new one, and the old one ends.
        let set = all.set(silence("one", "a", "c", NOW, NOW + 500), NOW + 20, "two".to_owned()).unwrap();
        let ids: Vec<_> = set.iter().map(|silence| silence.id.as_str()).collect();
        assert_eq!(ids, ["two", "one"]);
        assert_eq!(all.get("one").unwrap().state(NOW + 20), SilenceState::Expired);
        assert!(all.holds(&labels("a", "c"), NOW + 20));
        assert!(all.expire("two", NOW + 30).unwrap().is_some());
        assert_eq!(all.expire("two", NOW + 31), Ok(None));
        assert_eq!(all.expire("three", NOW), Err(SilenceError::NotFound));
        assert_eq!(all.forget_old(NOW + 31 + RETENTION_MS), ["one", "two"]);
    }

    #[test]
    fn pending_ones_wait_and_lists_filter() {
        let mut all = Silences::default();
        all.set(silence("", "a", "b", NOW + 10, NOW + 20), NOW, "one".to_owned()).unwrap();
        assert_eq!(all.get("one").unwrap().state(NOW), SilenceState::Pending);
        assert!(!all.holds(&labels("a", "b"), NOW + 9) && all.holds(&labels("a", "b"), NOW + 10));
        let filter = |text: &str| all.list(&crate::matcher::parse_list(text).unwrap()).count();
        assert_eq!((filter("a=b"), filter("a=c"), filter("")), (1, 0, 1));
        let kept = Silences::restore(all.list(&[]).cloned().collect());
        assert!(kept.holds(&labels("a", "b"), NOW + 10));
    }

    #[test]
    fn mistakes_are_refused() {
        let mut all = Silences::default();
        let mut refused = |silence: Silence| all.set(silence, NOW, "x".to_owned()).unwrap_err();
        assert!(matches!(refused(silence("", "a", "b", NOW, NOW)), SilenceError::Invalid(_)));
        assert!(matches!(refused(silence("", "a", "b", 0, NOW - 1)), SilenceError::Invalid(_)));
        assert!(matches!(refused(silence("", "a", "", NOW, NOW + 9)), SilenceError::Invalid(_)));
        assert!(matches!(refused(silence("", "", "b", NOW, NOW + 9)), SilenceError::Matcher(_)));
        assert!(matches!(refused(silence("nosuch", "a", "b", NOW, NOW + 9)), SilenceError::NotFound));
        let none = Silence { matchers: vec![], ..silence("", "a", "b", NOW, NOW + 9) };
        assert!(matches!(refused(none), SilenceError::Invalid(_)));
    }
}
