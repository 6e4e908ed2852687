//! Running a template.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::Error;
use crate::functions::Functions;
use crate::node::{Block, Branch, Command, Defined, Node, Operand, Pipeline, Place};
use crate::output::Output;
use crate::value::Value;

/// Longer results are an error.
pub(crate) const MAX_OUTPUT: usize = 1 << 20;
/// Nodes and operands that one run may visit.
const MAX_STEPS: usize = 1 << 18;
/// What functions may make in one run, in bytes; each call counts by its own cost, too.
const MAX_WORK: usize = 32 << 20;
/// Blocks within blocks, templates calling templates and parentheses, together.
const MAX_DEPTH: usize = 150;

/// Runs a block on its dot. `defined` are looked through from the first to the last.
pub(crate) fn run(
    root: &Block,
    defined: &[&Defined],
    dot: &Value,
    functions: &Functions,
) -> Result<String, Error> {
    let mut run = Run {
        defined,
        functions,
        out: Output::new(MAX_OUTPUT),
        variables: vec![(String::new(), dot.clone())],
        steps: 0,
        work: 0,
        depth: 0,
    };
    run.block(root, dot)?;
    Ok(run.out.into_string())
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

struct Run<'a> {
    defined: &'a [&'a Defined],
    functions: &'a Functions,
    out: Output,
    variables: Vec<(String, Value)>,
    steps: usize,
    work: usize,
    depth: usize,
}

type Step<T> = Result<T, Error>;

fn fail<T>(place: &Place, problem: impl std::fmt::Display) -> Step<T> {
    let Place { line, column, text } = place;
    Err(Error { line: *line, column: *column, message: format!("at <{text}>: {problem}") })
}

