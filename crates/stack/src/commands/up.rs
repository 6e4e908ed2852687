//! `up`: starts the supervisor, in the background or right here, and waits until every component is ready.

use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};

use super::down::{VANISH, until_unlocked};
use super::{Context, logs, say};
use crate::cli::{Up, Wait};
use crate::components::{COMPONENTS, Component, SUPERVISOR};
use crate::control::client::{Client, WentAway};
use crate::control::{ComponentStatus, Health, StackStatus};
use crate::network::Network;
use crate::supervisor::journal::Echo;
use crate::supervisor::{self, Settings, Supervisor};
use crate::ui::{self, Style, Tone};

/// How often the state is asked for while waiting.
const POLL: Duration = Duration::from_millis(25);

/// A component that ended this often without ever being ready will not make it.
const HOPELESS_FAILURES: u32 = 3;

/// How much of a failed component's log is shown.
const LINES_OF_FAILED: usize = 15;

/// Runs the command.
pub async fn run(context: &mut Context, options: &Up) -> anyhow::Result<ExitCode> {
    context.layout.ensure_whole()?;
    let wanted = context.network;
    if let Some((_, status)) = context.attach(false).await? {
        return already_running(context, &status, wanted);
    }
    if options.foreground { foreground(context).await } else { background(context, options.wait).await }
}

/// Running twice is no error, unless something else was asked for than what runs.
fn already_running(context: &Context, status: &StackStatus, wanted: Network) -> anyhow::Result<ExitCode> {
    if status.stopping {
        bail!("the stack is just being stopped; try again when `monitoring-stack down` is through");
    }
    if wanted.offset() != 0 && wanted != context.network {
        bail!(
            "the stack in {} runs already with port offset {}; `monitoring-stack down` first, or use another --data",
            context.layout.root().display(),
            status.port_offset
        );
    }
    say(&format!("the stack is running already (pid {})", status.pid))?;
    if program_was_replaced(status.pid) {
        say("it runs an older build than this one: `monitoring-stack restart` changes over")?;
    }
    for component in status.components.iter().filter(|one| one.health == Health::Stopped) {
        let name = &component.name;
        say(&format!("{name} is stopped on request: `monitoring-stack start {name}` starts it"))?;
    }
    say(&addresses(context.network, context.style))?;
    Ok(ExitCode::SUCCESS)
}

fn program_was_replaced(pid: u32) -> bool {
    let running = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let ours = std::env::current_exe().ok();
    running.is_some() && running != ours
}

/// The process that `up` leaves behind. Its terminal is gone, its log is a file.
pub async fn supervise(context: Context) -> anyhow::Result<ExitCode> {
    // Fails only for the leader of a process group, which has no terminal to get rid of then.
    nix::unistd::setsid().ok();
    supervisor::run(settings(context, Echo::Nothing)?, |_| {}).await?;
    Ok(ExitCode::SUCCESS)
}

fn settings(context: Context, echo: Echo) -> anyhow::Result<Settings> {
    let Context { layout, network, .. } = context;
    Ok(Settings { program: own_program()?, layout, network, echo })
}

fn own_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("find this program's own file")
}

