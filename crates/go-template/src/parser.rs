//! Pieces of a template to its tree.
//!
//! Functions are looked up when a template runs or is checked: whoever parses does not yet know who will run it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Error;
use crate::lexer::{self, Piece, Placed, Word};
use crate::node::{Block, Branch, Command, Constant, Defined, Node, Operand, Pipeline, Place};

/// Deeper nesting is refused.
const MAX_DEPTH: usize = 64;

/// What a text says.
pub(crate) struct Parsed {
    pub root: Block,
    pub defined: Defined,
    /// Names of the functions that it calls.
    pub functions: BTreeSet<String>,
}

pub(crate) fn parse(text: &str) -> Result<Parsed, Error> {
    let located = |(at, message): lexer::Fault| {
        let (line, column) = position(text, at);
        Error { line, column, message }
    };
    let pieces = lexer::split(text).map_err(located)?;
    let mut parser = Parser {
        text,
        pieces: pieces.into_iter(),
        functions: BTreeSet::new(),
        defined: Defined::new(),
        variables: vec![String::new()],
        loops: 0,
        depth: 0,
    };
    let (root, end) = parser.block().map_err(located)?;
    match end {
        Closed::Text => Ok(Parsed { root, defined: parser.defined, functions: parser.functions }),
        Closed::End(at) => Err(located((at, "unexpected {{end}}".to_owned()))),
        Closed::Else(at, _) => Err(located((at, "unexpected {{else}}".to_owned()))),
    }
}

/// Line and column, counted from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

type Step<T> = Result<T, lexer::Fault>;

/// What closed a block.
enum Closed {
    Text,
    End(usize),
    /// With the words behind `else`.
    Else(usize, Vec<Placed>),
}

struct Parser<'a> {
    text: &'a str,
    pieces: std::vec::IntoIter<Piece>,
    functions: BTreeSet<String>,
    defined: Defined,
    /// Variables in scope; `$` has the empty name.
    variables: Vec<String>,
    loops: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn block(&mut self) -> Step<(Block, Closed)> {
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

    fn action(&mut self, words: &[Placed], start: usize) -> Step<Option<Node>> {
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

    fn branch(&mut self, words: &[Placed], start: usize, kind: &str) -> Step<Branch> {
        self.deeper(start)?;
        let scope = self.variables.len();
        let (pipeline, rest) = self.pipeline(words, start)?;
        expect_end(rest, start)?;
        self.loops += usize::from(kind == "range");
        let (then, end) = self.block()?;
        self.loops -= usize::from(kind == "range");
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

    fn define(&mut self, words: &[Placed], start: usize) -> Step<()> {
        let [Placed { word: Word::Constant(Constant::Text(name)), .. }] = words else {
            return Err((start, "unexpected word in define clause".to_owned()));
        };
        self.deeper(start)?;
        let variables = std::mem::replace(&mut self.variables, vec![String::new()]);
        let (block, end) = self.block()?;
        self.variables = variables;
        self.depth -= 1;
        if !matches!(end, Closed::End(_)) {
            return Err((start, "unexpected EOF in define clause".to_owned()));
        }
        self.defined.insert(name.clone(), Arc::new(block));
        Ok(())
    }

    fn call(&mut self, words: &[Placed], start: usize) -> Step<Node> {
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

    fn deeper(&mut self, start: usize) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err((start, "template is nested too deeply".to_owned())) } else { Ok(()) }
    }

    fn place(&self, start: usize, end: usize) -> Place {
        let (line, column) = position(self.text, start);
        let text = self.text.get(start..end).unwrap_or_default();
        Place { line, column, text: text.chars().take(60).collect() }
    }

    /// Reads a pipeline; returns the words behind it (from a closing parenthesis on).
    fn pipeline<'w>(&mut self, words: &'w [Placed], start: usize) -> Step<(Pipeline, &'w [Placed])> {
        let (variables, assigns, mut words) = self.declarations(words);
        let mut commands = Vec::new();
        loop {
            let (command, rest) = self.command(words, start)?;
            if !commands.is_empty()
                && !matches!(
                    command.operands.first(),
                    Some(
                        Operand::Function(_)
                            | Operand::Field(_)
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

    fn command<'w>(&mut self, words: &'w [Placed], start: usize) -> Step<(Command, &'w [Placed])> {
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

    fn operand<'w>(&mut self, words: &'w [Placed]) -> Step<(Operand, &'w [Placed])> {
        let Placed { word, start, .. } = &words[0];
        let rest = &words[1..];
        match word {
            Word::Dot => Ok((Operand::Dot, rest)),
            Word::Field(name) => {
                let (mut path, rest) = path(rest);
                path.insert(0, name.clone());
                Ok((Operand::Field(path), rest))
            }
            Word::Variable(name) => {
                if !self.variables.contains(name) {
                    return Err((*start, format!("undefined variable \"${name}\"")));
                }
                let (path, rest) = path(rest);
                Ok((Operand::Variable { name: name.clone(), path }, rest))
            }
            Word::Constant(constant) => Ok((Operand::Constant(constant.clone()), rest)),
            Word::Identifier(name) if name == "nil" => Ok((Operand::Nil, rest)),
            Word::Identifier(name) => {
                let (path, rest) = path(rest);
                let name =
                    std::iter::once(name).chain(&path).map(String::as_str).collect::<Vec<_>>().join(".");
                self.functions.insert(name.clone());
                Ok((Operand::Function(name), rest))
            }
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

fn expect_end(rest: &[Placed], start: usize) -> Step<()> {
    match rest.first() {
        None => Ok(()),
        Some(placed) => Err((placed.start.max(start), "unexpected word in action".to_owned())),
    }
}
