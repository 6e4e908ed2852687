//! Running a template.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::template::functions::{Call, Special};
use crate::template::node::{Block, Branch, Command, Node, Operand, Pipeline, Place, Template};
use crate::template::time::Time;
use crate::template::value::Value;
use crate::template::{Data, Field};

/// Longer results are an error.
pub(crate) const MAX_OUTPUT: usize = 1 << 20;
/// Nodes and operands that one run may visit.
const MAX_STEPS: usize = 1 << 20;
/// Templates calling templates.
const MAX_CALLS: usize = 64;

/// Templates of nothing but text and labels need no machinery. `None` for others.
pub(crate) fn simple(nodes: &[Node], data: &dyn Data, out: &mut String) -> Option<Result<(), String>> {
    let start = out.len();
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Action(pipeline) => match plain_field(pipeline) {
                Some(field) => out.push_str(data.label(field).unwrap_or_default()),
                None => {
                    out.truncate(start);
                    return None;
                }
            },
            _ => {
                out.truncate(start);
                return None;
            }
        }
    }
    Some(Ok(()))
}

fn plain_field(pipeline: &Pipeline) -> Option<Field<'_>> {
    match (pipeline.variables.as_slice(), pipeline.commands.as_slice()) {
        ([], [Command { operands, .. }]) => match operands.as_slice() {
            [Operand::Field { slot, path }] if path.len() == 1 => Some(Field { slot: *slot, name: &path[0] }),
            _ => None,
        },
        _ => None,
    }
}

