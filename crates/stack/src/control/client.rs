//! The asking side.

use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{MAX_LINE, Request, Response, StackStatus};
use crate::layout::Layout;

/// How long a supervisor may take for an answer that needs no waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest path a Unix socket address holds, without its terminating zero.
const MAX_SOCKET_PATH: usize = 107;

/// The supervisor ended while it was being asked.
#[derive(Debug, thiserror::Error)]
#[error("the supervisor went away before it answered")]
pub struct WentAway;

/// A connection to a running supervisor.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects; `None` when no supervisor listens in this data folder.
    pub async fn connect(layout: &Layout) -> anyhow::Result<Option<Self>> {
        let socket = layout.socket();
        let address = match SocketPath::of(&socket) {
            Ok(address) => address,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("reach {}", socket.display())),
        };
        match UnixStream::connect(address.path()).await {
            Ok(stream) => Ok(Some(Self { stream: BufReader::new(stream) })),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => {
                Err(error).with_context(|| format!("connect to the supervisor at {}", socket.display()))
            }
        }
    }

    /// Asks and waits for the answer for at most `patience`.
    pub async fn ask_within(&mut self, request: &Request, patience: Duration) -> anyhow::Result<Response> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let answer = async {
            self.stream.get_mut().write_all(&line).await?;
            let mut answer = Vec::new();
            let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
            (&mut self.stream).take(limit).read_until(b'\n', &mut answer).await?;
            io::Result::Ok(answer)
        };
        let answer = match timeout(patience, answer).await.context("the supervisor does not answer")? {
            Ok(answer) if answer.is_empty() => return Err(WentAway.into()),
            Err(error) if is_end(&error) => return Err(WentAway.into()),
            answer => answer.context("talk to the supervisor")?,
        };
        serde_json::from_slice(&answer)
            .context("the supervisor's answer is not understood; is it another version?")
    }

    /// Asks something that is answered at once; a refusal is an error.
    pub async fn ask(&mut self, request: &Request) -> anyhow::Result<Response> {
        let response = self.ask_within(request, PATIENCE).await?;
        if !response.ok {
            bail!("{}", response.error.as_deref().unwrap_or("the supervisor refused"));
        }
        Ok(response)
    }

    /// The state of the stack; with `probe` every component is asked first.
    pub async fn status(&mut self, probe: bool) -> anyhow::Result<StackStatus> {
        let response = self.ask(&Request::Status { probe }).await?;
        response.status.context("the supervisor sent no status")
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

/// A socket's address, also for folders whose path is too long for one: those are reached through an open handle.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _folder: Option<std::fs::File>,
}

impl SocketPath {
    /// The address for the socket at `path`; its folder must exist.
    pub fn of(path: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        if path.as_os_str().len() <= MAX_SOCKET_PATH {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let folder = std::fs::File::open(folder)?;
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Self { path, _folder: Some(folder) })
    }

    /// The path to bind or connect to while this value lives.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
