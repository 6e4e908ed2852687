//! The words of the language.

use crate::field::Field;
use crate::test::Static;

/// Operators and punctuation.
pub(super) const SYMBOLS: [&str; 44] = [
    // Longer ones first: the lexer takes the first that fits.
    "&>>", "&<<", "!>>", "!<<", "&&", "||", "&>", "&<", "&~", "!>", "!<", "!~", "!=", "=~", ">>", "<<", ">=",
    "<=", "=", "~", "<", ">", "|", "!", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}",
    ",", // and what is no token
    // of the language, so that errors can name it:
    "&", "?", "[", "]", ";", "@", "#", "$", "\\",
];

/// How many of [`SYMBOLS`] the language knows.
pub(super) const KNOWN_SYMBOLS: usize = 35;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Symbol(&'static str),
    /// A number, text, duration or a word that stands for a value.
    Static(Static),
    Field(Field),
    /// `parent` or an attribute of it: known, but not supported.
    Parent(Box<str>),
    /// A word that only some places know: functions, hints, and whatever is no word of the language.
    Word(Box<str>),
    End,
}

impl Token {
    /// How errors call the token.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Symbol(text) => (*text).to_owned(),
            Self::Static(Static::Int(_)) => "INTEGER".to_owned(),
            Self::Static(Static::Float(_)) => "FLOAT".to_owned(),
            Self::Static(Static::Str(_)) => "STRING".to_owned(),
            Self::Static(Static::Duration(_)) => "DURATION".to_owned(),
            Self::Static(Static::Bool(value)) => value.to_string(),
            Self::Static(Static::Nil) => "nil".to_owned(),
            Self::Static(Static::Status(status)) => status.name().to_owned(),
            Self::Static(Static::Kind(kind)) => kind.name().to_owned(),
            Self::Field(Field::Intrinsic(intrinsic)) => intrinsic.name().to_owned(),
            Self::Field(field @ Field::Attribute { .. }) => {
                let text = field.to_string();
                text[..=text.find('.').unwrap_or(0)].to_owned()
            }
            Self::Parent(_) => "parent".to_owned(),
            Self::Word(word) if is_reserved(word) => word.to_string(),
            Self::Word(_) => "IDENTIFIER".to_owned(),
            Self::End => "$end".to_owned(),
        }
    }
}

/// Functions and other words that the grammar names.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "count"
            | "avg"
            | "min"
            | "max"
            | "sum"
            | "by"
            | "coalesce"
            | "select"
            | "with"
            | "rate"
            | "count_over_time"
            | "min_over_time"
            | "max_over_time"
            | "avg_over_time"
            | "sum_over_time"
            | "quantile_over_time"
            | "histogram_over_time"
            | "compare"
            | "topk"
            | "bottomk"
    )
}