impl Run<'_> {
    fn step(&mut self, place: &Place) -> Step<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS { fail(place, "the template takes too many steps") } else { Ok(()) }
    }

    fn deeper(&mut self, place: &Place) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { fail(place, "exceeded maximum template depth") } else { Ok(()) }
    }

    fn block(&mut self, block: &Block, dot: &Value) -> Step<Flow> {
        for node in &block.nodes {
            let flow = self.node(node, dot)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Step<Flow> {
        match node {
            Node::Text(text) => self.print(&Place::default(), text)?,
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.print(place_of(pipeline), value)?;
                }
            }
            Node::If(branch) | Node::With(branch) => {
                self.deeper(place_of(&branch.pipeline))?;
                let scope = self.variables.len();
                let value = self.pipeline(&branch.pipeline, dot)?;
                let flow = match (value.truth(), node) {
                    (true, Node::With(_)) => self.block(&branch.then, &value)?,
                    (true, _) => self.block(&branch.then, dot)?,
                    (false, _) => self.block(&branch.otherwise, dot)?,
                };
                self.variables.truncate(scope);
                self.depth -= 1;
                return Ok(flow);
            }
            Node::Range(branch) => return self.range(branch, dot),
            Node::Call { name, argument, place } => self.call(name, argument.as_ref(), place, dot)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, place: &Place, value: impl std::fmt::Display) -> Step<()> {
        write!(self.out, "{value}").or_else(|_| fail(place, "the result is too large"))
    }

    fn range(&mut self, branch: &Branch, dot: &Value) -> Step<Flow> {
        let place = place_of(&branch.pipeline);
        self.deeper(place)?;
        let scope = self.variables.len();
        // The variables are set for each element, not for the whole.
        let value = self.commands(&branch.pipeline, dot)?;
        let mut items = Items::of(value).or_else(|problem| fail(place, problem))?.peekable();
        if items.peek().is_none() {
            self.depth -= 1;
            return self.block(&branch.otherwise, dot);
        }
        for (key, value) in items {
            self.step(place)?;
            self.variables.truncate(scope);
            match branch.pipeline.variables.as_slice() {
                [only] => self.bind(only, branch.pipeline.assigns, value.clone()),
                [first, second] => {
                    self.bind(first, branch.pipeline.assigns, key);
                    self.bind(second, branch.pipeline.assigns, value.clone());
                }
                _ => {}
            }
            if self.block(&branch.then, &value)? == Flow::Break {
                break;
            }
        }
        self.variables.truncate(scope);
        self.depth -= 1;
        Ok(Flow::Next)
    }

    fn bind(&mut self, name: &str, assigns: bool, value: Value) {
        if assigns && let Some(slot) = self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            slot.1 = value;
        } else {
            self.variables.push((name.to_owned(), value));
        }
    }

    fn call(&mut self, name: &str, argument: Option<&Pipeline>, place: &Place, dot: &Value) -> Step<()> {
        let value = match argument {
            Some(pipeline) => self.pipeline(pipeline, dot)?,
            None => Value::Nil,
        };
        self.invoke(name, &value, place)
    }

    fn invoke(&mut self, name: &str, dot: &Value, place: &Place) -> Step<()> {
        let Some(block) = self.defined.iter().find_map(|defined| defined.get(name)) else {
            return fail(place, format!("template {name:?} not defined"));
        };
        let block = Arc::clone(block);
        self.step(place)?;
        self.deeper(place)?;
        let variables = std::mem::replace(&mut self.variables, vec![(String::new(), dot.clone())]);
        self.block(&block, dot)?;
        self.variables = variables;
        self.depth -= 1;
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Step<Value> {
        let value = self.commands(pipeline, dot)?;
        for name in &pipeline.variables {
            self.bind(name, pipeline.assigns, value.clone());
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: &Value) -> Step<Value> {
        let mut last = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, dot, last)?);
        }
        Ok(last.unwrap_or_default())
    }

    fn command(&mut self, command: &Command, dot: &Value, last: Option<Value>) -> Step<Value> {
        let place = &command.place;
        self.step(place)?;
        let Some((first, rest)) = command.operands.split_first() else { return Ok(Value::Nil) };
        match first {
            Operand::Function(name) => self.function(name, rest, dot, last, place),
            Operand::Nil => fail(place, "nil is not a command"),
            Operand::Field(_) | Operand::Variable { .. } | Operand::Nested { .. } => {
                let arguments = self.arguments(rest, dot, last, place)?;
                self.operand_with(first, dot, &arguments, place)
            }
            _ if !rest.is_empty() || last.is_some() => fail(place, "can't give argument to non-function"),
            operand => self.operand_with(operand, dot, &[], place),
        }
    }

    fn arguments(
        &mut self,
        operands: &[Operand],
        dot: &Value,
        last: Option<Value>,
        place: &Place,
    ) -> Step<Vec<Value>> {
        let mut arguments = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            arguments.push(self.operand_with(operand, dot, &[], place)?);
        }
        arguments.extend(last);
        Ok(arguments)
    }

    fn function(
        &mut self,
        name: &str,
        operands: &[Operand],
        dot: &Value,
        last: Option<Value>,
        place: &Place,
    ) -> Step<Value> {
        if matches!(name, "and" | "or") {
            return self.short_circuit(name == "or", operands, dot, last, place);
        }
        let arguments = self.arguments(operands, dot, last, place)?;
        if name == "tmpl.Exec" {
            return self.exec(arguments, place);
        }
        let Some(function) = self.functions.get(name) else {
            return fail(place, format!("function {name:?} not defined"));
        };
        if !function.takes(arguments.len()) {
            let (want, got) = (function.arity(), arguments.len());
            return fail(place, format!("wrong number of args for {name}: want {want} got {got}"));
        }
        let result = function.call(&arguments);
        self.charge(name, function.cost(), result, place)
    }

    /// Counts what a function made, so that what is built by doubling cannot fill the memory before it is printed.
    fn charge(
        &mut self,
        name: &str,
        cost: usize,
        result: Result<Value, String>,
        place: &Place,
    ) -> Step<Value> {
        let value = result.or_else(|problem| fail(place, format!("error calling {name}: {problem}")))?;
        let size = match &value {
            Value::Text(text) => text.len(),
            Value::List(list) => list.len() * size_of::<Value>(),
            Value::Map(map) => map.len() * 64,
            Value::Texts(texts) => texts.len() * 64,
            _ => 0,
        };
        self.work += cost + size;
        if size > MAX_OUTPUT || self.work > MAX_WORK {
            return fail(place, format!("error calling {name}: the result is too large"));
        }
        Ok(value)
    }

    /// `tmpl.Exec "name" data`: what a template prints, as a value.
    fn exec(&mut self, arguments: Vec<Value>, place: &Place) -> Step<Value> {
        let mut arguments = arguments.into_iter();
        let name = arguments.next().unwrap_or_default();
        let name =
            name.text().or_else(|problem| fail(place, format!("error calling tmpl.Exec: {problem}")))?;
        let outer = std::mem::replace(&mut self.out, Output::new(MAX_OUTPUT));
        self.invoke(name, &arguments.next().unwrap_or_default(), place)?;
        let made = std::mem::replace(&mut self.out, outer);
        self.charge("tmpl.Exec", 64, Ok(Value::from(made.into_string())), place)
    }

    /// `and` and `or` look at no more arguments than they need.
    fn short_circuit(
        &mut self,
        is_or: bool,
        operands: &[Operand],
        dot: &Value,
        last: Option<Value>,
        place: &Place,
    ) -> Step<Value> {
        let mut value = None;
        for operand in operands {
            let next = self.operand_with(operand, dot, &[], place)?;
            if next.truth() == is_or {
                return Ok(next);
            }
            value = Some(next);
        }
        match last.or(value) {
            Some(value) => Ok(value),
            None => fail(place, "wrong number of args: want at least 1 got 0"),
        }
    }

    fn operand_with(
        &mut self,
        operand: &Operand,
        dot: &Value,
        arguments: &[Value],
        place: &Place,
    ) -> Step<Value> {
        self.step(place)?;
        match operand {
            Operand::Dot => Ok(dot.clone()),
            Operand::Field(path) => self.walk(dot.clone(), path, arguments, place),
            Operand::Variable { name, path } => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                let value = known.map_or(Value::Nil, |(_, value)| value.clone());
                self.walk(value, path, arguments, place)
            }
            Operand::Constant(constant) => Ok(Value::from(constant)),
            Operand::Nil => Ok(Value::Nil),
            Operand::Function(name) => self.function(name, &[], dot, None, place),
            Operand::Nested { pipeline, path } => {
                self.deeper(place)?;
                let value = self.pipeline(pipeline, dot)?;
                self.depth -= 1;
                self.walk(value, path, arguments, place)
            }
        }
    }

    /// Follows fields; the arguments are those of the last one, which then must be a method.
    fn walk(&mut self, mut value: Value, path: &[String], arguments: &[Value], place: &Place) -> Step<Value> {
        let Some((last, path)) = path.split_last() else {
            return if arguments.is_empty() {
                Ok(value)
            } else {
                fail(place, "can't give argument to non-function")
            };
        };
        for name in path {
            value = self.field(value, name, &[], place)?;
        }
        self.field(value, last, arguments, place)
    }

    fn field(&mut self, value: Value, name: &str, arguments: &[Value], place: &Place) -> Step<Value> {
        if let Some(method) = self.functions.method(&value, name) {
            if !method.takes(arguments.len() + 1) {
                return fail(place, format!("wrong number of args for {name}: got {}", arguments.len()));
            }
            let mut all = Vec::with_capacity(arguments.len() + 1);
            all.push(value);
            all.extend_from_slice(arguments);
            let result = method.call(&all);
            return self.charge(name, method.cost(), result, place);
        }
        if !arguments.is_empty() {
            return fail(place, format!("{name} has arguments but cannot be invoked as function"));
        }
        match &value {
            Value::Map(map) => Ok(map.get(name).cloned().unwrap_or_default()),
            Value::Texts(texts) => Ok(Value::from(texts.get(name).map_or("", String::as_str))),
            Value::Record(record) => match record.fields.get(name) {
                Some(value) => Ok(value.clone()),
                None => fail(place, format!("can't evaluate field {name}: there is none of this name")),
            },
            Value::Nil => fail(place, format!("nil data; no entry for key {name:?}")),
            other => fail(place, format!("can't evaluate field {name} in type {}", other.type_name())),
        }
    }
}

