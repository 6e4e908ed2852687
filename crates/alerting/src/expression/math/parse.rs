//! Reads formulas. Precedence from loose to tight: `||`, `&&`, comparisons, `+ -`, `* / %`, `**`, and signs; operators of
//! one level go from left to right, powers too.

use super::{Function, Operator, Term};

/// Longer formulas are mistakes.
const LENGTH_MAX: usize = 16 << 10;
const DEPTH_MAX: usize = 100;
const TERMS_MAX: usize = 1_000;

const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    // Longer signs before those that they begin with.
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        (">=", Operator::AtLeast),
        ("<=", Operator::AtMost),
        (">", Operator::Above),
        ("<", Operator::Below),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
    &[("**", Operator::Power)],
];

pub(super) fn parse(text: &str) -> Result<Term, String> {
    if text.len() > LENGTH_MAX {
        return Err(format!("the formula is longer than {LENGTH_MAX} bytes"));
    }
    let mut parser = Parser { text, at: 0, depth: 0, terms: 0 };
    let term = parser.level(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.unexpected());
    }
    Ok(term)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    terms: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.skip_space();
        let is_there = self.rest().starts_with(sign);
        if is_there {
            self.at += sign.len();
        }
        is_there
    }

    fn unexpected(&self) -> String {
        let column = self.text[..self.at].chars().count() + 1;
        match self.rest().chars().next() {
            Some(found) => format!("unexpected {found:?} at character {column} of {:?}", self.text),
            None => format!("{:?} ends too early", self.text),
        }
    }

    fn level(&mut self, level: usize) -> Result<Term, String> {
        let Some(operators) = LEVELS.get(level) else { return self.signed() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.level(level + 1)?;
            left = self.counted(Term::Binary(operator, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        self.skip_space();
        // `**` is not `*`.
        let is_power = self.rest().starts_with("**");
        let (sign, operator) = operators.iter().find(|(sign, operator)| {
            self.rest().starts_with(sign) && !(is_power && *operator == Operator::Multiply)
        })?;
        self.at += sign.len();
        Some(*operator)
    }

    fn counted(&mut self, term: Term) -> Result<Term, String> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(format!("the formula has more than {TERMS_MAX} terms"));
        }
        Ok(term)
    }

    fn signed(&mut self) -> Result<Term, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("the formula is nested more than {DEPTH_MAX} levels deep"));
        }
        let term = if self.eat("-") {
            Term::Negate(Box::new(self.signed()?))
        } else if self.eat("!") {
            Term::Not(Box::new(self.signed()?))
        } else {
            self.atom()?
        };
        self.depth -= 1;
        self.counted(term)
    }

    fn atom(&mut self) -> Result<Term, String> {
        self.skip_space();
        match self.rest().chars().next() {
            Some('(') => {
                self.at += 1;
                let term = self.level(0)?;
                if self.eat(")") { Ok(term) } else { Err(self.unexpected()) }
            }
            Some('$') => self.variable(),
            Some(first) if first.is_ascii_digit() || first == '.' => self.number(),
            Some(first) if first.is_ascii_alphabetic() => self.call(),
            _ => Err(self.unexpected()),
        }
    }

    fn variable(&mut self) -> Result<Term, String> {
        self.at += 1;
        let name = if self.rest().starts_with('{') {
            let Some(end) = self.rest().find('}') else {
                return Err(format!("\"${{\" without its brace in {:?}", self.text));
            };
            let name = self.rest()[1..end].to_owned();
            self.at += end + 1;
            name
        } else {
            let is_name = |letter: &char| letter.is_alphanumeric() || *letter == '_';
            let name: String = self.rest().chars().take_while(is_name).collect();
            self.at += name.len();
            name
        };
        if name.is_empty() {
            return Err(format!("a variable without a name in {:?}", self.text));
        }
        Ok(Term::Variable(name))
    }

    fn number(&mut self) -> Result<Term, String> {
        let bytes = self.rest().as_bytes();
        let mut length = 0;
        while let Some(byte) = bytes.get(length) {
            let is_exponents_sign =
                matches!(byte, b'+' | b'-') && length > 0 && matches!(bytes[length - 1], b'e' | b'E');
            if !(byte.is_ascii_alphanumeric() || *byte == b'.' || is_exponents_sign) {
                break;
            }
            length += 1;
        }
        let text = &self.rest()[..length];
        let number = text.parse().map_err(|_| format!("{text:?} is no number"))?;
        self.at += length;
        Ok(Term::Constant(Some(number)))
    }

    fn call(&mut self) -> Result<Term, String> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = self.rest().bytes().take_while(is_name).count();
        let name = self.rest()[..length].to_owned();
        self.at += length;
        if !self.eat("(") {
            return Err(format!("{name:?} is neither a function, {name}(), nor a variable, ${name}"));
        }
        let term = match constant(&name) {
            Some(value) => Term::Constant(value),
            None => {
                let function = function(&name).ok_or_else(|| format!("there is no function {name:?}"))?;
                Term::Call(function, Box::new(self.level(0)?))
            }
        };
        if self.eat(")") { Ok(term) } else { Err(self.unexpected()) }
    }
}

#[expect(clippy::option_option, reason = "one of the constants is null")]
fn constant(name: &str) -> Option<Option<f64>> {
    match name {
        "nan" => Some(Some(f64::NAN)),
        "inf" => Some(Some(f64::INFINITY)),
        "infn" => Some(Some(f64::NEG_INFINITY)),
        "null" => Some(None),
        _ => None,
    }
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "abs" => Function::Abs,
        "log" => Function::Log,
        "round" => Function::Round,
        "ceil" => Function::Ceil,
        "floor" => Function::Floor,
        "is_nan" => Function::IsNan,
        "is_inf" => Function::IsInf,
        "is_null" => Function::IsNull,
        "is_number" => Function::IsNumber,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("", "ends too early"),
            ("$A +", "ends too early"),
            ("($A", "ends too early"),
            ("$A)", "unexpected ')' at character 3"),
            ("$A $B", "unexpected '$' at character 4"),
            ("$", "without a name"),
            ("${A", "without its brace"),
            ("A > 1", "nor a variable, $A"),
            ("sqrt($A)", "no function \"sqrt\""),
            ("1.2.3", "no number"),
            ("é", "unexpected 'é'"),
            ("abs($A, $B)", "unexpected ','"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert!(parse(&"(".repeat(10_000)).unwrap_err().contains("nested"));
        assert!(parse(&"-".repeat(10_000)).unwrap_err().contains("nested"));
        assert!(parse(&vec!["1"; 5_000].join("+")).unwrap_err().contains("more than"));
    }
}
