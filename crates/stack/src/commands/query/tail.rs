//! `query logs --follow`: lines as they arrive, over the store's WebSocket.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio_tungstenite::tungstenite::{Error, Message, error::ProtocolError};

use super::Session;
use super::lines::{Printer, Stream, merge};
use super::store::now_ns;
use crate::cli::{LogQuery, QueryFormat};
use crate::commands::complain;

/// What the store sends.
#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    dropped_entries: Option<Vec<serde::de::IgnoredAny>>,
}

/// Shows lines until Ctrl-C.
pub async fn follow(session: &Session, options: &LogQuery) -> anyhow::Result<ExitCode> {
    let url = address(session.store.url(), options)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let connected = tokio_tungstenite::connect_async(url.as_str()).await;
    let (mut socket, _) = match connected {
        Ok(connected) => connected,
        Err(Error::Http(answer)) => bail!("the log store refuses the query: {}", refusal(&answer)),
        Err(error) => {
            return Err(error).with_context(|| format!("follow the log store at {}", session.store.url()));
        }
    };
    // JSON of several answers is no JSON: here, too, an object a line.
    let format = match options.print.format {
        QueryFormat::Text => QueryFormat::Text,
        QueryFormat::Json | QueryFormat::Jsonl => QueryFormat::Jsonl,
    };
    let mut printer = Printer::new(format, session.style);
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
            _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
        };
        match message {
            Some(Ok(Message::Text(text))) => show(&mut printer, text.as_str())?,
            // Answering pings is the library's affair.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                bail!("the log store ended the stream {reason}");
            }
            None
            | Some(Err(
                Error::ConnectionClosed | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            )) => {
                bail!("the log store went away");
            }
            Some(Err(error)) => return Err(error).context("follow the log store"),
        }
    }
}

fn address(base: &str, options: &LogQuery) -> anyhow::Result<url::Url> {
    let Some(rest) = base.strip_prefix("http://") else {
        bail!("lines can be followed over http:// only");
    };
    let mut url =
        url::Url::parse(&format!("ws://{rest}/loki/api/v1/tail")).context("address of the store")?;
    let start = now_ns().saturating_sub(options.window.since.as_nanos());
    url.query_pairs_mut()
        .append_pair("query", &options.query)
        .append_pair("limit", &options.limit.to_string())
        .append_pair("start", &start.to_string());
    Ok(url)
}

fn refusal(answer: &tokio_tungstenite::tungstenite::http::Response<Option<Vec<u8>>>) -> String {
    let body = answer.body().as_deref().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let text: String = text.chars().filter(|character| !character.is_control()).take(600).collect();
    if text.trim().is_empty() { answer.status().to_string() } else { text.trim().to_owned() }
}

fn show(printer: &mut Printer, text: &str) -> anyhow::Result<()> {
    let batch: Batch = serde_json::from_str(text).context("what the log store sent is not understood")?;
    printer.print(&merge(batch.streams, false))?;
    if let Some(dropped) = batch.dropped_entries.filter(|dropped| !dropped.is_empty()) {
        complain(&format!("{} lines came too fast and were left out", dropped.len()))?;
    }
    Ok(())
}
