//! `completions` and `man`, both from the table of commands.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::cli::{Cli, ShellName};

const NAME: &str = "monitoring-stack";

/// Prints the script for a shell.
pub fn completions(shell: ShellName) -> anyhow::Result<ExitCode> {
    let shell = match shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), NAME, &mut script);
    print(&script)
}

/// Prints the manual page: `monitoring-stack man | man -l -`, or into a file of `man1`.
pub fn page() -> anyhow::Result<ExitCode> {
    print(&pages()?)
}

/// The program's page with a section for each command; one page is easier to search than thirty.
fn pages() -> io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let man = clap_mangen::Man::new(command.clone()).date("2026-11");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        section(one, one.get_name(), &mut out)?;
    }
    man.render_extra_section(&mut out)?;
    man.render_version_section(&mut out)?;
    Ok(out)
}

/// A command's own section, then those of its actions. The flags of single components stay in their `--help`.
fn section(command: &Command, path: &str, out: &mut Vec<u8>) -> io::Result<()> {
    writeln!(out, ".SH {}", path.to_ascii_uppercase())?;
    if let Some(about) = command.get_about() {
        writeln!(out, "{}", escaped(&about.to_string()))?;
    }
    if path == "serve" {
        for component in command.get_subcommands() {
            let about = component.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(component.get_name()), escaped(&about))?;
        }
        return Ok(());
    }
    let own = command.get_arguments().filter(|argument| !argument.is_global_set() && !argument.is_hide_set());
    for argument in own.filter(|argument| argument.get_id() != "help") {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(&argument.to_string()), escaped(&help))?;
    }
    for action in command.get_subcommands() {
        section(action, &format!("{path} {}", action.get_name()), out)?;
    }
    Ok(())
}

/// Text that means nothing to roff: hyphens that can be copied, no escapes, no requests.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    text.lines()
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

fn print(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_knows_every_command() {
        let page = String::from_utf8(pages().unwrap()).unwrap();
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let heading = format!(".SH {}", command.get_name().to_ascii_uppercase());
            assert!(page.contains(&heading), "{heading}");
        }
        assert!(page.contains(".SH FAULT ON") && page.contains("\\-\\-latency"), "{page}");
        assert!(page.contains("Exit codes") || page.contains("Exit\\ codes"));
    }

    #[test]
    fn text_gives_no_orders_to_roff() {
        assert_eq!(escaped(".SH a\\b\n'x -y"), "\\&.SH a\\eb\n\\&'x \\-y");
    }
}
