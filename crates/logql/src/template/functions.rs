//! What templates can call.

mod alerts;
mod builtins;
mod encoding;
mod numbers;
mod strings;
mod times;

pub(crate) use strings::expand;

use crate::template::value::Value;

pub(crate) type Outcome<'a> = Result<Value<'a>, String>;

/// A function with the number of arguments that it takes.
#[derive(Debug)]
pub(crate) struct Function {
    pub name: &'static str,
    pub least: usize,
    pub most: usize,
    pub call: Call,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Plain(for<'a> fn(&[Value<'a>]) -> Outcome<'a>),
    /// Needs more than its arguments.
    Special(Special),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    And,
    Or,
    Line,
    Timestamp,
    /// Seconds since the epoch, as alerts see the time.
    Now,
    ExternalUrl,
    PathPrefix,
}

/// Whose functions a template may call, beside Go's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `line_format` and `label_format`.
    Lines,
    /// Labels and annotations of alerts.
    Alerts,
}

const ANY: usize = usize::MAX;

macro_rules! plain {
    ($($name:literal $least:tt..$most:tt $call:path),+ $(,)?) => {
        &[$(Function { name: $name, least: $least, most: $most, call: Call::Plain($call) }),+]
    };
}

static LOGIC: [Function; 2] = [
    Function { name: "and", least: 1, most: ANY, call: Call::Special(Special::And) },
    Function { name: "or", least: 1, most: ANY, call: Call::Special(Special::Or) },
];

static OF_ALERTS: [Function; 3] = [
    Function { name: "now", least: 0, most: 0, call: Call::Special(Special::Now) },
    Function { name: "externalURL", least: 0, most: 0, call: Call::Special(Special::ExternalUrl) },
    Function { name: "pathPrefix", least: 0, most: 0, call: Call::Special(Special::PathPrefix) },
];

static OF_LINES: [Function; 2] = [
    Function { name: "__line__", least: 0, most: 0, call: Call::Special(Special::Line) },
    Function { name: "__timestamp__", least: 0, most: 0, call: Call::Special(Special::Timestamp) },
];

/// What Go offers everywhere.
static GO: &[Function] = plain![
    "not" 1..1 builtins::not,
    "len" 1..1 builtins::len,
    "index" 1..ANY builtins::index,
    "slice" 1..4 builtins::slice,
    "print" 0..ANY builtins::print,
    "printf" 1..ANY builtins::printf,
    "println" 0..ANY builtins::println,
    "eq" 2..ANY builtins::eq,
    "ne" 2..2 builtins::ne,
    "lt" 2..2 builtins::lt,
    "le" 2..2 builtins::le,
    "gt" 2..2 builtins::gt,
    "ge" 2..2 builtins::ge,
    "call" 1..ANY builtins::call,
    "html" 0..ANY encoding::html,
    "js" 0..ANY encoding::js,
    "urlquery" 0..ANY encoding::urlquery,
];

