//! Pieces of a template to its tree.

use std::collections::BTreeMap;

use crate::template::functions::{self, Dialect};
use crate::template::lexer::{self, Piece, Placed, Word};
use crate::template::node::{Block, Branch, Command, Node, Operand, Pipeline, Place, Template};
use crate::template::value::Constant;

/// Deeper nesting is refused.
const MAX_DEPTH: usize = 64;

/// Parses a template in which these variables are set; errors start with the line.
pub(crate) fn parse(text: &str, dialect: Dialect, variables: &[&str]) -> Result<Template, String> {
    let located = |(at, message): lexer::Fault| {
        let line = text[..at.min(text.len())].matches('\n').count() + 1;
        format!("{line}: {message}")
    };
    let pieces = lexer::split(text).map_err(located)?;
    let mut parser = Parser {
        text,
        dialect,
        pieces: pieces.into_iter(),
        fields: Vec::new(),
        reads_everything: false,
        defined: BTreeMap::new(),
        variables: std::iter::once("").chain(variables.iter().copied()).map(str::to_owned).collect(),
        loops: 0,
        depth: 0,
        inner: 0,
    };
    let (root, end) = parser.block().map_err(located)?;
    match end {
        Closed::Text => Ok(Template {
            root,
            defined: parser.defined,
            fields: parser.fields,
            reads_everything: parser.reads_everything,
        }),
        Closed::End(at) => Err(located((at, "unexpected {{end}}".to_owned()))),
        Closed::Else(at, _) => Err(located((at, "unexpected {{else}}".to_owned()))),
    }
}

type Parsed<T> = Result<T, lexer::Fault>;

/// What closed a block.
enum Closed {
    Text,
    End(usize),
    /// With the words behind `else`.
    Else(usize, Vec<Placed>),
}

struct Parser<'a> {
    text: &'a str,
    dialect: Dialect,
    pieces: std::vec::IntoIter<Piece>,
    fields: Vec<String>,
    reads_everything: bool,
    defined: BTreeMap<String, Block>,
    /// Variables in scope; `$` has the empty name.
    variables: Vec<String>,
    loops: usize,
    depth: usize,
    /// Blocks in which the dot is not the labels.
    inner: usize,
}

