//! A private PostgreSQL server in a temporary folder, reached through a socket in it; gone with the value.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User, chown};
use tempfile::TempDir;

const MISSING: &str =
    "PostgreSQL's server programs are missing: run `make install-tools` or install the package postgresql";
/// Starting takes a second; a machine under load may need many.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Dropping it stops the server and removes its data.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    folder: TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// Creates a cluster and starts it, without fsync: tests need speed and keep nothing. Call it from a thread that
    /// lives as long as the server is needed (the test's own): the server ends with the thread.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        let user = unprivileged_user()?;
        let folder = tempfile::Builder::new().prefix("pg-").tempdir().context("temporary folder")?;
        if let Some(user) = &user {
            chown(folder.path(), Some(user.uid), Some(user.gid))
                .context("give the folder to PostgreSQL's user")?;
        }
        create_cluster(&programs, folder.path(), user.as_ref())?;
        let server = start_server(&programs, folder.path(), user.as_ref())?;
        Ok(Self { server, folder, programs })
    }

    /// The address of the server's first database, for `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Creates another database, empty, and returns its address.
    pub fn create_database(&self, name: &str) -> anyhow::Result<String> {
        let output = Command::new(self.programs.join("createdb"))
            .arg("--host")
            .arg(self.folder.path())
            .args(["--username=postgres", name])
            .output()
            .context("run createdb")?;
        ensure!(output.status.success(), "createdb: {}", String::from_utf8_lossy(&output.stderr));
        Ok(self.url_of(name))
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.path().display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT: at once. Nothing of the data is needed any more.
        if let Ok(pid) = i32::try_from(self.server.id()) {
            kill(Pid::from_raw(pid), Signal::SIGQUIT).ok();
        }
        drop(self.server.wait());
    }
}

/// Where `initdb` and `postgres` are: Debian keeps them outside of `PATH`, by version.
fn programs() -> anyhow::Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .context(MISSING)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").exists().then_some((version, programs))
        })
        .collect();
    versions.sort();
    versions.pop().map(|(_, path)| path).context(MISSING)
}

/// PostgreSQL refuses to run as root.
fn unprivileged_user() -> anyhow::Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("neither the user postgres nor nobody exists, and PostgreSQL refuses to run as root")
}

fn command(program: &Path, folder: &Path, user: Option<&User>) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command.current_dir(folder).env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
    command
}

fn create_cluster(programs: &Path, folder: &Path, user: Option<&User>) -> anyhow::Result<()> {
    let output = command(&programs.join("initdb"), folder, user)
        .args(["--pgdata=data", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"])
        .output()
        .context("run initdb")?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn start_server(programs: &Path, folder: &Path, user: Option<&User>) -> anyhow::Result<Child> {
    // setpriv becomes the server; it makes the kernel stop the server should the test be killed.
    let mut server = command(Path::new("setpriv"), folder, user)
        .args(["--pdeathsig", "QUIT"])
        .arg(programs.join("postgres"))
        .args(["-D", "data", "-h", "", "-F", "-k"])
        .arg(folder)
        .args(["-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_connections=60"])
        .args(["-c", "shared_buffers=16MB", "-c", "autovacuum=off", "-c", "jit=off"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("start PostgreSQL")?;
    let log = server.stderr.take().context("PostgreSQL's log")?;
    if let Err(error) = wait_until_ready(log) {
        drop(server.kill());
        drop(server.wait());
        return Err(error);
    }
    Ok(server)
}

/// Reads the server's log until it says that it is ready, and goes on reading so that the server never waits for us.
fn wait_until_ready(log: std::process::ChildStderr) -> anyhow::Result<()> {
    let (ready, answer) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut seen = String::new();
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if line.contains("ready to accept connections") {
                drop(ready.try_send(Ok(())));
            } else if seen.len() < 10_000 {
                seen.push_str(&line);
                seen.push('\n');
            }
        }
        drop(ready.try_send(Err(seen)));
    });
    let started = Instant::now();
    match answer.recv_timeout(START_PATIENCE) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(log)) => bail!("PostgreSQL ended after {:?}:\n{log}", started.elapsed()),
        Err(_) => bail!("PostgreSQL is not ready after {START_PATIENCE:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_starts_and_leaves_nothing_behind() {
        let postgres = Postgres::start().unwrap();
        let folder = postgres.folder.path().to_owned();
        let pid = postgres.server.id();
        assert!(folder.join(".s.PGSQL.5432").exists());
        assert!(postgres.create_database("other").unwrap().contains("/other?host="));
        assert!(postgres.create_database("other").is_err());
        drop(postgres);
        assert!(!folder.exists());
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
