//! Which span is whose child.
//!
//! Made from parent pointers alone, so it is right for traces in pieces, without a root, or with several. Where a client and
//! a server share an id, the server is below the client and has the children.

use std::collections::VecDeque;

use ahash::AHashMap;

use crate::data::Trace;
use crate::syntax::Relation;

/// Chains of parents that lead back to themselves are followed this far.
const MAX_CYCLE: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Tree {
    parents: Vec<Option<usize>>,
    /// Spans that have the same number are siblings.
    families: Vec<usize>,
    family_count: usize,
    /// Parents before children; spans in cycles are missing.
    order: Vec<usize>,
    pub children: Vec<u32>,
    roots: Vec<bool>,
}

/// Numbers of the nested-set model.
#[derive(Debug, Default)]
pub(crate) struct NestedSets {
    pub left: Vec<i64>,
    pub right: Vec<i64>,
    /// −1 for roots, 0 for spans whose parent is not there.
    pub parent: Vec<i64>,
}

fn is_zero(id: &[u8]) -> bool {
    id.iter().all(|byte| *byte == 0)
}

impl Tree {
    pub(crate) fn new<T: Trace + ?Sized>(trace: &T) -> Self {
        let count = trace.len();
        let mut by_id: AHashMap<&[u8], (Option<usize>, Option<usize>)> = AHashMap::with_capacity(count);
        for span in 0..count {
            let (other, server) = by_id.entry(trace.span_id(span)).or_default();
            let place = if trace.is_server(span) { server } else { other };
            place.get_or_insert(span);
        }
        let mut parents = vec![None; count];
        let mut families = vec![0; count];
        let mut family_of: AHashMap<&[u8], usize> = AHashMap::new();
        let mut roots = vec![false; count];
        for span in 0..count {
            roots[span] = trace.is_root(span);
            let parent_id = trace.parent_id(span);
            let shared = by_id.get(trace.span_id(span)).and_then(|found| match *found {
                (Some(client), Some(server)) if server == span => Some(client),
                _ => None,
            });
            if let Some(client) = shared {
                parents[span] = Some(client);
                families[span] = count + client;
                continue;
            }
            if is_zero(parent_id) {
                continue;
            }
            parents[span] =
                by_id.get(parent_id).and_then(|(other, server)| server.or(*other)).filter(|at| *at != span);
            let next = 1 + family_of.len();
            families[span] = *family_of.entry(parent_id).or_insert(next);
        }
        let mut children = vec![0u32; count];
        parents.iter().flatten().for_each(|parent| children[*parent] += 1);
        let order = ordered(&parents);
        Self { parents, families, family_count: count * 2 + 1, order, children, roots }
    }

    fn len(&self) -> usize {
        self.parents.len()
    }

    /// For each span whether it stands in `relation` to some span of `set`: as its child, its parent, and so on.
    pub(crate) fn related(&self, relation: Relation, set: &[bool]) -> Vec<bool> {
        match relation {
            Relation::Child => self.parents.iter().map(|parent| parent.is_some_and(|at| set[at])).collect(),
            Relation::Parent => {
                let mut found = vec![false; self.len()];
                for (span, parent) in self.parents.iter().enumerate() {
                    if let Some(parent) = parent.filter(|_| set[span]) {
                        found[parent] = true;
                    }
                }
                found
            }
            Relation::Descendant => self.below(set),
            Relation::Ancestor => self.above(set),
            Relation::Sibling => {
                let mut counts = vec![0usize; self.family_count];
                (0..self.len()).filter(|span| set[*span]).for_each(|span| counts[self.families[span]] += 1);
                (0..self.len()).map(|span| counts[self.families[span]] > usize::from(set[span])).collect()
            }
        }
    }

    fn below(&self, set: &[bool]) -> Vec<bool> {
        let mut found = vec![false; self.len()];
        for &span in &self.order {
            found[span] = self.parents[span].is_some_and(|parent| set[parent] || found[parent]);
        }
        for span in self.in_cycles() {
            found[span] = self.ancestors(span).any(|ancestor| set[ancestor]);
        }
        found
    }

    fn above(&self, set: &[bool]) -> Vec<bool> {
        let mut found = vec![false; self.len()];
        for &span in self.order.iter().rev() {
            if let Some(parent) = self.parents[span].filter(|_| set[span] || found[span]) {
                found[parent] = true;
            }
        }
        for span in self.in_cycles().filter(|span| set[*span]).collect::<Vec<_>>() {
            self.ancestors(span).for_each(|ancestor| found[ancestor] = true);
        }
        found
    }

    fn ancestors(&self, span: usize) -> impl Iterator<Item = usize> {
        let next = |at: &usize| self.parents[*at];
        // A span in a cycle is its own ancestor only by a loop, which does not count.
        std::iter::successors(self.parents[span], next).take(MAX_CYCLE).take_while(move |at| *at != span)
    }

    fn in_cycles(&self) -> impl Iterator<Item = usize> {
        let mut seen = vec![self.order.len() == self.len(); self.len()];
        self.order.iter().for_each(|span| seen[*span] = true);
        seen.into_iter().enumerate().filter(|(_, seen)| !*seen).map(|(span, _)| span)
    }

    pub(crate) fn nested_sets(&self) -> NestedSets {
        let count = self.len();
        let mut sets = NestedSets { left: vec![0; count], right: vec![0; count], parent: vec![0; count] };
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (span, parent) in self.parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(span);
            }
        }
        let tops = || (0..count).filter(|span| self.parents[*span].is_none());
        let tops = tops().filter(|span| self.roots[*span]).chain(tops().filter(|span| !self.roots[*span]));
        let mut next = 1;
        for top in tops.collect::<Vec<_>>() {
            sets.parent[top] = if self.roots[top] { -1 } else { 0 };
            sets.left[top] = next;
            next += 1;
            let mut stack = vec![(top, 0)];
            while let Some((span, child)) = stack.pop() {
                let Some(&below) = children[span].get(child) else {
                    sets.right[span] = next;
                    next += 1;
                    continue;
                };
                stack.push((span, child + 1));
                sets.parent[below] = sets.left[span];
                sets.left[below] = next;
                next += 1;
                stack.push((below, 0));
            }
        }
        sets
    }
}

/// Parents before children.
fn ordered(parents: &[Option<usize>]) -> Vec<usize> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    let mut queue = VecDeque::new();
    for (span, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(span),
            None => queue.push_back(span),
        }
    }
    let mut order = Vec::with_capacity(parents.len());
    while let Some(span) = queue.pop_front() {
        order.push(span);
        queue.extend(&children[span]);
    }
    order
}
