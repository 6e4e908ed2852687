//! The data folder: there, ours, private, with room, and not from the future.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access, geteuid};
use runtime::format_bytes;

use super::Check;
use crate::layout::Layout;

/// Below this the stores soon refuse what is pushed.
const TOO_LITTLE: u64 = 256 << 20;
const LITTLE: u64 = 2 << 30;
/// Clocks of file systems are not exact.
const SLACK: Duration = Duration::from_secs(60);

/// All checks of the folder.
pub fn checks(layout: &Layout) -> Vec<Check> {
    let root = layout.root();
    if !root.exists() {
        let parent = root.ancestors().find(|folder| folder.exists()).unwrap_or(root);
        let mut checks = vec![missing(root, parent)];
        checks.extend(space(parent));
        return checks;
    }
    let mut checks = vec![folder(root)];
    checks.extend(space(root));
    checks.extend(privacy(root));
    checks.extend(future(&layout.logs()));
    checks
}

fn missing(root: &Path, parent: &Path) -> Check {
    let found = format!("{} does not exist yet", root.display());
    if access(parent, AccessFlags::W_OK).is_ok() {
        return Check::ok("data folder", found);
    }
    Check::problem(
        "data folder",
        found,
        format!("{} cannot be written: choose another folder with --data", parent.display()),
    )
}

fn folder(root: &Path) -> Check {
    let found = root.display().to_string();
    if access(root, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        return Check::problem(
            "data folder",
            format!("{found} cannot be written"),
            "change its owner, or choose another with --data",
        );
    }
    let stranger = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .find(|entry| entry.metadata().is_ok_and(|metadata| metadata.uid() != geteuid().as_raw()));
    match stranger {
        Some(entry) if !geteuid().is_root() => Check::problem(
            "data folder",
            format!("{} belongs to somebody else", entry.path().display()),
            format!("was the stack started as another user? chown -R {} {found}", geteuid()),
        ),
        _ => Check::ok("data folder", found),
    }
}

fn space(folder: &Path) -> Option<Check> {
    let system = statvfs(folder).ok()?;
    let free = system.blocks_available() * system.fragment_size();
    Some(room(free))
}

fn room(free: u64) -> Check {
    let found = format!("{} free", format_bytes(free));
    let advice = "make room, lower retention_period in infrastructure/loki and infrastructure/tempo, or set retention_bytes";
    match free {
        ..TOO_LITTLE => Check::problem("disk", found, advice),
        TOO_LITTLE..LITTLE => Check::warning("disk", found, advice),
        _ => Check::ok("disk", found),
    }
}

/// What holds secrets must be for its owner only.
fn privacy(root: &Path) -> Option<Check> {
    let open: Vec<String> = ["shop/jwt-secret", "run"]
        .iter()
        .map(|name| root.join(name))
        .filter(|path| fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0))
        .map(|path| path.display().to_string())
        .collect();
    if open.is_empty() {
        return Some(Check::ok("permissions", "secrets are for their owner only"));
    }
    let found = format!("others may read {}", open.join(" and "));
    Some(Check::warning("permissions", found, format!("chmod -R go= {}", open.join(" "))))
}

/// Files written after now mean that the clock was put back: queries for the last hour then miss what is there.
fn future(logs: &Path) -> Option<Check> {
    let newest =
        fs::read_dir(logs).ok()?.filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok()).max()?;
    let ahead = newest.duration_since(SystemTime::now()).unwrap_or_default();
    (ahead > SLACK).then(|| {
        let found = format!("logs are {} ahead of the clock", crate::ui::duration(ahead));
        Check::warning(
            "time of logs",
            found,
            "the clock was put back: telemetry of that time seems to be in the future",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn verdicts(root: &Path) -> Vec<(&'static str, Verdict)> {
        let checks = checks(&Layout::new(root).unwrap());
        checks
            .into_iter()
            .filter(|check| check.name != "disk")
            .map(|check| (check.name, check.verdict))
            .collect()
    }

    #[test]
    fn folders_are_judged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(verdicts(&folder.path().join("new/data")), [("data folder", Verdict::Ok)]);
        let root = folder.path().join("data");
        Layout::new(&root).unwrap().create().unwrap();
        assert_eq!(verdicts(&root), [("data folder", Verdict::Ok), ("permissions", Verdict::Ok)]);
        fs::create_dir(root.join("shop")).unwrap();
        fs::write(root.join("shop/jwt-secret"), "x").unwrap();
        fs::set_permissions(root.join("shop/jwt-secret"), fs::Permissions::from_mode(0o644)).unwrap();
        let log = fs::File::create(root.join("logs/x.log")).unwrap();
        log.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
        assert_eq!(
            verdicts(&root),
            [
                ("data folder", Verdict::Ok),
                ("permissions", Verdict::Warning),
                ("time of logs", Verdict::Warning)
            ]
        );
    }

    #[test]
    fn room_is_judged() {
        for (free, verdict) in [(0, Verdict::Problem), (1 << 30, Verdict::Warning), (10 << 30, Verdict::Ok)] {
            assert_eq!(room(free).verdict, verdict, "{free}");
        }
    }
}
