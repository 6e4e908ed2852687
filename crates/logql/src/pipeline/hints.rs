//! Which labels a query needs from its parsers.
//!
//! A metric query that groups by a few labels reads only those: parsers skip the rest and stop as soon as all are
//! found. This can be seen from outside: a fault behind the last needed field is never met.

use crate::pipeline::names::NameId;

/// What parsers shall extract.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hints {
    mode: Mode,
    /// By name; names beyond the end are not wanted.
    wanted: Vec<bool>,
    count: usize,
    /// Something looks at error labels: every fault must be found.
    errors_matter: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    All,
    Some,
    Nothing,
}

impl Hints {
    /// Only these names; none at all means that parsers need not run.
    pub(crate) fn only(names: &[NameId], errors_matter: bool) -> Self {
        let mut wanted = vec![false; names.iter().map(|name| name.index() + 1).max().unwrap_or(0)];
        for name in names {
            wanted[name.index()] = true;
        }
        let count = wanted.iter().filter(|wanted| **wanted).count();
        let mode = if count == 0 { Mode::Nothing } else { Mode::Some };
        Self { mode, wanted, count, errors_matter }
    }

    pub(crate) fn wants(&self, name: NameId) -> bool {
        self.mode == Mode::All || self.wanted.get(name.index()).copied().unwrap_or(false)
    }

    /// Whether parsers need not run at all.
    pub(crate) fn nothing(&self) -> bool {
        self.mode == Mode::Nothing
    }

    pub(crate) fn everything(&self) -> bool {
        self.mode == Mode::All
    }

    pub(crate) fn is_satisfied_by(&self, found: usize) -> bool {
        self.mode == Mode::Some && !self.errors_matter && found >= self.count
    }

    /// The wanted names, where not all are.
    pub(crate) fn wanted_names(&self, names: &crate::pipeline::names::Names) -> Vec<String> {
        let wanted = self.wanted.iter().enumerate().filter(|(_, wanted)| **wanted);
        wanted.map(|(at, _)| names.text_at(at).to_owned()).collect()
    }

    /// Whether some wanted name starts with `prefix`.
    pub(crate) fn wants_below(&self, prefix: &str, names: &crate::pipeline::names::Names) -> bool {
        if self.mode == Mode::All {
            return true;
        }
        let mut wanted = self.wanted.iter().enumerate().filter(|(_, wanted)| **wanted);
        wanted.any(|(at, _)| names.text_at(at).starts_with(prefix))
    }
}
