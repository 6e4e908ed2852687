//! What the lexer yields, with the names that error messages use.

/// One word of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Identifier(String),
    String(String),
    /// As written; converted where the grammar takes a number.
    Number(String),
    /// Nanoseconds.
    Duration(i64),
    Bytes(u64),
    /// `[5m]`, in nanoseconds.
    Range(i64),
    /// `--strict`, `--keep-empty`.
    Flag(&'static str),
    /// A name that the grammar knows as a function here, in lower case.
    Function(&'static str),
    /// Punctuation, operators and keywords.
    Symbol(&'static str),
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub token: Token,
    /// Byte offset of its first character.
    pub offset: usize,
    /// Loki's lexer loses the line number of tokens that it assembles from several scans, and prints 0.
    pub lineless: bool,
}

impl Token {
    /// The token's name in an error message.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Identifier(_) => "IDENTIFIER".to_owned(),
            Self::String(_) => "STRING".to_owned(),
            Self::Number(_) => "NUMBER".to_owned(),
            Self::Duration(_) => "DURATION".to_owned(),
            Self::Bytes(_) => "BYTES".to_owned(),
            Self::Range(_) => "RANGE".to_owned(),
            Self::Flag(_) => "FUNCTION_FLAG".to_owned(),
            Self::Function(name) => match *name {
                "bytes" => "BYTES_CONV".to_owned(),
                "duration" => "DURATION_CONV".to_owned(),
                "duration_seconds" => "DURATION_SECONDS_CONV".to_owned(),
                "ip" => "ip".to_owned(),
                name => name.to_ascii_uppercase(),
            },
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => "$end".to_owned(),
        }
    }
}

/// Names that are functions when an opening parenthesis (or `by`, `without`) follows, identifiers otherwise.
pub(crate) const FUNCTIONS: [&str; 33] = [
    "rate",
    "rate_counter",
    "count_over_time",
    "bytes_over_time",
    "bytes_rate",
    "absent_over_time",
    "sum_over_time",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "stdvar_over_time",
    "stddev_over_time",
    "quantile_over_time",
    "first_over_time",
    "last_over_time",
    "sum",
    "avg",
    "max",
    "min",
    "count",
    "stddev",
    "stdvar",
    "bottomk",
    "topk",
    "approx_topk",
    "sort",
    "sort_desc",
    "label_replace",
    "vector",
    "bytes",
    "duration",
    "duration_seconds",
    "ip",
];

/// Words that are keywords wherever they stand.
pub(crate) const KEYWORDS: [&str; 22] = [
    "and",
    "or",
    "unless",
    "bool",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "unwrap",
    "json",
    "logfmt",
    "regexp",
    "pattern",
    "unpack",
    "line_format",
    "label_format",
    "decolorize",
    "drop",
    "keep",
    "by",
    "without",
];

/// Operators of two characters, then of one: the longer one wins.
pub(crate) const SYMBOLS: [&str; 27] = [
    "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "(", ")", "]", ",", ".", "=", "|",
    ">", "<", "+", "-", "*", "/", "%", "^",
];

/// Keywords compare without regard to case.
pub(crate) fn lookup(table: &[&'static str], word: &str) -> Option<&'static str> {
    table.iter().copied().find(|known| known.eq_ignore_ascii_case(word))
}