fn place_of(pipeline: &Pipeline) -> &Place {
    static NOWHERE: Place = Place { line: 1, column: 1, text: String::new() };
    pipeline.commands.first().map_or(&NOWHERE, |command| &command.place)
}

/// What `range` goes through: keys and values, without a copy of the whole.
enum Items {
    List(Arc<Vec<Value>>, usize),
    Pairs(std::vec::IntoIter<(Value, Value)>),
    Count(i64, i64),
}

impl Items {
    fn of(value: Value) -> Result<Self, String> {
        let pairs = |pairs: Vec<(Value, Value)>| Self::Pairs(pairs.into_iter());
        Ok(match value {
            Value::List(list) => Self::List(list, 0),
            Value::Map(map) => {
                pairs(map.iter().map(|(key, value)| (Value::from(key.as_str()), value.clone())).collect())
            }
            Value::Texts(texts) => pairs(
                texts
                    .iter()
                    .map(|(key, text)| (Value::from(key.as_str()), Value::from(text.as_str())))
                    .collect(),
            ),
            Value::Int(count) => Self::Count(0, count),
            Value::Nil => Self::Count(0, 0),
            other => return Err(format!("range can't iterate over {}", other.type_name())),
        })
    }
}

impl Iterator for Items {
    type Item = (Value, Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::List(list, at) => {
                let value = list.get(*at)?.clone();
                *at += 1;
                Some((Value::Int(*at as i64 - 1), value))
            }
            Self::Pairs(pairs) => pairs.next(),
            Self::Count(at, end) => {
                let now = *at;
                *at += 1;
                (now < *end).then_some((Value::Int(now), Value::Int(now)))
            }
        }
    }
}
