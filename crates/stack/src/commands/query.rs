//! `query`: the stores' query languages in the terminal.

mod lines;
mod logs;
mod metrics;
mod series;
mod spans;
mod store;
mod tail;
mod traces;
mod waterfall;

use std::process::ExitCode;

use self::store::Store;
use super::Context;
use crate::cli::{Print, Query};
use crate::components;
use crate::ui::Style;

/// Runs the command.
pub async fn run(context: &mut Context, query: &Query) -> anyhow::Result<ExitCode> {
    if print_of(query).url.is_none() {
        // Only for the addresses: a store that somebody else runs answers as well.
        drop(context.attach(false).await);
    }
    match query {
        Query::Logs(options) => logs::run(&output(context, "log-store", &options.print)?, options).await,
        Query::Traces(options) => {
            traces::run(&output(context, "trace-store", &options.print)?, options).await
        }
        Query::Trace { id, print } => {
            traces::one(&output(context, "trace-store", print)?, id, print.format).await
        }
        Query::Metrics(options) => {
            metrics::run(&output(context, "trace-store", &options.print)?, options).await
        }
    }
}

/// Whom to ask, and how to show the answer.
#[derive(Debug)]
struct Session {
    store: Store,
    style: Style,
}

const fn print_of(query: &Query) -> &Print {
    match query {
        Query::Logs(options) => &options.print,
        Query::Traces(options) => &options.print,
        Query::Trace { print, .. } => print,
        Query::Metrics(options) => &options.print,
    }
}

fn output(context: &Context, name: &'static str, print: &Print) -> anyhow::Result<Session> {
    let port = components::find(name).map_or(0, |component| component.port);
    let url = print.url.clone().unwrap_or_else(|| context.network.url(port));
    let style = if print.no_color { Style::PLAIN } else { context.style };
    Ok(Session { store: Store::new(name, &url)?, style })
}