async fn foreground(context: &Context) -> anyhow::Result<ExitCode> {
    let style = context.style;
    let network = context.network;
    let echo = if std::io::stdout().is_terminal() { Echo::Pretty(style) } else { Echo::Json };
    let settings = settings(Context { layout: context.layout.clone(), network, style }, echo)?;
    let started = Instant::now();
    supervisor::run(settings, |supervisor| {
        if matches!(echo, Echo::Pretty(_)) {
            tokio::spawn(greet(Arc::clone(supervisor), network, style, started));
        }
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the addresses once everything is ready.
async fn greet(supervisor: Arc<Supervisor>, network: Network, style: Style, started: Instant) {
    while !supervisor.status(false).await.components.iter().all(is_up) {
        tokio::time::sleep(POLL).await;
    }
    drop(say(&format!(
        "\n{}\n{}\nCtrl-C stops everything.\n",
        ready_line(started.elapsed(), style),
        addresses(network, style)
    )));
}

async fn background(context: &Context, wait: Wait) -> anyhow::Result<ExitCode> {
    context.layout.create()?;
    // A supervisor that is just ending closes its socket a moment before it gives up the folder.
    if !until_unlocked(context, VANISH).await?
        && let Some(holder) = context.layout.holder()?
    {
        bail!(
            "{holder} has the data folder {} but does not answer; `monitoring-stack down` ends it",
            context.layout.root().display()
        );
    }
    supervisor::check_ports(context.network)?;
    start_and_wait(context, wait).await
}

/// Starts the supervisor as a process of its own and waits until all is ready. When that fails or is interrupted,
/// everything is stopped again.
pub async fn start_and_wait(context: &Context, wait: Wait) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let mut child = spawn_supervisor(context)?;
    let mut progress = Progress::new(context.style);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(wait.timeout, wait_until_ready(context, &mut child, &mut progress)) => {
            outcome.unwrap_or_else(|_| Err(progress.too_late(wait.timeout)))
        }
        _ = interrupt.recv() => Err(anyhow::anyhow!("interrupted")),
        _ = terminate.recv() => Err(anyhow::anyhow!("interrupted")),
    };
    progress.clear();
    if let Err(error) = outcome {
        say(&context.style.paint(Tone::Bad, &format!("{error:#}")))?;
        if let Some(failed) = progress.failed.or_else(|| progress.waiting.first().copied()) {
            show_last_lines(context, failed)?;
        }
        super::down::stop_everything(context).await?;
        say("everything was stopped again")?;
        return Ok(ExitCode::FAILURE);
    }
    say(&ready_line(started.elapsed(), context.style))?;
    say(&addresses(context.network, context.style))?;
    Ok(ExitCode::SUCCESS)
}

fn spawn_supervisor(context: &Context) -> anyhow::Result<Child> {
    let path = context.layout.log_of(SUPERVISOR);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("open {}", path.display()))?;
    Command::new(own_program()?)
        .arg("supervise")
        .arg("--data")
        .arg(context.layout.root())
        .arg("--port-offset")
        .arg(context.network.offset().to_string())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("start the supervisor")
}

async fn wait_until_ready(
    context: &Context,
    child: &mut Child,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    let mut client = loop {
        // The socket of a supervisor that was killed just now may still accept; it answers nothing.
        if let Some(mut client) = Client::connect(&context.layout).await? {
            match client.status(false).await {
                Err(error) if error.is::<WentAway>() => {}
                status => break status.map(|_| client)?,
            }
        }
        if let Some(status) = child.try_wait()? {
            progress.failed = Some(SUPERVISOR);
            bail!("the supervisor ended with {status}");
        }
        tokio::time::sleep(POLL).await;
    };
    loop {
        let status = client.status(false).await?;
        progress.show(&status)?;
        if let Some(hopeless) =
            status.components.iter().find(|one| !is_up(one) && one.failures >= HOPELESS_FAILURES)
        {
            progress.failed = COMPONENTS.iter().map(|one| one.name).find(|name| *name == hopeless.name);
            let reason = hopeless.last_exit.as_deref().unwrap_or("unknown reason");
            bail!("{} does not start: {reason}", hopeless.name);
        }
        if status.components.iter().all(is_up) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn is_up(component: &ComponentStatus) -> bool {
    component.health == Health::Up
}

/// What a person sees while waiting: a line for each component that becomes ready and, on a terminal, one that says
/// what is still missing.
#[derive(Debug)]
struct Progress {
    style: Style,
    on_terminal: bool,
    started: Instant,
    ready: Vec<&'static str>,
    waiting: Vec<&'static str>,
    failed: Option<&'static str>,
    shown: bool,
}

impl Progress {
    fn new(style: Style) -> Self {
        Self {
            style,
            on_terminal: std::io::stdout().is_terminal(),
            started: Instant::now(),
            ready: Vec::new(),
            waiting: COMPONENTS.iter().map(|component| component.name).collect(),
            failed: None,
            shown: false,
        }
    }

    fn show(&mut self, status: &StackStatus) -> anyhow::Result<()> {
        for component in &COMPONENTS {
            let is_ready = status.components.iter().any(|one| one.name == component.name && is_up(one));
            if is_ready && !self.ready.contains(&component.name) {
                self.clear();
                self.ready.push(component.name);
                self.waiting.retain(|name| *name != component.name);
                let after = ui::duration(self.started.elapsed());
                let mark = self.style.paint(Tone::Good, "ready");
                say(&format!("  {mark}  {:17} {}", component.name, self.style.paint(Tone::Faint, &after)))?;
            }
        }
        if self.on_terminal && !self.waiting.is_empty() {
            let text = format!("  waiting for {}", self.waiting.join(", "));
            let text: String = text.chars().take(78).collect();
            let mut stdout = std::io::stdout().lock();
            write!(stdout, "\r\x1b[K{}", self.style.paint(Tone::Faint, &text))?;
            stdout.flush()?;
            self.shown = true;
        }
        Ok(())
    }

    /// Removes the line that says what is missing.
    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let mut stdout = std::io::stdout().lock();
            drop(write!(stdout, "\r\x1b[K"));
            drop(stdout.flush());
        }
    }

    fn too_late(&self, timeout: Duration) -> anyhow::Error {
        anyhow::anyhow!("not ready within {}: {}", ui::duration(timeout), self.waiting.join(", "))
    }
}

