//! What commands print: colours only where a person looks, tables, durations.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colours: bool,
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Notice,
    Bad,
    Faint,
    Strong,
    /// One of a few distinct colours, to tell components apart
    Member(usize),
}

impl Style {
    /// No colours.
    pub const PLAIN: Self = Self { colours: false };

    /// Colours when stdout is a terminal that has them and nobody said `NO_COLOR`.
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colours: !unwanted && !dumb && io::stdout().is_terminal() }
    }

    /// `text` in the colour of `tone`.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colours || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Notice => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
            Tone::Strong => "1",
            Tone::Member(number) => ["36", "35", "34", "32", "33", "96", "95", "94", "92"][number % 9],
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// One cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// With a colour.
    pub fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tone: None }
    }
}

/// How a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Lays rows out under their headings; the last column is not padded.
pub fn table(columns: &[(&str, Align)], rows: &[Vec<Cell>], style: Style) -> String {
    let heading: Vec<Cell> = columns.iter().map(|(title, _)| Cell::toned(Tone::Faint, *title)).collect();
    let all: Vec<&Vec<Cell>> = std::iter::once(&heading).chain(rows).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            all.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.text.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in all {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let padding = " ".repeat(widths[column].saturating_sub(cell.text.chars().count()));
            let text = cell.tone.map_or_else(|| cell.text.clone(), |tone| style.paint(tone, &cell.text));
            if columns[column].1 == Align::Right {
                line.push_str(&padding);
                line.push_str(&text);
            } else {
                line.push_str(&text);
                line.push_str(&padding);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A duration for people: `350 ms`, `4.2 s`, `3 min`, `2 h 5 min`, `4 d 1 h`.
pub fn duration(value: Duration) -> String {
    let seconds = value.as_secs();
    match seconds {
        0 => format!("{} ms", value.as_millis()),
        1..=59 => format!("{:.1} s", value.as_secs_f64()),
        60..=3599 => format!("{} min", seconds / 60),
        3600..=86_399 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// The local time of day of an RFC 3339 text; the text itself if it is none.
pub fn clock(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// `one answer`, `3 answers`.
pub fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("one {what}") } else { format!("{number} {what}s") }
}

/// Breaks text into lines of at most `width` characters.
pub fn wrap(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// A duration in seconds, as the supervisor sends it.
pub fn seconds(value: f64) -> String {
    duration(Duration::try_from_secs_f64(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_and_carry_no_colours_when_plain() {
        let rows = vec![
            vec![Cell::from("order-service"), Cell::from("7"), Cell::toned(Tone::Good, "up")],
            vec![Cell::from("x"), Cell::from("1234"), Cell::toned(Tone::Bad, "down")],
        ];
        let columns = [("COMPONENT", Align::Left), ("PID", Align::Right), ("HEALTH", Align::Left)];
        assert_eq!(
            table(&columns, &rows, Style::PLAIN),
            "COMPONENT       PID  HEALTH\norder-service     7  up\nx              1234  down\n"
        );
        let coloured = table(&columns, &rows, Style { colours: true });
        assert!(coloured.contains("\x1b[32mup\x1b[0m"), "{coloured}");
    }

    #[test]
    fn text_is_counted_and_wrapped() {
        assert_eq!((count(1, "hint").as_str(), count(0, "hint").as_str()), ("one hint", "0 hints"));
        assert_eq!(wrap("one two three", 8), "one two\nthree");
        assert_eq!(wrap("unbreakable word", 3), "unbreakable\nword");
        assert_eq!(wrap("", 3), "");
    }

    #[test]
    fn durations_are_readable() {
        for (seconds, expected) in [
            (0.35, "350 ms"),
            (4.21, "4.2 s"),
            (185.0, "3 min"),
            (7500.0, "2 h 5 min"),
            (350_000.0, "4 d 1 h"),
            (-1.0, "0 ms"),
        ] {
            assert_eq!(super::seconds(seconds), expected);
        }
    }
}