impl<'a> Parser<'a> {
    fn block(&mut self) -> Parsed<(Block, Closed)> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (words, start) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action { words, start } => (words, start),
            };
            match keyword(&words) {
                Some("end") => return Ok((Block { nodes }, Closed::End(start))),
                Some("else") => return Ok((Block { nodes }, Closed::Else(start, words[1..].to_vec()))),
                _ => nodes.extend(self.action(&words, start)?),
            }
        }
        Ok((Block { nodes }, Closed::Text))
    }

    fn action(&mut self, words: &[Placed], start: usize) -> Parsed<Option<Node>> {
        let rest = words.get(1..).unwrap_or_default();
        let node = match keyword(words) {
            Some("if") => Node::If(self.branch(rest, start, "if")?),
            Some("with") => Node::With(self.branch(rest, start, "with")?),
            Some("range") => Node::Range(self.branch(rest, start, "range")?),
            Some("define") => {
                self.define(rest, start)?;
                return Ok(None);
            }
            Some("template") => self.call(rest, start)?,
            Some("block") => {
                let call = self.call(rest, start)?;
                self.define(&rest[..1], start)?;
                call
            }
            Some(word @ ("break" | "continue")) => {
                if self.loops == 0 {
                    return Err((start, format!("{{{{{word}}}}} outside {{{{range}}}}")));
                }
                if word == "break" { Node::Break } else { Node::Continue }
            }
            _ => {
                let (pipeline, rest) = self.pipeline(words, start)?;
                expect_end(rest, start)?;
                Node::Action(pipeline)
            }
        };
        Ok(Some(node))
    }

    fn branch(&mut self, words: &[Placed], start: usize, kind: &str) -> Parsed<Branch> {
        self.deeper(start)?;
        let scope = self.variables.len();
        let (pipeline, rest) = self.pipeline(words, start)?;
        expect_end(rest, start)?;
        let moves_dot = kind != "if";
        self.loops += usize::from(kind == "range");
        self.inner += usize::from(moves_dot);
        let (then, end) = self.block()?;
        self.loops -= usize::from(kind == "range");
        self.inner -= usize::from(moves_dot);
        let otherwise = match end {
            Closed::End(_) => Block::default(),
            Closed::Text => return Err((self.text.len(), "unexpected EOF".to_owned())),
            Closed::Else(at, words) => match keyword(&words) {
                Some("if") => Block { nodes: vec![Node::If(self.branch(&words[1..], at, "if")?)] },
                Some("with") if kind == "with" => {
                    Block { nodes: vec![Node::With(self.branch(&words[1..], at, "with")?)] }
                }
                _ => {
                    expect_end(&words, at)?;
                    match self.block()? {
                        (block, Closed::End(_)) => block,
                        (_, Closed::Else(at, _)) => {
                            return Err((at, "expected end; found {{else}}".to_owned()));
                        }
                        (_, Closed::Text) => return Err((self.text.len(), "unexpected EOF".to_owned())),
                    }
                }
            },
        };
        self.variables.truncate(scope);
        self.depth -= 1;
        Ok(Branch { pipeline, then, otherwise })
    }

    fn define(&mut self, words: &[Placed], start: usize) -> Parsed<()> {
        let [Placed { word: Word::Constant(Constant::Text(name)), .. }] = words else {
            return Err((start, "unexpected word in define clause".to_owned()));
        };
        self.deeper(start)?;
        let variables = std::mem::replace(&mut self.variables, vec![String::new()]);
        // Whoever calls it decides what the dot is.
        self.inner += 1;
        let (block, end) = self.block()?;
        self.inner -= 1;
        self.variables = variables;
        self.depth -= 1;
        if !matches!(end, Closed::End(_)) {
            return Err((start, "unexpected EOF in define clause".to_owned()));
        }
        self.defined.insert(name.clone(), block);
        Ok(())
    }

    fn call(&mut self, words: &[Placed], start: usize) -> Parsed<Node> {
        let Some(Placed { word: Word::Constant(Constant::Text(name)), .. }) = words.first() else {
            return Err((start, "unexpected word in template clause".to_owned()));
        };
        let place = self.place(start, words.last().map_or(start, |word| word.end));
        let argument = if words.len() > 1 {
            let (pipeline, rest) = self.pipeline(&words[1..], start)?;
            expect_end(rest, start)?;
            Some(pipeline)
        } else {
            None
        };
        Ok(Node::Call { name: name.clone(), argument, place })
    }

    fn deeper(&mut self, start: usize) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err((start, "template is nested too deeply".to_owned())) } else { Ok(()) }
    }

    fn place(&self, start: usize, end: usize) -> Place {
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let text = self.text.get(start..end).unwrap_or_default();
        Place { line, column: start - line_start, text: text.chars().take(60).collect() }
    }

    /// Reads a pipeline; returns the words behind it (from a closing parenthesis on).
    fn pipeline<'w>(&mut self, words: &'w [Placed], start: usize) -> Parsed<(Pipeline, &'w [Placed])> {
        let (variables, assigns, mut words) = self.declarations(words);
        let mut commands = Vec::new();
        loop {
            let (command, rest) = self.command(words, start)?;
            if !commands.is_empty()
                && !matches!(
                    command.operands.first(),
                    Some(
                        Operand::Function(_)
                            | Operand::Field { .. }
                            | Operand::Variable { .. }
                            | Operand::Nested { .. }
                    )
                )
            {
                return Err((start, "non executable command in pipeline".to_owned()));
            }
            commands.push(command);
            match rest.first() {
                Some(Placed { word: Word::Pipe, .. }) => words = &rest[1..],
                _ => {
                    words = rest;
                    break;
                }
            }
        }
        for name in &variables {
            if !assigns {
                self.variables.push(name.clone());
            } else if !self.variables.contains(name) {
                return Err((start, format!("undefined variable \"${name}\"")));
            }
        }
        Ok((Pipeline { variables, assigns, commands }, words))
    }

    /// `$x :=`, `$x =`, `$i, $x :=`
    fn declarations<'w>(&self, words: &'w [Placed]) -> (Vec<String>, bool, &'w [Placed]) {
        let word = |at: usize| words.get(at).map(|placed| &placed.word);
        match (word(0), word(1), word(2), word(3)) {
            (Some(Word::Variable(name)), Some(Word::Declare), ..) => (vec![name.clone()], false, &words[2..]),
            (Some(Word::Variable(name)), Some(Word::Assign), ..) => (vec![name.clone()], true, &words[2..]),
            (
                Some(Word::Variable(first)),
                Some(Word::Comma),
                Some(Word::Variable(second)),
                Some(kind @ (Word::Declare | Word::Assign)),
            ) => (vec![first.clone(), second.clone()], *kind == Word::Assign, &words[4..]),
            _ => (Vec::new(), false, words),
        }
    }

    fn command<'w>(&mut self, words: &'w [Placed], start: usize) -> Parsed<(Command, &'w [Placed])> {
        let mut operands = Vec::new();
        let mut rest = words;
        while !matches!(rest.first().map(|placed| &placed.word), None | Some(Word::Pipe | Word::Close)) {
            let (operand, tail) = self.operand(rest)?;
            operands.push(operand);
            rest = tail;
        }
        if operands.is_empty() {
            let at = rest.first().map_or(start, |placed| placed.start);
            return Err((at, "missing value for command".to_owned()));
        }
        let end = words[words.len() - rest.len() - 1].end;
        Ok((Command { operands, place: self.place(words[0].start, end) }, rest))
    }

    fn operand<'w>(&mut self, words: &'w [Placed]) -> Parsed<(Operand, &'w [Placed])> {
        let Placed { word, start, .. } = &words[0];
        let rest = &words[1..];
        match word {
            Word::Dot => {
                self.reads_everything |= self.inner == 0;
                Ok((Operand::Dot, rest))
            }
            Word::Field(name) => {
                let (mut path, rest) = path(rest);
                path.insert(0, name.clone());
                Ok((Operand::Field { slot: self.slot(name), path }, rest))
            }
            Word::Variable(name) => {
                if !self.variables.contains(name) {
                    return Err((*start, format!("undefined variable \"${name}\"")));
                }
                let (path, rest) = path(rest);
                self.reads_everything |= name.is_empty();
                Ok((Operand::Variable { name: name.clone(), path }, rest))
            }
            Word::Constant(constant) => Ok((Operand::Constant(constant.clone()), rest)),
            Word::Identifier(name) if name == "nil" => Ok((Operand::Nil, rest)),
            Word::Identifier(name) => match functions::find(name, self.dialect) {
                Some(function) => Ok((Operand::Function(function), rest)),
                None => Err((*start, format!("function \"{name}\" not defined"))),
            },
            Word::Open => {
                self.deeper(*start)?;
                let (pipeline, rest) = self.pipeline(rest, *start)?;
                self.depth -= 1;
                let Some(Placed { word: Word::Close, .. }) = rest.first() else {
                    return Err((*start, "unclosed left paren".to_owned()));
                };
                let (path, rest) = path(&rest[1..]);
                Ok((Operand::Nested { pipeline: Box::new(pipeline), path }, rest))
            }
            _ => Err((*start, "unexpected word in operand".to_owned())),
        }
    }

    fn slot(&mut self, name: &str) -> usize {
        self.fields.iter().position(|field| field == name).unwrap_or_else(|| {
            self.fields.push(name.to_owned());
            self.fields.len() - 1
        })
    }
}

/// Fields that follow an operand without a blank.
fn path(mut words: &[Placed]) -> (Vec<String>, &[Placed]) {
    let mut names = Vec::new();
    while let Some(Placed { word: Word::Field(name), spaced: false, .. }) = words.first() {
        names.push(name.clone());
        words = &words[1..];
    }
    (names, words)
}

fn keyword(words: &[Placed]) -> Option<&str> {
    match words.first().map(|placed| &placed.word) {
        Some(Word::Identifier(name)) => Some(name),
        _ => None,
    }
}

fn expect_end(rest: &[Placed], start: usize) -> Parsed<()> {
    match rest.first() {
        None => Ok(()),
        Some(placed) => Err((placed.start.max(start), "unexpected word in action".to_owned())),
    }
}