fn show_last_lines(context: &Context, name: &'static str) -> anyhow::Result<()> {
    let lines = logs::last_lines(&context.layout.log_of(name), LINES_OF_FAILED)?;
    if lines.is_empty() {
        return Ok(());
    }
    say(&format!("\nlast lines of {}:", context.layout.log_of(name).display()))?;
    for line in lines {
        say(&format!("  {}", crate::pretty::line(&line, "", 0, context.style).trim_start()))?;
    }
    say("")?;
    Ok(())
}

fn ready_line(after: Duration, style: Style) -> String {
    style.paint(
        Tone::Strong,
        &format!("The stack is up: everything was ready after {:.1} s.", after.as_secs_f64()),
    )
}

/// Where to go from here.
fn addresses(network: Network, style: Style) -> String {
    let by_name = |name: &str| COMPONENTS.iter().find(|component| component.name == name);
    let mut out = String::from("\n");
    let order =
        ["dashboard-server", "user-service", "product-service", "order-service", "log-store", "trace-store"];
    for component in order.into_iter().filter_map(by_name) {
        let url = network.shown_url(component.port);
        out.push_str(&format!(
            "  {:26} {}{}\n",
            component.role,
            style.paint(Tone::Strong, &url),
            hint(component, network)
        ));
    }
    out.push_str("\n  monitoring-stack status | logs -f | health | test-endpoints | down");
    out
}

fn hint(component: &Component, network: Network) -> String {
    match component.name {
        "dashboard-server" => format!("   login: {}", login()),
        _ => component
            .extra
            .iter()
            .map(|extra| format!("   {} on {}", extra.label, network.reach(extra.port).port()))
            .collect(),
    }
}

/// The login to print: the password only while it is the documented default.
fn login() -> String {
    let user = std::env::var("GF_SECURITY_ADMIN_USER").ok().filter(|user| !user.is_empty());
    let user = user.as_deref().unwrap_or("admin");
    match std::env::var_os("GF_SECURITY_ADMIN_PASSWORD") {
        Some(password) if !password.is_empty() => format!("{user} / as GF_SECURITY_ADMIN_PASSWORD says"),
        _ => format!("{user} / admin123"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_name_what_a_user_needs() {
        let text = addresses(Network::on([127, 0, 0, 1].into(), 0), Style::PLAIN);
        for expected in [
            "http://localhost:3000   login: admin / ",
            "http://localhost:8081",
            "http://localhost:3200   OTLP gRPC on 4317   OTLP HTTP on 4318",
        ] {
            assert!(text.contains(expected), "{text}");
        }
    }
}
