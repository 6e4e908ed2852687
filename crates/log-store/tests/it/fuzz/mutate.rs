//! Random changes of seeds, the same in each run.

/// Pieces that parsers look for.
const PIECES: [&str; 40] = [
    "\"",
    "'",
    "`",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "|",
    "|=",
    "!~",
    " or ",
    " and ",
    " by (",
    "[1m]",
    ",",
    ":",
    "=",
    "{{",
    "}}",
    "\\u00e9",
    "\\ud800",
    "\u{e9}",
    "\u{1f69a}",
    "\u{2028}",
    "\0",
    "\n",
    "null",
    "true",
    "-1",
    "1e999",
    "NaN",
    "0x",
    "9223372036854775807",
    "18446744073709551616",
    "1h",
    "1KiB",
    "__error__",
];
const BYTES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, b' '];
/// Seeds and changed inputs to change further.
const POOL: usize = 256;

pub(super) struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
    /// Inputs that were changed before: changes add up.
    pool: Vec<Vec<u8>>,
    max_len: usize,
    current: Vec<u8>,
}

impl Mutator {
    pub(super) fn new(state: u64, seeds: &[Vec<u8>], max_len: usize) -> Self {
        Self { state: state | 1, seeds: seeds.to_vec(), pool: Vec::new(), max_len, current: Vec::new() }
    }

    /// The next input.
    pub(super) fn next(&mut self) -> &[u8] {
        self.current = self.pick();
        for _ in 0..=self.below(6) {
            self.change();
        }
        self.current.truncate(self.max_len);
        if self.pool.len() < POOL {
            self.pool.push(self.current.clone());
        } else if self.below(4) == 0 {
            let at = self.below(POOL);
            self.pool[at] = self.current.clone();
        }
        &self.current
    }

    fn pick(&mut self) -> Vec<u8> {
        if !self.pool.is_empty() && self.below(3) == 0 {
            let at = self.below(self.pool.len());
            return self.pool[at].clone();
        }
        let at = self.below(self.seeds.len());
        self.seeds[at].clone()
    }

    /// One change somewhere.
    fn change(&mut self) {
        let at = self.below(self.current.len() + 1);
        let to = (at + self.below(32)).min(self.current.len());
        match self.below(9) {
            0 if at < self.current.len() => {
                let bit = self.below(8);
                self.current[at] ^= 1 << bit;
            }
            1 if at < self.current.len() => {
                let byte = self.below(BYTES.len());
                self.current[at] = BYTES[byte];
            }
            2 => drop(self.current.drain(at..to)),
            3 => {
                let piece = self.current[at..to].to_vec();
                let count = 1 + self.below(4);
                drop(self.current.splice(to..to, piece.repeat(count)));
            }
            4 => self.current.truncate(at),
            5 => {
                // The start of this one and the end of another.
                let other = self.pick();
                let from = self.below(other.len() + 1);
                self.current.truncate(at);
                self.current.extend_from_slice(&other[from..]);
            }
            6 => {
                // A piece of another in the midst of this one.
                let other = self.pick();
                let from = self.below(other.len() + 1);
                let until = (from + self.below(64)).min(other.len());
                drop(self.current.splice(at..to, other[from..until].iter().copied()));
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                drop(self.current.splice(at..at, piece.bytes()));
            }
        }
    }

    /// A number below `bound`, which is not 0 (xorshift).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % bound as u64) as usize
    }
}
