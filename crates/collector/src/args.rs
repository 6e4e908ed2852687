//! The command line.

use std::path::PathBuf;

use url::Url;

/// Flags of the collector. Promtail's spelling, with one dash, is understood too (see [`promtail_flags`]).
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: runtime::Listen,

    /// Configuration file in Promtail's format [default: infrastructure/promtail/promtail-config.yaml, or built in]
    #[arg(long = "config.file", visible_alias = "config-file", value_name = "PATH")]
    pub config_file: Option<PathBuf>,

    /// One more store to push to
    #[arg(long = "client.url", visible_alias = "client-url", value_name = "URL")]
    pub client_url: Option<Url>,

    /// Print entries instead of sending them, leave positions alone
    #[arg(long = "dry-run")]
    pub dry_run: bool,

    /// Check the configuration and end
    #[arg(long = "check-syntax")]
    pub check_syntax: bool,

    /// Accepted for Promtail's sake: variables are always expanded
    #[arg(long = "config.expand-env", hide = true, num_args = 0..=1, default_missing_value = "true")]
    pub expand_env: Option<bool>,
}

/// Turns Promtail's flags (`-config.file=x`, `-dry-run`) into ours, leaving everything else as it is.
pub fn promtail_flags(arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_long =
        |argument: &str| argument.len() > 2 && argument.starts_with('-') && !argument.starts_with("--");
    arguments
        .into_iter()
        .map(|argument| if is_long(&argument) { format!("-{argument}") } else { argument })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn promtails_spelling_is_understood() {
        let line = [
            "collector",
            "-config.file=/etc/p.yaml",
            "-dry-run",
            "-config.expand-env=true",
            "--listen",
            "127.0.0.1:0",
        ];
        let command = Command::parse_from(promtail_flags(line.map(str::to_owned)));
        assert_eq!(command.args.config_file, Some(PathBuf::from("/etc/p.yaml")));
        assert!(command.args.dry_run && !command.args.check_syntax);
        assert!(command.args.listen.address.is_some());
    }
}
