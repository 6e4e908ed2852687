//! How commands talk to a running supervisor: one JSON object a line, over a Unix socket that only its owner can open.
//!
//! ```text
//! → {"command":"status","probe":true}        ← {"ok":true,"status":{…}}
//! → {"command":"restart","component":"user-service"}   ← {"ok":true}
//! → {"command":"hold","component":"user-service"}      ← {"ok":true}   until {"command":"start",…}
//! → {"command":"stop"}                       ← {"ok":true}   once everything has stopped
//! ```

pub mod client;
pub mod server;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The longest line either side accepts.
pub const MAX_LINE: usize = 256 * 1024;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How every component is; `probe` asks each of them over HTTP first
    Status {
        #[serde(default)]
        probe: bool,
    },
    /// Stop one component and start it again
    Restart { component: String },
    /// Stop one component, which then stays down
    Hold { component: String },
    /// Start a component that was stopped
    Start { component: String },
    /// Stop everything; answered when it is done
    Stop,
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Response {
    pub ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StackStatus>,
}

impl Response {
    /// Done.
    pub fn done() -> Self {
        Self { ok: true, error: None, status: None }
    }

    /// Refused, and why.
    pub fn refused(error: impl Into<String>) -> Self {
        Self { ok: false, error: Some(error.into()), status: None }
    }

    /// The state of the stack.
    pub fn status(status: StackStatus) -> Self {
        Self { ok: true, error: None, status: Some(status) }
    }
}

/// The stack as the supervisor sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StackStatus {
    pub version: String,
    /// The supervisor's pid
    pub pid: u32,
    pub data: PathBuf,
    pub host: std::net::IpAddr,
    pub port_offset: u16,
    /// RFC 3339
    pub started_at: String,
    pub uptime_s: f64,
    /// Resident memory of the supervisor itself
    pub rss_bytes: u64,
    /// Resident memory of supervisor and components, pages that they share counted once
    pub total_memory_bytes: u64,
    pub stopping: bool,
    pub components: Vec<ComponentStatus>,
}

/// One component as the supervisor sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ComponentStatus {
    pub name: String,
    pub role: String,
    pub pid: Option<u32>,
    pub address: String,
    pub url: String,
    pub health: Health,
    /// Why it is not up, when it isn't
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Starts after the first one
    pub restarts: u32,
    /// Exits that nobody asked for since it was last ready
    pub failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exit: Option<String>,
    /// Time from its start until it was ready
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_after_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What a process uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub rss_bytes: u64,
    /// Resident memory with shared pages divided among those who share them
    pub pss_bytes: u64,
    /// Share of one core over the last half minute
    pub cpu_percent: f64,
    /// Processor time since it started
    pub cpu_s: f64,
}

/// How a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Its process runs and has not been ready yet
    Starting,
    /// Ready
    Up,
    /// It was ready and now says it isn't, or does not answer
    Degraded,
    /// No process: it crashed and waits for its next start
    Down,
    /// Being stopped, or stopped
    Stopped,
}

impl std::fmt::Display for Health {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Stopped => "stopped",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_what_the_documentation_says() {
        for (text, expected) in [
            (r#"{"command":"status"}"#, Some(Request::Status { probe: false })),
            (r#"{"command":"status","probe":true}"#, Some(Request::Status { probe: true })),
            (
                r#"{"command":"restart","component":"user-service"}"#,
                Some(Request::Restart { component: "user-service".to_owned() }),
            ),
            (
                r#"{"command":"hold","component":"user-service"}"#,
                Some(Request::Hold { component: "user-service".to_owned() }),
            ),
            (r#"{"command":"stop"}"#, Some(Request::Stop)),
            (r#"{"command":"format"}"#, None),
            (r#"{"command":"restart"}"#, None),
            ("stop", None),
        ] {
            assert_eq!(serde_json::from_str::<Request>(text).ok(), expected, "{text}");
        }
    }
}
