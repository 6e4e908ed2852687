//! Label sets of one evaluation as small numbers.

use ahash::AHashMap;

use crate::eval::labels::LabelSet;

/// The number of a label set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LabelId(u32);

impl LabelId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Default)]
pub(crate) struct LabelTable {
    ids: AHashMap<LabelSet, LabelId>,
    sets: Vec<LabelSet>,
}

impl LabelTable {
    pub(crate) fn intern(&mut self, set: LabelSet) -> LabelId {
        if let Some(id) = self.ids.get(&set) {
            return *id;
        }
        let id = LabelId(self.sets.len() as u32);
        self.sets.push(set.clone());
        self.ids.insert(set, id);
        id
    }

    pub(crate) fn get(&self, id: LabelId) -> &LabelSet {
        &self.sets[id.index()]
    }
}

/// A function of label sets whose results are remembered: it is asked again at every moment.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    known: Vec<Option<LabelId>>,
}

impl Memo {
    pub(crate) fn get(
        &mut self,
        id: LabelId,
        table: &mut LabelTable,
        compute: impl FnOnce(&LabelSet) -> LabelSet,
    ) -> LabelId {
        if self.known.len() <= id.index() {
            self.known.resize(id.index() + 1, None);
        }
        if let Some(found) = self.known[id.index()] {
            return found;
        }
        let set = compute(table.get(id));
        let found = table.intern(set);
        self.known[id.index()] = Some(found);
        found
    }
}
