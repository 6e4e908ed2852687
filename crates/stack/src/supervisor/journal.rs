//! The supervisor's own log: JSON lines like everybody else's, in a file that rotates, and on the terminal when the
//! supervisor runs in the foreground. It writes the few events an operator cares about, nothing periodic.

use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::rotate::RotatingFile;
use crate::components::SUPERVISOR;
use crate::pretty;
use crate::ui::Style;

/// Where events are shown besides the file.
#[derive(Debug, Clone, Copy)]
pub enum Echo {
    Nothing,
    /// Lines for people
    Pretty(Style),
    /// The JSON lines themselves
    Json,
}

/// Writes events.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<RotatingFile>,
    echo: Echo,
}

impl Journal {
    /// Writes to the file only.
    #[cfg(test)]
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_echo(path, Echo::Nothing)
    }

    /// Writes to the file and shows events as `echo` says.
    pub fn with_echo(path: &Path, echo: Echo) -> io::Result<Self> {
        let file = Mutex::new(RotatingFile::open(path)?);
        Ok(Self { file, echo })
    }

    /// Something that belongs to life: started, ready, stopped.
    pub fn info(&self, message: &str, fields: Value) {
        self.write("info", message, fields);
    }

    /// Something that went wrong and was dealt with.
    pub fn warn(&self, message: &str, fields: Value) {
        self.write("warn", message, fields);
    }

    /// Something that a person should look at.
    pub fn error(&self, message: &str, fields: Value) {
        self.write("error", message, fields);
    }

    fn write(&self, level: &str, message: &str, fields: Value) {
        let mut event = Map::new();
        event.insert("timestamp".to_owned(), Value::from(format!("{:.6}", Timestamp::now())));
        event.insert("level".to_owned(), Value::from(level));
        event.insert("service".to_owned(), Value::from(SUPERVISOR));
        event.insert("message".to_owned(), Value::from(message));
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        let mut line = Value::Object(event).to_string();
        // Neither a full disk nor a closed terminal stops the supervisor.
        match self.echo {
            Echo::Nothing => {}
            Echo::Json => drop(writeln!(io::stdout(), "{line}")),
            Echo::Pretty(style) => {
                drop(writeln!(io::stdout(), "{}", pretty::line(&line, SUPERVISOR, SUPERVISOR.len(), style)));
            }
        }
        line.push('\n');
        drop(self.file.lock().append(line.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_json_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("supervisor.log");
        let journal = Journal::open(&path).unwrap();
        journal.warn("component exited", json!({"component": "order-service", "delay_ms": 200}));
        let text = std::fs::read_to_string(&path).unwrap();
        let event: Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(event["level"], "warn");
        assert_eq!(event["service"], "supervisor");
        assert_eq!(event["component"], "order-service");
        assert!(event["timestamp"].as_str().unwrap().parse::<Timestamp>().is_ok());
    }
}