static LINES: &[Function] = plain![
    "default" 1..2 builtins::default,
    "urlencode" 1..1 encoding::urlquery,
    "urldecode" 1..1 encoding::urldecode,
    "b64enc" 1..1 encoding::b64enc,
    "b64dec" 1..1 encoding::b64dec,
    "fromJson" 1..1 encoding::from_json,
    "ToLower" 1..1 strings::lower,
    "ToUpper" 1..1 strings::upper,
    "Replace" 4..4 strings::replace_n,
    "Trim" 2..2 strings::trim_set,
    "TrimLeft" 2..2 strings::trim_left,
    "TrimRight" 2..2 strings::trim_right,
    "TrimPrefix" 2..2 strings::trim_prefix_of,
    "TrimSuffix" 2..2 strings::trim_suffix_of,
    "TrimSpace" 1..1 strings::trim,
    "regexReplaceAll" 3..3 strings::regex_replace,
    "regexReplaceAllLiteral" 3..3 strings::regex_replace_literal,
    "count" 2..2 strings::count,
    "alignLeft" 2..2 strings::align_left,
    "alignRight" 2..2 strings::align_right,
    "lower" 1..1 strings::lower,
    "upper" 1..1 strings::upper,
    "title" 1..1 strings::title,
    "trunc" 2..2 strings::trunc,
    "substr" 3..3 strings::substr,
    "contains" 2..2 strings::contains,
    "hasPrefix" 2..2 strings::has_prefix,
    "hasSuffix" 2..2 strings::has_suffix,
    "indent" 2..2 strings::indent,
    "nindent" 2..2 strings::nindent,
    "replace" 3..3 strings::replace,
    "repeat" 2..2 strings::repeat,
    "trim" 1..1 strings::trim,
    "trimAll" 2..2 strings::trim_all,
    "trimSuffix" 2..2 strings::trim_suffix,
    "trimPrefix" 2..2 strings::trim_prefix,
    "bytes" 1..1 numbers::bytes,
    "duration" 1..1 numbers::duration,
    "duration_seconds" 1..1 numbers::duration,
    "int" 1..1 numbers::int,
    "float64" 1..1 numbers::float64,
    "add" 0..ANY numbers::add,
    "sub" 2..2 numbers::sub,
    "mul" 1..ANY numbers::mul,
    "div" 2..2 numbers::div,
    "mod" 2..2 numbers::modulo,
    "addf" 0..ANY numbers::addf,
    "subf" 1..ANY numbers::subf,
    "mulf" 1..ANY numbers::mulf,
    "divf" 1..ANY numbers::divf,
    "max" 1..ANY numbers::max,
    "min" 1..ANY numbers::min,
    "maxf" 1..ANY numbers::maxf,
    "minf" 1..ANY numbers::minf,
    "ceil" 1..1 numbers::ceil,
    "floor" 1..1 numbers::floor,
    "round" 2..3 numbers::round,
    "now" 0..0 times::now,
    "date" 2..2 times::date,
    "toDate" 2..2 times::to_date,
    "toDateInZone" 3..3 times::to_date_in_zone,
    "unixEpoch" 1..1 times::unix_epoch,
    "unixEpochMillis" 1..1 times::unix_epoch_millis,
    "unixEpochNanos" 1..1 times::unix_epoch_nanos,
    "unixToTime" 1..1 times::unix_to_time,
];

static ALERTS: &[Function] = plain![
    "args" 0..ANY alerts::args,
    "graphLink" 1..1 alerts::graph_link,
    "tableLink" 1..1 alerts::table_link,
    "humanize" 1..1 alerts::humanize,
    "humanize1024" 1..1 alerts::humanize1024,
    "humanizeDuration" 1..1 alerts::humanize_duration,
    "humanizePercentage" 1..1 alerts::humanize_percentage,
    "humanizeTimestamp" 1..1 alerts::humanize_timestamp,
    "match" 2..2 alerts::matches,
    "parseDuration" 1..1 alerts::parse_duration,
    "reReplaceAll" 3..3 alerts::re_replace_all,
    "safeHtml" 1..1 alerts::safe_html,
    "stripDomain" 1..1 alerts::strip_domain,
    "stripPort" 1..1 alerts::strip_port,
    "title" 1..1 strings::title,
    "toDuration" 1..1 alerts::to_duration,
    "toLower" 1..1 strings::lower,
    "toTime" 1..1 alerts::to_time,
    "toUpper" 1..1 strings::upper,
    "urlQueryEscape" 1..1 encoding::urlquery,
];

pub(crate) fn find(name: &str, dialect: Dialect) -> Option<&'static Function> {
    let of_dialect: [&'static [Function]; 2] = match dialect {
        Dialect::Lines => [&OF_LINES, LINES],
        Dialect::Alerts => [&OF_ALERTS, ALERTS],
    };
    let all = LOGIC.iter().chain(GO).chain(of_dialect.into_iter().flatten());
    all.into_iter().find(|function| function.name == name)
}
