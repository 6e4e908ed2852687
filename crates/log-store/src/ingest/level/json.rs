//! The level field of a JSON line, found by skipping through it once; nothing is decoded.

use super::fields::Fields;

/// The first string, in document order, whose key is one of `fields`, in objects nested at most `max_depth` deep.
/// The value is as it is written, escapes included. A fault in the line ends the search.
pub(super) fn find<'t>(line: &'t [u8], fields: Fields<'_>, max_depth: usize) -> Option<&'t [u8]> {
    if max_depth == 0 {
        return None;
    }
    let mut scanner = Scanner { text: line, at: 0 };
    scanner.eat(b'{').then_some(())?;
    let mut depth = 1;
    loop {
        match scanner.next()? {
            b',' => {}
            b'}' if depth == 1 => return None,
            b'}' => depth -= 1,
            b'"' => {
                let key = scanner.string()?;
                scanner.eat(b':').then_some(())?;
                match scanner.next()? {
                    b'"' => {
                        let value = scanner.string()?;
                        if fields.rank_bytes(key).is_some() {
                            return Some(value);
                        }
                    }
                    b'{' if depth < max_depth => depth += 1,
                    b'{' | b'[' => scanner.skip_nested()?,
                    _ => scanner.skip_scalar(),
                }
            }
            _ => return None,
        }
    }
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    /// The next byte that is no blank; it is consumed.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
        }
    }

    fn eat(&mut self, wanted: u8) -> bool {
        self.next() == Some(wanted)
    }

    /// The rest of a string whose opening quote is consumed.
    #[inline]
    fn string(&mut self) -> Option<&'t [u8]> {
        let start = self.at;
        loop {
            let found = self.at + memchr::memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.text[found] == b'"' {
                self.at = found + 1;
                return Some(&self.text[start..found]);
            }
            self.at = found + 2;
        }
    }

    /// Skips the rest of a list or object whose opening bracket is consumed.
    fn skip_nested(&mut self) -> Option<()> {
        let mut open = 1;
        while open > 0 {
            match self.next()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
        }
        Some(())
    }

    /// Skips a number or word up to what ends it.
    fn skip_scalar(&mut self) {
        while self.text.get(self.at).is_some_and(|byte| !matches!(byte, b',' | b'}' | b']')) {
            self.at += 1;
        }
    }
}
