//! Occupied ports: found before anything is started, and named with the process that has them.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process};

use crate::components::COMPONENTS;
use crate::network::Network;

/// How long processes of an earlier stack that are just going away may keep their ports.
const LEFTOVERS: Duration = Duration::from_secs(3);

/// The longest command line shown.
const COMMAND_CHARS: usize = 120;

/// A port that cannot be opened, and why.
#[derive(Debug)]
pub struct Occupied {
    component: &'static str,
    address: SocketAddr,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    HeldBy(Holder),
    Held { uid: Option<u32> },
    Refused(io::Error),
}

impl Cause {
    /// Whether waiting may help. A process that ends gives up its memory (and with it the link to its program), then
    /// its descriptors, and only then its sockets: for a moment nobody holds the port.
    fn may_pass(&self) -> bool {
        match self {
            Self::HeldBy(holder) => holder.is_leftover,
            Self::Held { uid } => uid.is_none_or(|uid| uid == nix::unistd::geteuid().as_raw()),
            Self::Refused(_) => false,
        }
    }
}

#[derive(Debug, Clone)]
struct Holder {
    pid: i32,
    command: String,
    is_leftover: bool,
}

impl fmt::Display for Occupied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { component, address, cause } = self;
        let port = address.port();
        match cause {
            Cause::HeldBy(Holder { pid, command, .. }) => {
                write!(formatter, "port {port} ({component}) is in use by pid {pid}: {command}")
            }
            Cause::Held { uid: Some(uid) } => write!(
                formatter,
                "port {port} ({component}) is in use by a process of user id {uid} \
                 (run `ss -ltnp 'sport = :{port}'` as root to see which)"
            ),
            Cause::Held { uid: None } => {
                write!(
                    formatter,
                    "port {port} ({component}) is in use by a process that cannot be seen from here"
                )
            }
            Cause::Refused(error) => write!(formatter, "{address} ({component}) cannot be opened: {error}"),
        }
    }
}

/// Every port of the stack that cannot be opened. Processes of this very program that are on their way out (their
/// supervisor was killed) are given a moment.
pub fn occupied(network: Network) -> Vec<Occupied> {
    let deadline = Instant::now() + LEFTOVERS;
    loop {
        let found = look(network);
        let may_pass = !found.is_empty() && found.iter().all(|one| one.cause.may_pass());
        if !may_pass || Instant::now() >= deadline {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn look(network: Network) -> Vec<Occupied> {
    let failures: Vec<(&'static str, SocketAddr, io::Error)> = COMPONENTS
        .iter()
        .flat_map(|component| component.ports().map(|port| (component.name, network.listen(port))))
        .filter_map(|(name, address)| Some((name, address, TcpListener::bind(address).err()?)))
        .collect();
    if failures.is_empty() {
        return Vec::new();
    }
    let sockets = listening_sockets();
    let holders = holders(&sockets);
    failures
        .into_iter()
        .map(|(component, address, error)| Occupied {
            component,
            address,
            cause: match error.kind() {
                io::ErrorKind::AddrInUse => match holders.get(&address.port()) {
                    Some(holder) => Cause::HeldBy(holder.clone()),
                    None => Cause::Held {
                        uid: sockets.values().find(|(port, _)| *port == address.port()).map(|(_, uid)| *uid),
                    },
                },
                _ => Cause::Refused(error),
            },
        })
        .collect()
}

/// Listening TCP sockets: inode to port and user id.
fn listening_sockets() -> BTreeMap<u64, (u16, u32)> {
    [procfs::net::tcp(), procfs::net::tcp6()]
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.state == TcpState::Listen)
        .map(|entry| (entry.inode, (entry.local_address.port(), entry.uid)))
        .collect()
}

/// Ports with the process that listens on them, as far as we may look into processes.
fn holders(sockets: &BTreeMap<u64, (u16, u32)>) -> BTreeMap<u16, Holder> {
    let own_program = std::env::current_exe().ok();
    let mut holders = BTreeMap::new();
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        for descriptor in process.fd().into_iter().flatten().flatten() {
            let FDTarget::Socket(inode) = descriptor.target else {
                continue;
            };
            if let Some((port, _)) = sockets.get(&inode) {
                holders.entry(*port).or_insert_with(|| Holder {
                    pid: process.pid,
                    command: command_of(&process),
                    is_leftover: is_leftover(&process, own_program.as_deref()),
                });
            }
        }
    }
    holders
}

/// Whether `process` is a component whose supervisor is gone, or any process that is just ending.
fn is_leftover(process: &Process, own_program: Option<&Path>) -> bool {
    let runs_us = |process: &Process| process.exe().ok().as_deref() == own_program && own_program.is_some();
    let parent = process.stat().ok().and_then(|stat| Process::new(stat.ppid).ok());
    let is_orphan = runs_us(process) && !parent.is_some_and(|parent| runs_us(&parent));
    is_orphan || is_ending(process)
}

/// Whether the memory of `process`, and with it its command line, is gone already.
fn is_ending(process: &Process) -> bool {
    process.cmdline().map_or(true, |words| words.is_empty())
}

fn command_of(process: &Process) -> String {
    let words = process.cmdline().unwrap_or_default();
    let command = if words.is_empty() {
        process.stat().map(|stat| stat.comm).unwrap_or_default()
    } else {
        words.join(" ")
    };
    command
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(COMMAND_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn an_occupied_port_is_found_with_its_process() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sockets = listening_sockets();
        let holder = holders(&sockets).remove(&port).expect("our own socket is visible to us");
        assert_eq!(holder.pid, i32::try_from(std::process::id()).unwrap());
        assert!(holder.is_leftover);
        assert!(!holder.command.is_empty());
    }

    #[test]
    fn the_message_says_which_port_whose_and_who() {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
        let occupied = |cause| Occupied { component: "dashboard-server", address, cause }.to_string();
        let held = occupied(Cause::HeldBy(Holder {
            pid: 42,
            command: "grafana server".to_owned(),
            is_leftover: false,
        }));
        assert_eq!(held, "port 3000 (dashboard-server) is in use by pid 42: grafana server");
        assert!(occupied(Cause::Held { uid: Some(7) }).contains("user id 7"));
        assert!(occupied(Cause::Held { uid: None }).contains("cannot be seen"));
        let refused = occupied(Cause::Refused(io::Error::from(io::ErrorKind::PermissionDenied)));
        assert!(refused.starts_with("127.0.0.1:3000 (dashboard-server) cannot be opened"), "{refused}");
    }
}
