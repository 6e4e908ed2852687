//! The shop's PostgreSQL in backups: its own tools make and read the dump, so that any version's data fit.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use url::Url;

use crate::layout::Layout;

/// A schema each for the services that keep data.
const SCHEMAS: [&str; 3] = ["user_service", "product_service", "order_service"];

const VARIABLE: &str = "DATABASE_URL";

/// A database of the shop. The password goes by the environment: the list of processes is open to everybody.
#[derive(Debug)]
pub struct Postgres {
    url: Url,
}

impl Postgres {
    /// The database that `DATABASE_URL` names, here or in the environment of the running stack.
    pub fn find(layout: &Layout) -> anyhow::Result<Option<Self>> {
        let text = match std::env::var(VARIABLE) {
            Ok(text) => Some(text),
            Err(_) => layout.holder()?.and_then(|holder| variable_of(holder.pid?)),
        };
        let Some(text) = text.filter(|text| text.starts_with("postgres")) else { return Ok(None) };
        let url = Url::parse(&text).context("DATABASE_URL is no URL")?;
        Ok(Some(Self { url }))
    }

    /// Writes a dump of all the shop's tables.
    pub fn dump(&self, file: &Path) -> anyhow::Result<()> {
        let mut command = self.command("pg_dump")?;
        command.args(["--format=custom", "--no-owner", "--file"]).arg(file);
        for schema in SCHEMAS {
            command.arg("--schema").arg(schema);
        }
        run(command, "pg_dump")
    }

    /// Whether the shop has tables there.
    pub fn is_in_use(&self) -> anyhow::Result<bool> {
        let schemas = SCHEMAS.map(|schema| format!("'{schema}'")).join(", ");
        let sql = format!("SELECT count(*) FROM information_schema.tables WHERE table_schema IN ({schemas})");
        let output = self
            .command("psql")?
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", &sql])
            .stderr(Stdio::inherit())
            .output()
            .context("start psql, which restoring into PostgreSQL needs")?;
        if !output.status.success() {
            bail!("psql failed: {}", output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim() != "0")
    }

    /// Puts a dump in the place of the shop's tables, all or nothing.
    pub fn restore(&self, file: &Path) -> anyhow::Result<()> {
        let mut command = self.command("pg_restore")?;
        let database = self.database();
        command.args(["--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", &database]);
        command.arg(file);
        run(command, "pg_restore")
    }

    fn database(&self) -> String {
        decoded(self.url.path().trim_start_matches('/'))
    }

    fn command(&self, program: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        let host = self.url.host_str().filter(|host| !host.is_empty());
        for (name, value) in [
            ("PGHOST", host.map(decoded)),
            ("PGPORT", self.url.port().map(|port| port.to_string())),
            ("PGUSER", Some(decoded(self.url.username())).filter(|user| !user.is_empty())),
            ("PGPASSWORD", self.url.password().map(decoded)),
            ("PGDATABASE", Some(self.database()).filter(|name| !name.is_empty())),
        ] {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        for (key, value) in self.url.query_pairs() {
            match key.as_ref() {
                "sslmode" => drop(command.env("PGSSLMODE", value.as_ref())),
                "host" => drop(command.env("PGHOST", value.as_ref())),
                "port" => drop(command.env("PGPORT", value.as_ref())),
                _ => {}
            }
        }
        Ok(command)
    }
}

fn decoded(text: &str) -> String {
    // `+` is no blank in this part of a URL.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("={text}").replace('&', "%26").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn run(mut command: Command, name: &str) -> anyhow::Result<()> {
    let status = command.status().with_context(|| {
        format!("start {name}, which the shop's PostgreSQL needs (Debian: apt-get install postgresql-client)")
    })?;
    if !status.success() {
        bail!("{name} failed: {status}");
    }
    Ok(())
}

fn variable_of(pid: i32) -> Option<String> {
    let environment = procfs::process::Process::new(pid).ok()?.environ().ok()?;
    environment.get(std::ffi::OsStr::new(VARIABLE)).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_becomes_variables_and_the_password_is_no_argument() {
        let url = Url::parse("postgres://shop:p%40ss+w&rd@db.example:5433/shop?sslmode=require").unwrap();
        let command = Postgres { url }.command("pg_dump").unwrap();
        let variables: Vec<(String, String)> = command
            .get_envs()
            .map(|(name, value)| {
                (name.to_string_lossy().into_owned(), value.unwrap().to_string_lossy().into_owned())
            })
            .collect();
        for (name, value) in [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "shop"),
            ("PGPASSWORD", "p@ss+w&rd"),
            ("PGDATABASE", "shop"),
            ("PGSSLMODE", "require"),
        ] {
            assert!(variables.contains(&(name.to_owned(), value.to_owned())), "{name}: {variables:?}");
        }
        assert_eq!(command.get_args().count(), 0);
    }
}