/// Runs a template on its dot; `variables` are those that it was parsed with.
pub(crate) fn run<'a>(
    name: &'a str,
    template: &'a Template,
    data: &'a dyn Data,
    (dot, variables): (Value<'a>, &[(&'a str, Value<'a>)]),
    out: &mut String,
) -> Result<(), String> {
    let mut known = vec![("", dot.clone())];
    known.extend_from_slice(variables);
    let mut run = Run { name, template, data, out, variables: known, steps: 0, calls: 0 };
    run.block(&template.root, &dot).map(drop)
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

struct Run<'a, 'o> {
    name: &'a str,
    template: &'a Template,
    data: &'a dyn Data,
    out: &'o mut String,
    variables: Vec<(&'a str, Value<'a>)>,
    steps: usize,
    calls: usize,
}

impl<'a> Run<'a, '_> {
    fn fail<T>(&self, place: &Place, problem: &str) -> Result<T, String> {
        let Place { line, column, text } = place;
        let name = self.name;
        Err(format!("template: {name}:{line}:{column}: executing \"{name}\" at <{text}>: {problem}"))
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.out.len() > MAX_OUTPUT {
            return Err(format!("template: {}: the result takes too long or is too large", self.name));
        }
        Ok(())
    }

    fn block(&mut self, block: &'a Block, dot: &Value<'a>) -> Result<Flow, String> {
        for node in &block.nodes {
            let flow = self.node(node, dot)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &'a Node, dot: &Value<'a>) -> Result<Flow, String> {
        self.step()?;
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.print(&value);
                }
            }
            Node::If(branch) | Node::With(branch) => {
                let scope = self.variables.len();
                let value = self.pipeline(&branch.pipeline, dot)?;
                let flow = match (value.truth(), node) {
                    (true, Node::With(_)) => self.block(&branch.then, &value)?,
                    (true, _) => self.block(&branch.then, dot)?,
                    (false, _) => self.block(&branch.otherwise, dot)?,
                };
                self.variables.truncate(scope);
                return Ok(flow);
            }
            Node::Range(branch) => return self.range(branch, dot),
            Node::Call { name, argument, place } => self.call(name, argument.as_ref(), place, dot)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, value: &Value<'a>) {
        use std::fmt::Write as _;
        match value {
            Value::Text(text) => self.out.push_str(text),
            Value::Labels => {
                let all = self.all_labels();
                let _infallible = write!(self.out, "{}", Value::Map(all));
            }
            value => {
                let _infallible = write!(self.out, "{value}");
            }
        }
    }

    fn all_labels(&self) -> Rc<BTreeMap<String, Value<'a>>> {
        let mut all = BTreeMap::new();
        self.data.labels(&mut |name, value| {
            all.insert(name.to_owned(), Value::from(value.to_owned()));
        });
        Rc::new(all)
    }

    fn range(&mut self, branch: &'a Branch, dot: &Value<'a>) -> Result<Flow, String> {
        let scope = self.variables.len();
        // The variables are set for each element, not for the whole.
        let value = self.commands(&branch.pipeline, dot)?;
        let items: Vec<(Value<'a>, Value<'a>)> = match &value {
            Value::List(list) => {
                list.iter().enumerate().map(|(at, value)| (Value::Int(at as i64), value.clone())).collect()
            }
            Value::Map(map) => {
                map.iter().map(|(key, value)| (Value::from(key.clone()), value.clone())).collect()
            }
            Value::Labels => {
                let all = self.all_labels();
                all.iter().map(|(key, value)| (Value::from(key.clone()), value.clone())).collect()
            }
            Value::Texts(texts) => {
                let entry =
                    |(key, text): (&String, &String)| (Value::from(key.clone()), Value::from(text.clone()));
                texts.iter().map(entry).collect()
            }
            Value::Int(count) => {
                (0..(*count).min(MAX_STEPS as i64)).map(|at| (Value::Int(at), Value::Int(at))).collect()
            }
            Value::Nil => Vec::new(),
            other => {
                let problem = format!("range can't iterate over {other}");
                return self.fail(&branch.pipeline.commands[0].place, &problem);
            }
        };
        if items.is_empty() {
            return self.block(&branch.otherwise, dot);
        }
        for (key, value) in items {
            self.step()?;
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
        Ok(Flow::Next)
    }

    fn bind(&mut self, name: &'a str, assigns: bool, value: Value<'a>) {
        if assigns && let Some(slot) = self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            slot.1 = value;
        } else {
            self.variables.push((name, value));
        }
    }

    fn call(
        &mut self,
        name: &str,
        argument: Option<&'a Pipeline>,
        place: &Place,
        dot: &Value<'a>,
    ) -> Result<(), String> {
        let template: &'a Template = self.template;
        let Some(block) = template.defined.get(name) else {
            return self.fail(place, &format!("template \"{name}\" not defined"));
        };
        let value = match argument {
            Some(pipeline) => self.pipeline(pipeline, dot)?,
            None => Value::Nil,
        };
        self.calls += 1;
        if self.calls > MAX_CALLS {
            return self.fail(place, "exceeded maximum template depth");
        }
        let variables = std::mem::replace(&mut self.variables, vec![("", value.clone())]);
        self.block(block, &value)?;
        self.variables = variables;
        self.calls -= 1;
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline, dot: &Value<'a>) -> Result<Value<'a>, String> {
        let value = self.commands(pipeline, dot)?;
        for name in &pipeline.variables {
            self.bind(name, pipeline.assigns, value.clone());
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &'a Pipeline, dot: &Value<'a>) -> Result<Value<'a>, String> {
        let mut last = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, dot, last)?);
        }
        Ok(last.unwrap_or(Value::Nil))
    }

    fn command(
        &mut self,
        command: &'a Command,
        dot: &Value<'a>,
        last: Option<Value<'a>>,
    ) -> Result<Value<'a>, String> {
        self.step()?;
        let Some((first, rest)) = command.operands.split_first() else { return Ok(Value::Nil) };
        let function = match first {
            Operand::Function(function) => *function,
            Operand::Nil => return self.fail(&command.place, "nil is not a command"),
            _ if !rest.is_empty() || last.is_some() => {
                return self.fail(&command.place, "can't give argument to non-function");
            }
            operand => return self.operand(operand, dot, &command.place),
        };
        if let Call::Special(special @ (Special::And | Special::Or)) = function.call {
            return self.short_circuit(special, rest, dot, last, &command.place);
        }
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for operand in rest {
            arguments.push(self.operand(operand, dot, &command.place)?);
        }
        arguments.extend(last);
        if arguments.len() < function.least || arguments.len() > function.most {
            let name = function.name;
            let (want, got) = (function.least, arguments.len());
            return self
                .fail(&command.place, &format!("wrong number of args for {name}: want {want} got {got}"));
        }
        let result = match function.call {
            Call::Plain(call) => {
                // Functions see the labels as any other map.
                for argument in &mut arguments {
                    if matches!(argument, Value::Labels) {
                        *argument = Value::Map(self.all_labels());
                    }
                }
                call(&arguments)
            }
            Call::Special(special) => Ok(self.special(special)),
        };
        match result {
            // What is built by doubling must not fill the memory before it is printed.
            Ok(Value::Text(text)) if text.len() > MAX_OUTPUT => self
                .fail(&command.place, &format!("error calling {}: the result is too large", function.name)),
            Ok(value) => Ok(value),
            Err(problem) => self.fail(&command.place, &format!("error calling {}: {problem}", function.name)),
        }
    }

    /// What a function without arguments knows.
    fn special(&self, special: Special) -> Value<'a> {
        let data: &'a dyn Data = self.data;
        match special {
            Special::Line => Value::Text(Cow::Borrowed(data.line())),
            Special::Timestamp => Value::Time(Time::utc(data.timestamp())),
            Special::Now => Value::Float(data.timestamp() as f64 / 1e9),
            Special::ExternalUrl => Value::Text(Cow::Borrowed(data.external_url())),
            Special::PathPrefix => Value::Text(Cow::Borrowed(path_of(data.external_url()))),
            Special::And | Special::Or => Value::Nil,
        }
    }

    /// `and` and `or` look at no more arguments than they need.
    fn short_circuit(
        &mut self,
        special: Special,
        operands: &'a [Operand],
        dot: &Value<'a>,
        last: Option<Value<'a>>,
        place: &Place,
    ) -> Result<Value<'a>, String> {
        let mut value = Value::Nil;
        for operand in operands {
            value = self.operand(operand, dot, place)?;
            if value.truth() == (special == Special::Or) {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    fn operand(&mut self, operand: &'a Operand, dot: &Value<'a>, place: &Place) -> Result<Value<'a>, String> {
        self.step()?;
        match operand {
            Operand::Dot => Ok(dot.clone()),
            Operand::Field { slot, path } => match dot {
                Value::Labels => {
                    let label = self.data.label(Field { slot: *slot, name: &path[0] }).unwrap_or_default();
                    self.walk(Value::Text(Cow::Borrowed(label)), &path[1..], place)
                }
                dot => self.walk(dot.clone(), path, place),
            },
            Operand::Variable { name, path } => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                let value = known.map_or(Value::Nil, |(_, value)| value.clone());
                self.walk(value, path, place)
            }
            Operand::Constant(constant) => Ok(Value::from(constant)),
            Operand::Nil => Ok(Value::Nil),
            Operand::Function(function) => match function.call {
                Call::Special(special) if function.most == 0 => Ok(self.special(special)),
                Call::Plain(call) if function.least == 0 => call(&[]).or_else(|problem| {
                    self.fail(place, &format!("error calling {}: {problem}", function.name))
                }),
                _ => self.fail(place, &format!("wrong number of args for {}", function.name)),
            },
            Operand::Nested { pipeline, path } => {
                let value = self.pipeline(pipeline, dot)?;
                self.walk(value, path, place)
            }
        }
    }

    /// Follows fields.
    fn walk(&self, mut value: Value<'a>, path: &'a [String], place: &Place) -> Result<Value<'a>, String> {
        for name in path {
            value = match &value {
                Value::Map(map) => map.get(name).cloned().unwrap_or(Value::Nil),
                Value::Texts(texts) => Value::from(texts.get(name).cloned().unwrap_or_default()),
                Value::Labels => {
                    let mut found = String::new();
                    self.data.labels(&mut |label, text| {
                        if label == name {
                            text.clone_into(&mut found);
                        }
                    });
                    Value::from(found)
                }
                Value::Nil => return self.fail(place, &format!("nil data; no entry for key \"{name}\"")),
                other => {
                    let kind = other.type_name();
                    return self.fail(place, &format!("can't evaluate field {name} in type {kind}"));
                }
            };
        }
        Ok(value)
    }
}

/// The path of a URL.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
    path.split(['?', '#']).next().unwrap_or_default()
}
