//! Where `top` is shown: drawn over and over in place on a terminal, one table after the other elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

/// Home, and the other screen of the terminal with its cursor hidden.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// The terminal, or what stands for it.
#[derive(Debug)]
pub struct Screen {
    in_place: bool,
    shown: bool,
}

impl Screen {
    /// Nothing is drawn yet. With `once` the text stays where it is.
    pub fn open(once: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { in_place: !once && !dumb && io::stdout().is_terminal(), shown: false }
    }

    /// Shows `text` in place of what was there.
    pub fn show(&mut self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.in_place {
            if !self.shown {
                stdout.write_all(ENTER.as_bytes())?;
            }
            stdout.write_all(b"\x1b[H")?;
            for line in text.lines() {
                writeln!(stdout, "{line}\x1b[K")?;
            }
            stdout.write_all(b"\nCtrl-C ends\x1b[K\x1b[J")?;
        } else {
            if self.shown {
                writeln!(stdout)?;
            }
            writeln!(stdout, "{text}")?;
        }
        self.shown = true;
        stdout.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.in_place && self.shown {
            let mut stdout = io::stdout().lock();
            drop(stdout.write_all(LEAVE.as_bytes()).and_then(|()| stdout.flush()));
        }
    }
}
