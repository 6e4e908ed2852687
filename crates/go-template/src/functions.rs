//! What templates can call.

mod builtins;
mod collections;
mod encoding;
mod humanize;
mod strings;
mod times;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use times::parse_duration;

use crate::value::Value;

pub(crate) type Outcome = Result<Value, String>;
type Call = dyn Fn(&[Value]) -> Outcome + Send + Sync;

/// No upper limit of arguments.
pub(crate) const ANY: usize = usize::MAX;
/// What calling a plain function costs, beside the bytes it makes.
const COST: usize = 64;
/// What compiling a regular expression costs.
const COST_OF_REGEX: usize = 8 << 10;

/// A function with the number of arguments that it takes.
#[derive(Clone)]
pub(crate) struct Function {
    least: usize,
    most: usize,
    cost: usize,
    call: Arc<Call>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("arity", &self.arity()).finish_non_exhaustive()
    }
}

impl Function {
    pub(crate) fn takes(&self, arguments: usize) -> bool {
        (self.least..=self.most).contains(&arguments)
    }

    pub(crate) fn arity(&self) -> String {
        match (self.least, self.most) {
            (least, ANY) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        }
    }

    pub(crate) fn call(&self, arguments: &[Value]) -> Outcome {
        (self.call)(arguments)
    }

    pub(crate) fn cost(&self) -> usize {
        self.cost
    }
}

/// Values that methods belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    List,
    Texts,
    Map,
    Record,
    Time,
}

impl Shape {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::List(_) => Some(Self::List),
            Value::Texts(_) => Some(Self::Texts),
            Value::Map(_) => Some(Self::Map),
            Value::Record(_) => Some(Self::Record),
            Value::Time(_) => Some(Self::Time),
            _ => None,
        }
    }
}

/// The functions and methods that a template may call. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Functions {
    functions: Arc<HashMap<String, Function>>,
    methods: Arc<HashMap<(Shape, String), Function>>,
}

type Plain = fn(&[Value]) -> Outcome;

/// What Go offers everywhere; `and` and `or` are part of running a template.
const GO: &[(&str, usize, usize, Plain)] = &[
    ("not", 1, 1, builtins::not),
    ("len", 1, 1, builtins::len),
    ("index", 1, ANY, builtins::index),
    ("slice", 1, 4, builtins::slice),
    ("print", 0, ANY, builtins::print),
    ("printf", 1, ANY, builtins::printf),
    ("println", 0, ANY, builtins::println),
    ("eq", 2, ANY, builtins::eq),
    ("ne", 2, 2, builtins::ne),
    ("lt", 2, 2, builtins::lt),
    ("le", 2, 2, builtins::le),
    ("gt", 2, 2, builtins::gt),
    ("ge", 2, 2, builtins::ge),
    ("call", 1, ANY, builtins::call),
    ("html", 0, ANY, encoding::html),
    ("js", 0, ANY, encoding::js),
    ("urlquery", 0, ANY, encoding::urlquery),
];

/// What Prometheus adds for labels and annotations.
const PROMETHEUS: &[(&str, usize, usize, Plain)] = &[
    ("args", 0, ANY, collections::args),
    ("first", 1, 1, collections::first),
    ("graphLink", 1, 1, encoding::graph_link),
    ("tableLink", 1, 1, encoding::table_link),
    ("humanize", 1, 1, humanize::humanize),
    ("humanize1024", 1, 1, humanize::humanize1024),
    ("humanizeDuration", 1, 1, humanize::duration),
    ("humanizePercentage", 1, 1, humanize::percentage),
    ("humanizeTimestamp", 1, 1, times::humanize_timestamp),
    ("toTime", 1, 1, times::to_time),
    ("parseDuration", 1, 1, times::parse),
    ("title", 1, 1, strings::title),
    ("toLower", 1, 1, strings::lower),
    ("toUpper", 1, 1, strings::upper),
    ("trimSpace", 1, 1, strings::trim_space),
    ("safeHtml", 1, 1, strings::same),
    ("stripPort", 1, 1, strings::strip_port),
    ("stripDomain", 1, 1, strings::strip_domain),
];

