//! `query`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::parse_duration;

#[derive(Debug, Subcommand)]
pub enum Query {
    /// Log lines, or a table of what LogQL counts
    Logs(LogQuery),
    /// Traces that TraceQL finds, or a table of what it counts
    Traces(TraceQuery),
    /// One trace as a waterfall
    Trace {
        /// Its id, as lines and answers show it
        #[arg(value_name = "ID", value_parser = parse_trace_id)]
        id: String,
        #[command(flatten)]
        print: Print,
    },
    /// Values of series by PromQL: what the trace store counts from spans
    Metrics(MetricQuery),
}

#[derive(Debug, Args)]
pub struct LogQuery {
    /// In LogQL, such as: {service_name="order-service"} |= "declined"
    #[arg(value_name = "LOGQL")]
    pub query: String,
    #[command(flatten)]
    pub window: Window,
    /// The latest N lines
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub limit: u32,
    /// Go on showing lines as they arrive, until Ctrl-C
    #[arg(short, long, conflicts_with = "step")]
    pub follow: bool,
    #[command(flatten)]
    pub print: Print,
}

#[derive(Debug, Args)]
pub struct TraceQuery {
    /// In TraceQL, such as: { resource.service.name = "order-service" && duration > 500ms }
    #[arg(value_name = "TRACEQL")]
    pub query: String,
    #[command(flatten)]
    pub window: Window,
    /// The latest N traces
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    #[command(flatten)]
    pub print: Print,
}

#[derive(Debug, Args)]
pub struct MetricQuery {
    /// In PromQL, such as: sum by (service) (rate(traces_spanmetrics_calls_total[5m]))
    #[arg(value_name = "PROMQL")]
    pub query: String,
    #[command(flatten)]
    pub window: Window,
    #[command(flatten)]
    pub print: Print,
}

/// Which time is asked for.
#[derive(Debug, Clone, Copy, Args)]
pub struct Window {
    /// How far back to look, such as 15m or 2h
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_positive)]
    pub since: Duration,
    /// For what is counted: a value at each step instead of the present one
    #[arg(long, value_name = "DURATION", value_parser = parse_positive)]
    pub step: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct Print {
    /// Format of the output
    #[arg(short = 'o', long = "output", value_enum, default_value_t = QueryFormat::Text)]
    pub format: QueryFormat,
    /// No colours (as with NO_COLOR=1, and wherever no terminal listens)
    #[arg(long)]
    pub no_color: bool,
    /// Address of another store than that of this stack, such as http://loki:3100
    #[arg(long, value_parser = parse_url)]
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// For people
    Text,
    /// The store's answer as it is
    Json,
    /// An object a line
    Jsonl,
}

fn parse_positive(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text)?;
    if duration.is_zero() { Err("must be more than nothing".to_owned()) } else { Ok(duration) }
}

fn parse_trace_id(text: &str) -> Result<String, String> {
    let is_id = (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { Ok(text.to_ascii_lowercase()) } else { Err("must be up to 32 hexadecimal digits".to_owned()) }
}

fn parse_url(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("must begin with http:// or https://".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}
