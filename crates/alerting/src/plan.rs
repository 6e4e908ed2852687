//! The nodes of a rule and the order in which they are computed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::expression::{Expression, ExpressionError};
use crate::value::{Labels, Values};

/// Nodes of one rule.
const NODES_MAX: usize = 100;

/// A node: a query, which somebody else answers, or an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub ref_id: String,
    /// `None` for a query.
    pub expression: Option<Expression>,
}

/// Why nodes make no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    #[error("a query without a refId")]
    Unnamed,
    #[error("two queries have the refId {0:?}")]
    Twice(String),
    #[error("more than {NODES_MAX} queries and expressions")]
    TooMany,
    #[error("the expression {by:?} uses {missing:?}, which does not exist")]
    Unknown { by: String, missing: String },
    #[error("the expression {0:?} depends on itself")]
    Cycle(String),
    #[error("the expression {0:?}: {1}")]
    Expression(String, ExpressionError),
}

/// What expressions need to know besides their inputs.
pub struct Context<'c> {
    /// The time range that is asked for, for grids of times.
    pub range_ms: Option<(i64, i64)>,
    /// Whether the series with these labels was beyond its bound at the evaluation before.
    pub is_breached: &'c dyn Fn(&Labels) -> bool,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("range_ms", &self.range_ms).finish_non_exhaustive()
    }
}

impl Default for Context<'_> {
    fn default() -> Self {
        Self { range_ms: None, is_breached: &|_| false }
    }
}

/// Nodes in an order in which each comes after what it uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    nodes: Vec<Node>,
}

impl Plan {
    /// Puts the nodes in order.
    pub fn new(nodes: Vec<Node>) -> Result<Self, PlanError> {
        if nodes.len() > NODES_MAX {
            return Err(PlanError::TooMany);
        }
        let mut waiting: BTreeMap<String, Node> = BTreeMap::new();
        for node in nodes {
            if node.ref_id.is_empty() {
                return Err(PlanError::Unnamed);
            }
            if let Some(first) = waiting.insert(node.ref_id.clone(), node) {
                return Err(PlanError::Twice(first.ref_id));
            }
        }
        for node in waiting.values() {
            let inputs = node.expression.as_ref().map(Expression::inputs).unwrap_or_default();
            if let Some(missing) = inputs.into_iter().find(|name| !waiting.contains_key(*name)) {
                return Err(PlanError::Unknown { by: node.ref_id.clone(), missing: missing.to_owned() });
            }
        }
        let (mut ordered, mut done) = (Vec::with_capacity(waiting.len()), BTreeSet::new());
        while !waiting.is_empty() {
            let is_ready = |node: &Node| {
                let inputs = node.expression.as_ref().map(Expression::inputs).unwrap_or_default();
                inputs.into_iter().all(|name| done.contains(name))
            };
            let ready: Vec<String> =
                waiting.values().filter(|node| is_ready(node)).map(|node| node.ref_id.clone()).collect();
            if ready.is_empty() {
                let stuck = waiting.into_keys().next().unwrap_or_default();
                return Err(PlanError::Cycle(stuck));
            }
            ordered.extend(ready.iter().filter_map(|name| waiting.remove(name)));
            done.extend(ready);
        }
        Ok(Self { nodes: ordered })
    }

    /// Whether there is a node of this name.
    #[must_use]
    pub fn has(&self, ref_id: &str) -> bool {
        self.nodes.iter().any(|node| node.ref_id == ref_id)
    }

    /// The queries that this node depends on, itself included when it is one.
    #[must_use]
    pub fn queries_behind(&self, ref_id: &str) -> Vec<&str> {
        let mut wanted = BTreeSet::from([ref_id]);
        for node in self.nodes.iter().rev() {
            if let (true, Some(expression)) = (wanted.contains(node.ref_id.as_str()), &node.expression) {
                wanted.extend(expression.inputs());
            }
        }
        let queries = self.nodes.iter().filter(|node| node.expression.is_none());
        queries.map(|node| node.ref_id.as_str()).filter(|name| wanted.contains(name)).collect()
    }

    /// Computes all expressions. `answers` are those of the queries; an expression over a failed node fails with its
    /// reason, others are not touched by it.
    #[must_use]
    pub fn evaluate(
        &self,
        answers: BTreeMap<String, Result<Values, String>>,
        context: &Context<'_>,
    ) -> BTreeMap<String, Result<Values, String>> {
        let none = Values::new();
        let mut results = answers;
        for node in &self.nodes {
            let Some(expression) = &node.expression else { continue };
            let failed = expression.inputs().into_iter().find_map(|name| {
                let reason = results.get(name)?.as_ref().err()?;
                Some(format!("failed because {name} did: {reason}"))
            });
            let result = match failed {
                Some(reason) => Err(reason),
                None => {
                    let input = |name: &str| {
                        results.get(name).and_then(|result| result.as_ref().ok()).unwrap_or(&none)
                    };
                    expression
                        .evaluate(&input, context)
                        .map_err(|error| format!("expression {}: {error}", node.ref_id))
                }
            };
            results.insert(node.ref_id.clone(), result);
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::value::Value;

    fn plan(nodes: &[(&str, Json)]) -> Result<Plan, PlanError> {
        let nodes = nodes.iter().map(|(name, model)| {
            let expression = model.as_object().map(|model| Expression::from_model(model).unwrap());
            Node { ref_id: (*name).to_owned(), expression }
        });
        Plan::new(nodes.collect())
    }

    fn math(text: &str) -> Json {
        json!({ "type": "math", "expression": text })
    }

    #[test]
    fn nodes_are_computed_after_what_they_use() {
        let plan =
            plan(&[("A", math("$B + $C")), ("B", math("$C * 2")), ("C", Json::Null), ("D", Json::Null)])
                .unwrap();
        assert_eq!(plan.queries_behind("A"), ["C"]);
        let three = vec![Value::Scalar(Some(3.0))];
        let answers = BTreeMap::from([("C".to_owned(), Ok(three)), ("D".to_owned(), Err("down".to_owned()))]);
        let results = plan.evaluate(answers, &Context::default());
        assert_eq!(results["A"], Ok(vec![Value::Scalar(Some(9.0))]));
        let answers = BTreeMap::from([("C".to_owned(), Err("down".to_owned()))]);
        let results = plan.evaluate(answers, &Context::default());
        assert_eq!(results["A"], Err("failed because B did: failed because C did: down".to_owned()));
    }

    #[test]
    fn plans_that_make_no_sense_are_refused() {
        for (nodes, words) in [
            (vec![("A", math("$A"))], "\"A\" depends on itself"),
            (vec![("A", math("$B")), ("B", math("$A"))], "depends on itself"),
            (vec![("A", math("$X"))], "uses \"X\", which does not exist"),
            (vec![("A", Json::Null), ("A", Json::Null)], "two queries have the refId \"A\""),
            (vec![("", Json::Null)], "without a refId"),
            (vec![("A", Json::Null); 101], "more than 100"),
        ] {
            assert!(plan(&nodes).unwrap_err().to_string().contains(words), "{nodes:?}");
        }
        let sql = json!({ "type": "sql", "expression": "SELECT 1" });
        let refused = Expression::from_model(sql.as_object().unwrap()).unwrap_err();
        assert!(refused.to_string().contains("SQL expressions are not supported"));
    }
}
