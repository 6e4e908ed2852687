//! Selectors and pipeline stages.

use crate::error::ParseError;
use crate::syntax::ast::{
    Extraction, FilterOp, FormatSource, LabelEdit, LabelFormat, LineFilter, LineMatch, LogExpr, LogfmtFlags,
    MatchOp, Matcher, Selector, Stage, Unwrap,
};
use crate::syntax::parser::Parser;
use crate::syntax::token::Token;

/// Stages, and what closes them in a metric query.
pub(super) type Pipeline = (Vec<Stage>, Option<Unwrap>);

/// Stages are looked at in pairs; nobody writes as many.
const MAX_STAGES: usize = 500;

/// Whether `unwrap` may end a pipeline.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UnwrapIs {
    Allowed,
    Refused,
}

impl Parser<'_> {
    /// A selector with its pipeline.
    pub(super) fn log(&mut self) -> Result<LogExpr, ParseError> {
        let selector = self.selector()?;
        let (stages, _) = self.pipeline(UnwrapIs::Refused)?;
        Ok(LogExpr { selector, stages })
    }

    pub(super) fn selector(&mut self) -> Result<Selector, ParseError> {
        self.expect("{")?;
        let mut matchers = Vec::new();
        if self.eat("}") {
            return Ok(Selector { matchers });
        }
        let mut expecting = "IDENTIFIER or }";
        loop {
            let name = self.identifier(expecting)?;
            let Some(op) = self.match_op() else { return Err(self.unexpected("= or =~ or !~ or !=")) };
            matchers.push(Matcher { name, op, value: self.string("STRING")? });
            if self.eat("}") {
                return Ok(Selector { matchers });
            }
            if !self.eat(",") {
                return Err(self.unexpected("} or ,"));
            }
            expecting = "IDENTIFIER";
        }
    }

    pub(super) fn match_op(&mut self) -> Option<MatchOp> {
        let op = match self.peek() {
            Token::Symbol("=") => MatchOp::Equal,
            Token::Symbol("!=") => MatchOp::NotEqual,
            Token::Symbol("=~") => MatchOp::Regex,
            Token::Symbol("!~") => MatchOp::NotRegex,
            _ => return None,
        };
        self.advance();
        Some(op)
    }

    /// Stages as long as there are any.
    pub(super) fn pipeline(&mut self, unwrap: UnwrapIs) -> Result<Pipeline, ParseError> {
        let mut stages = Vec::new();
        loop {
            if stages.len() > MAX_STAGES {
                let message = format!("too many stages in the pipeline (limit: {MAX_STAGES})");
                return Err(ParseError::new(message));
            }
            if let Some(filter) = self.line_filter()? {
                stages.push(Stage::LineFilter(filter));
                continue;
            }
            if !self.at_symbol("|") {
                return Ok((stages, None));
            }
            self.advance();
            if unwrap == UnwrapIs::Allowed && self.eat("unwrap") {
                return Ok((stages, Some(self.unwrap()?)));
            }
            stages.push(self.stage()?);
        }
    }

    fn line_filter(&mut self) -> Result<Option<LineFilter>, ParseError> {
        let op = match self.peek() {
            Token::Symbol("|=") => FilterOp::Contains,
            Token::Symbol("!=") => FilterOp::NotContains,
            Token::Symbol("|~") => FilterOp::Regex,
            Token::Symbol("!~") => FilterOp::NotRegex,
            Token::Symbol("|>") => FilterOp::Pattern,
            Token::Symbol("!>") => FilterOp::NotPattern,
            _ => return Ok(None),
        };
        self.advance();
        let mut operands = vec![self.line_match()?];
        while self.eat("or") {
            operands.push(self.line_match()?);
        }
        Ok(Some(LineFilter { op, operands }))
    }

    fn line_match(&mut self) -> Result<LineMatch, ParseError> {
        match self.peek() {
            Token::Function("ip") => self.ip().map(LineMatch::Ip),
            _ => self.string("STRING or ip").map(LineMatch::Text),
        }
    }

    /// `ip("…")`
    pub(super) fn ip(&mut self) -> Result<String, ParseError> {
        self.advance();
        self.expect("(")?;
        let pattern = self.string("STRING")?;
        self.expect(")")?;
        Ok(pattern)
    }

    /// What follows a `|`.
    fn stage(&mut self) -> Result<Stage, ParseError> {
        let Token::Symbol(keyword) = *self.peek() else {
            return self.label_filter_stage();
        };
        let simple = |parser: &mut Self| parser.string("STRING");
        if keyword == "(" {
            return self.label_filter_stage();
        }
        let at = self.at;
        self.advance();
        match keyword {
            "json" => Ok(Stage::Json(self.extractions()?)),
            "logfmt" => Ok(Stage::Logfmt { flags: self.logfmt_flags(), extractions: self.extractions()? }),
            "regexp" => simple(self).map(Stage::Regexp),
            "pattern" => simple(self).map(Stage::Pattern),
            "line_format" => simple(self).map(Stage::LineFormat),
            "unpack" => Ok(Stage::Unpack),
            "decolorize" => Ok(Stage::Decolorize),
            "label_format" => self.label_formats().map(Stage::LabelFormat),
            "drop" => self.label_edits().map(Stage::Drop),
            "keep" => self.label_edits().map(Stage::Keep),
            _ => {
                self.at = at;
                Err(self.unexpected(""))
            }
        }
    }

    fn label_filter_stage(&mut self) -> Result<Stage, ParseError> {
        match self.peek() {
            Token::Identifier(_) | Token::Symbol("(") => self.label_filter("").map(Stage::LabelFilter),
            _ => Err(self.unexpected("")),
        }
    }

    fn logfmt_flags(&mut self) -> LogfmtFlags {
        let mut flags = LogfmtFlags::default();
        while let Token::Flag(flag) = *self.peek() {
            match flag {
                "--strict" => flags.strict = true,
                _ => flags.keep_empty = true,
            }
            self.advance();
        }
        flags
    }

    /// `a="x.y", b`: none is fine.
    fn extractions(&mut self) -> Result<Vec<Extraction>, ParseError> {
        if !matches!(self.peek(), Token::Identifier(_)) {
            return Ok(Vec::new());
        }
        self.list(|parser| {
            let name = parser.identifier("IDENTIFIER")?;
            let expression = if parser.eat("=") { parser.string("STRING")? } else { name.clone() };
            Ok(Extraction { name, expression })
        })
    }

    fn label_formats(&mut self) -> Result<Vec<LabelFormat>, ParseError> {
        self.list(|parser| {
            let name = parser.identifier("IDENTIFIER")?;
            parser.expect("=")?;
            let source = match parser.peek() {
                Token::Identifier(_) => FormatSource::Label(parser.identifier("")?),
                _ => FormatSource::Template(parser.string("IDENTIFIER or STRING")?),
            };
            Ok(LabelFormat { name, source })
        })
    }

    fn label_edits(&mut self) -> Result<Vec<LabelEdit>, ParseError> {
        self.list(|parser| {
            let name = parser.identifier("IDENTIFIER")?;
            match parser.match_op() {
                Some(op) => Ok(LabelEdit::Matching(Matcher { name, op, value: parser.string("STRING")? })),
                None => Ok(LabelEdit::Name(name)),
            }
        })
    }

    /// One or more, with commas between.
    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }
}
