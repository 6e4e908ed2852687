//! `logs`: what the components print, merged by time, followed across rotation.

mod tail;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use self::tail::Tail;
use super::Context;
use crate::cli::Logs;
use crate::components::{self, COMPONENTS, SUPERVISOR};
use crate::pretty;
use crate::ui::Style;

/// How often files are looked at while following.
const POLL: Duration = Duration::from_millis(150);

/// One file that is shown.
#[derive(Debug)]
struct Source {
    label: String,
    tail: Tail,
    /// Lines without a time of their own belong to the line before them.
    latest: Option<Timestamp>,
}

/// A line on its way to the screen.
#[derive(Debug)]
struct Line {
    time: Option<Timestamp>,
    source: usize,
    text: String,
}

/// Runs the command.
pub async fn run(context: &Context, options: &Logs) -> anyhow::Result<ExitCode> {
    let names: Vec<&'static str> = if options.components.is_empty() {
        COMPONENTS.iter().map(|component| component.name).chain([SUPERVISOR]).collect()
    } else {
        options.components.clone()
    };
    let wanted = usize::try_from(options.lines).unwrap_or(usize::MAX);
    let mut first = Vec::new();
    let mut sources = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let path = context.layout.log_of(name);
        let (lines, tail) = Tail::open(&path, wanted).with_context(|| format!("read {}", path.display()))?;
        let label = components::find(name).map_or_else(|| name.to_owned(), components::Component::label);
        let mut source = Source { label, tail, latest: None };
        first.extend(source.date(index, lines));
        sources.push(source);
    }
    sort(&mut first);
    let skip = first.len().saturating_sub(wanted);
    let printer = Printer::new(&sources, options.raw, context.style);
    printer.print(&sources, &first[skip..])?;
    if options.follow {
        follow(&mut sources, &printer).await?;
    } else if first.is_empty() && wanted > 0 {
        super::say(&format!("no logs yet in {}", context.layout.logs().display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The last lines of one log, oldest first.
pub fn last_lines(path: &Path, count: usize) -> anyhow::Result<Vec<String>> {
    Ok(Tail::open(path, count).with_context(|| format!("read {}", path.display()))?.0)
}

async fn follow(sources: &mut [Source], printer: &Printer) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let mut lines = Vec::new();
        for (index, source) in sources.iter_mut().enumerate() {
            let new = source.tail.more()?;
            lines.extend(source.date(index, new));
        }
        sort(&mut lines);
        printer.print(sources, &lines)?;
    }
}

/// By time; lines of the same time stay in the order of their file.
fn sort(lines: &mut [Line]) {
    lines.sort_by_key(|line| line.time);
}

impl Source {
    fn date(&mut self, index: usize, lines: Vec<String>) -> Vec<Line> {
        lines
            .into_iter()
            .map(|text| {
                self.latest = pretty::time_of(&text).or(self.latest);
                Line { time: self.latest, source: index, text }
            })
            .collect()
    }
}

#[derive(Debug)]
struct Printer {
    raw: bool,
    width: usize,
    style: Style,
}

impl Printer {
    fn new(sources: &[Source], raw: bool, style: Style) -> Self {
        let width = sources.iter().map(|source| source.label.len()).max().unwrap_or(0);
        Self { raw, width, style }
    }

    fn print(&self, sources: &[Source], lines: &[Line]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        for line in lines {
            if self.raw {
                writeln!(stdout, "{}", line.text)?;
            } else {
                let label = &sources[line.source].label;
                writeln!(stdout, "{}", pretty::line(&line.text, label, self.width, self.style))?;
            }
        }
        stdout.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_files_are_merged_by_time_and_stack_traces_stay_together() {
        let folder = tempfile::tempdir().unwrap();
        let at = |second: u32, message: &str| {
            format!(r#"{{"timestamp":"2026-11-24T12:00:{second:02}Z","message":"{message}"}}"#)
        };
        let mut lines = Vec::new();
        for (index, content) in
            [vec![at(1, "a1"), "  at main".to_owned(), at(4, "a4")], vec![at(2, "b2"), at(3, "b3")]]
                .into_iter()
                .enumerate()
        {
            let path = folder.path().join(index.to_string());
            std::fs::write(&path, content.join("\n") + "\n").unwrap();
            let (texts, tail) = Tail::open(&path, 10).unwrap();
            let mut source = Source { label: String::new(), tail, latest: None };
            lines.extend(source.date(index, texts));
        }
        sort(&mut lines);
        let order: Vec<&str> = ["a1", "at main", "b2", "b3", "a4"].to_vec();
        assert_eq!(lines.len(), order.len());
        for (line, expected) in lines.iter().zip(order) {
            assert!(line.text.contains(expected), "{lines:?}");
        }
    }
}