/// What Alertmanager and Grafana add for messages.
const MESSAGES: &[(&str, usize, usize, Plain)] = &[
    ("title", 1, 1, strings::title),
    ("toLower", 1, 1, strings::lower),
    ("toUpper", 1, 1, strings::upper),
    ("trimSpace", 1, 1, strings::trim_space),
    ("safeHtml", 1, 1, strings::same),
    ("safeUrl", 1, 1, strings::same),
    ("urlUnescape", 1, 1, encoding::url_unescape),
    ("join", 2, 2, strings::join),
    ("stringSlice", 0, ANY, strings::string_slice),
    ("humanizeDuration", 1, 1, humanize::duration),
    ("date", 2, 2, times::date),
    ("tz", 2, 2, times::tz),
    ("since", 1, 1, times::since),
    ("toJson", 1, 1, collections::to_json),
    ("coll.Dict", 0, ANY, collections::dict),
    ("coll.Slice", 0, ANY, collections::slice),
    ("coll.Append", 2, 2, collections::append),
    ("data.JSON", 1, 1, collections::from_json),
    ("data.ToJSON", 1, 1, collections::to_json),
    ("data.ToJSONPretty", 2, 2, collections::to_json_pretty),
];

const REGEX: &[(&str, usize, usize, Plain)] =
    &[("match", 2, 2, strings::matches), ("reReplaceAll", 3, 3, strings::re_replace_all)];

impl Functions {
    /// Go's own.
    #[must_use]
    pub fn go() -> Self {
        Self { functions: Arc::new(HashMap::new()), methods: Arc::new(HashMap::new()) }.with(GO, COST)
    }

    /// Go's and those that Prometheus offers to labels and annotations.
    #[must_use]
    pub fn prometheus() -> Self {
        Self::go().with(PROMETHEUS, COST).with(REGEX, COST_OF_REGEX)
    }

    /// Go's and those that Alertmanager and Grafana offer to messages.
    #[must_use]
    pub fn messages() -> Self {
        let mut all = Self::go().with(MESSAGES, COST).with(REGEX, COST_OF_REGEX);
        all.register_method(Shape::Time, "Format", 1, 1, |args| {
            times::date(&[args[1].clone(), args[0].clone()])
        });
        all.register_method(Shape::Time, "Unix", 0, 0, times::unix);
        all.register_method(Shape::Time, "IsZero", 0, 0, |_| Ok(Value::Bool(false)));
        all
    }

    fn with(mut self, table: &'static [(&str, usize, usize, Plain)], cost: usize) -> Self {
        let functions = Arc::make_mut(&mut self.functions);
        for (name, least, most, call) in table {
            let function = Function { least: *least, most: *most, cost, call: Arc::new(*call) };
            functions.insert((*name).to_owned(), function);
        }
        self
    }

    /// Adds a function, in place of one of the same name. It gets at least `least` and at most `most` arguments.
    pub fn register(
        &mut self,
        name: &str,
        least: usize,
        most: usize,
        call: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) {
        let function = Function { least, most, cost: COST, call: Arc::new(call) };
        Arc::make_mut(&mut self.functions).insert(name.to_owned(), function);
    }

    /// Adds a method of values of a shape. Its first argument is the value; `least` and `most` don't count it. A method
    /// comes before a key of the same name, as in Go.
    pub fn register_method(
        &mut self,
        shape: Shape,
        name: &str,
        least: usize,
        most: usize,
        call: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) {
        let function = Function { least: least + 1, most: most + 1, cost: COST, call: Arc::new(call) };
        Arc::make_mut(&mut self.methods).insert((shape, name.to_owned()), function);
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        matches!(name, "and" | "or" | "tmpl.Exec") || self.functions.contains_key(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Function> {
        self.functions.get(name).cloned()
    }

    pub(crate) fn method(&self, value: &Value, name: &str) -> Option<Function> {
        if self.methods.is_empty() {
            return None;
        }
        self.methods.get(&(Shape::of(value)?, name.to_owned())).cloned()
    }
}

impl Default for Functions {
    fn default() -> Self {
        Self::go()
    }
}
