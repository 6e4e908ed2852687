//! The answering side: accepts a bounded number of connections and hands each request to the supervisor.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::SocketPath;
use super::{MAX_LINE, Request, Response};
use crate::layout::Layout;

/// Commands that talk to the supervisor at the same time.
const MAX_CONNECTIONS: usize = 16;

/// A silent connection is closed after this long.
const IDLE: Duration = Duration::from_secs(60);

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request; may take its time.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Opens the socket. The caller holds the data folder's lock, so a socket that exists is left over and replaced.
pub fn listen(layout: &Layout) -> anyhow::Result<UnixListener> {
    let socket = layout.socket();
    match std::fs::remove_file(&socket) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("remove {}", socket.display())),
    }
    let address = SocketPath::of(&socket)?;
    let listener =
        UnixListener::bind(address.path()).with_context(|| format!("listen on {}", socket.display()))?;
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves until `finished` completes, then lets answers that are being written out.
pub async fn serve<H: Handler>(listener: UnixListener, handler: Arc<H>, finished: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    tokio::pin!(finished);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (listener.accept().await, slot)
        };
        tokio::select! {
            (accepted, slot) = accepted => match accepted {
                Ok((stream, _)) => {
                    let handler = Arc::clone(&handler);
                    connections.spawn(async move {
                        // A command that goes away in the middle is none of our business.
                        drop(converse(stream, handler.as_ref()).await);
                        drop(slot);
                    });
                }
                // Out of file descriptors, most likely: give others time to close some.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = connections.join_next() => {}
            () = &mut finished => break,
        }
    }
    let remaining = async { while connections.join_next().await.is_some() {} };
    drop(tokio::time::timeout(Duration::from_millis(300), remaining).await);
}

async fn converse<H: Handler>(stream: UnixStream, handler: &H) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut stream).take(limit);
        match tokio::time::timeout(IDLE, limited.read_until(b'\n', &mut line)).await {
            Ok(Ok(0)) | Err(_) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
        }
        let whole = line.last() == Some(&b'\n');
        let response = match serde_json::from_slice(&line) {
            Ok(request) if whole => handler.answer(request).await,
            Ok(_) => Response::refused("a request is one line"),
            Err(error) => Response::refused(format!("not a request: {error}")),
        };
        let mut text = serde_json::to_vec(&response)?;
        text.push(b'\n');
        stream.get_mut().write_all(&text).await?;
        if !whole {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Client;
    use super::*;

    struct Echo;

    impl Handler for Echo {
        async fn answer(&self, request: Request) -> Response {
            match request {
                Request::Restart { component } => Response::refused(component),
                _ => Response::done(),
            }
        }
    }

    /// Serves `Echo` in `folder`; dropping the sender ends it.
    fn start(layout: &Layout) -> tokio::sync::oneshot::Sender<()> {
        layout.create().unwrap();
        let listener = listen(layout).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(serve(listener, Arc::new(Echo), async {
            drop(stopped.await);
        }));
        stop
    }

    #[tokio::test]
    async fn requests_are_answered_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        // Longer than a socket address can be.
        let layout = Layout::new(&folder.path().join("long-name/".repeat(15))).unwrap();
        assert!(Client::connect(&layout).await.unwrap().is_none());
        let _stop = start(&layout);
        let mut client = Client::connect(&layout).await.unwrap().unwrap();
        assert!(client.ask(&Request::Stop).await.unwrap().ok);
        let refused = client.ask(&Request::Restart { component: "x".to_owned() }).await.unwrap_err();
        assert_eq!(refused.to_string(), "x");
        assert!(client.ask(&Request::Stop).await.unwrap().ok);
    }

    #[tokio::test]
    async fn bad_lines_are_refused_and_the_socket_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path()).unwrap();
        let _stop = start(&layout);
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(layout.socket()), 0o600);
        assert_eq!(mode(layout.run()), 0o700);

        let stream = UnixStream::connect(layout.socket()).await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.get_mut().write_all(b"hello\n").await.unwrap();
        let mut answer = String::new();
        stream.read_line(&mut answer).await.unwrap();
        assert!(answer.starts_with(r#"{"ok":false,"error":"not a request"#), "{answer}");

        // A line without end is cut off rather than collected for ever.
        let flood = vec![b'x'; MAX_LINE + 1];
        drop(stream.get_mut().write_all(&flood).await);
        answer.clear();
        drop(stream.read_line(&mut answer).await);
        answer.clear();
        assert_eq!(stream.read_line(&mut answer).await.unwrap_or(0), 0);
    }
}
