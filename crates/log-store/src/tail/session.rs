//! One tail: the backlog, then what is written, until either side has had enough.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures::stream::SplitSink;
use futures::{SinkExt as _, StreamExt as _};
use logql::{Direction, LogExpr, LogOptions, LogPlan};
use model::{TimeRange, TimestampNanos};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::entry::Entry;
use super::hub::Subscription;
use super::live::Live;
use super::message::{self, Shape};
use crate::query::{Context, QueryError, run_log};

/// Messages that may wait for the socket.
const MAX_FRAMES: usize = 10;
/// How often a client hears from a quiet tail.
const PING_EVERY: Duration = Duration::from_secs(1);
/// A message that cannot be sent for so long means that nobody is there.
const SEND_PATIENCE: Duration = Duration::from_secs(60);
/// How long an ended tail waits for its client to take note.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
/// In place of "never" where a moment is needed.
const FAR: Duration = Duration::from_secs(3600);

/// What a client has asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub expr: LogExpr,
    pub start: TimestampNanos,
    /// Entries of the backlog.
    pub limit: usize,
    pub delay: Duration,
    pub shape: Shape,
    pub max_duration: Duration,
}

impl Asked {
    /// The query of the backlog; its pipeline is that of the tail.
    pub(crate) fn plan(&self) -> Result<LogPlan, QueryError> {
        let options = LogOptions { direction: Direction::Backward, limit: self.limit, interval: 0 };
        Ok(LogPlan::new(&self.expr, options)?)
    }
}

/// Why a tail ends.
enum End {
    /// The client left, or no longer takes anything.
    Gone,
    Shutdown,
    TooLong,
    Failed(QueryError),
}

/// Serves a tail until it ends.
pub(crate) async fn serve(
    socket: WebSocket,
    mut subscription: Subscription,
    context: Context,
    plan: LogPlan,
    asked: Asked,
) {
    let (sink, mut incoming) = socket.split();
    let (frames, queue) = mpsc::channel(MAX_FRAMES);
    let writer = tokio::spawn(write(sink, queue));
    let left = async {
        while let Some(Ok(message)) = incoming.next().await {
            if matches!(message, Message::Close(_)) {
                break;
            }
        }
    };
    let end = tokio::select! {
        () = left => End::Gone,
        end = feed(&frames, &mut subscription, context, plan, &asked) => end,
    };
    close(frames, writer, end).await;
    // What the client still says is read, so that the close frame isn't lost to a reset.
    drop(timeout(CLOSE_PATIENCE, async { while let Some(Ok(_)) = incoming.next().await {} }).await);
    drop(subscription); // who waits for tails to end waits for their last words, too
}

/// Sends what is queued, and ends when that is over or the client cannot be reached.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Message>) {
    while let Some(message) = queue.recv().await {
        match timeout(SEND_PATIENCE, sink.send(message)).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    }
}

/// Queues messages until the tail ends; the frame that closes it is the caller's.
async fn feed(
    frames: &mpsc::Sender<Message>,
    subscription: &mut Subscription,
    context: Context,
    plan: LogPlan,
    asked: &Asked,
) -> End {
    let pipeline = plan.pipeline().clone();
    let mut live = Live::new(&pipeline, subscription.selector().clone(), asked.delay);
    let shutdown = subscription.tails().shutdown().clone();
    let ends_at = Instant::now() + asked.max_duration;
    let backlog = TimeRange::new(asked.start, TimestampNanos::now().max(asked.start));
    tokio::select! {
        () = shutdown.cancelled() => return End::Shutdown,
        found = run_log(context, plan, backlog) => match found {
            Ok((entries, _)) => entries.into_iter().rev().for_each(|entry| live.backlog(Entry::from(entry))),
            Err(error) => return End::Failed(error),
        },
    }
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = live.due().unwrap_or_else(|| Instant::now() + FAR);
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return End::Shutdown,
            () = sleep_until(ends_at) => return End::TooLong,
            () = frames.closed() => return End::Gone,
            Ok(place) = frames.reserve(), if live.has_ready() => {
                let text = message::text(&live.frame(), &subscription.take_missed(), asked.shape);
                place.send(Message::Text(text.into()));
            }
            () = sleep_until(due), if live.due().is_some() => live.release(Instant::now()),
            _ = pings.tick() => greet(frames, subscription, asked.shape),
            Some(batch) = subscription.next(), if live.wants_batch() => live.take(batch),
            // Yields between the steps: a large batch is not the only thing there is to do.
            () = tokio::task::yield_now(), if live.has_work() => live.step(Instant::now()),
        }
    }
}

/// Shows a quiet client that the tail lives, or tells it what it has missed.
fn greet(frames: &mpsc::Sender<Message>, subscription: &Subscription, shape: Shape) {
    let Ok(place) = frames.try_reserve() else { return };
    let missed = subscription.take_missed();
    place.send(match missed.as_slice() {
        [] => Message::Ping(Default::default()),
        missed => Message::Text(message::text(&[], missed, shape).into()),
    });
}

/// Tells the client why, if it is still there.
async fn close(frames: mpsc::Sender<Message>, writer: JoinHandle<()>, end: End) {
    let (code, reason) = match end {
        End::Gone => (close_code::NORMAL, String::new()),
        End::Shutdown => (close_code::AWAY, "the log store is stopping".to_owned()),
        End::TooLong => (close_code::ERROR, "reached tail max duration limit".to_owned()),
        End::Failed(error) => (close_code::ERROR, error.to_string()),
    };
    let reason = reason[..reason.floor_char_boundary(MAX_REASON)].into();
    let frame = Message::Close(Some(CloseFrame { code, reason }));
    let said = async {
        drop(frames.send(frame).await);
        drop(frames);
    };
    drop(timeout(CLOSE_PATIENCE, said).await);
    let abort = writer.abort_handle();
    if timeout(CLOSE_PATIENCE, writer).await.is_err() {
        abort.abort();
    }
}

/// A control frame has 125 bytes, two of them for the code.
const MAX_REASON: usize = 123;
