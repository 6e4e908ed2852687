//! A disk so small that a test can fill it.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// A file system in memory with a few megabytes, unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where mounting is not allowed: a caller then has to prove its point in another way. Whoever reads the test's
    /// output is told which way it took.
    #[expect(clippy::print_stderr, reason = "the output of a test is for a person")]
    pub fn mount(bytes: u64) -> anyhow::Result<Option<Self>> {
        let folder = tempfile::tempdir().context("a folder to mount on")?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        let mounted = match mounted {
            Ok(status) => status.success(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error).context("run mount"),
        };
        if mounted {
            eprintln!("a full disk: a tmpfs of {bytes} bytes is mounted");
        } else {
            eprintln!("a full disk: mounting is not allowed here, a folder that cannot be written stands in");
        }
        Ok(mounted.then_some(Self { folder }))
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the space there is but `spare` bytes (whole pages).
    pub fn fill(&self, spare: u64) -> anyhow::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.filler())?;
        for size in [64 << 10, 4 << 10, 1] {
            let piece = vec![0; size];
            loop {
                match file.write(&piece) {
                    Ok(0) => bail!("nothing was written"),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error).context("fill the disk"),
                }
            }
        }
        let taken = file.metadata()?.len();
        file.set_len(taken.saturating_sub(spare)).context("leave some space")
    }

    /// Gives it back.
    pub fn free(&self) -> anyhow::Result<()> {
        std::fs::remove_file(self.filler()).context("free the disk")
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a file that is still open must not keep the mount.
        drop(Command::new("umount").arg("-l").arg(self.folder.path()).stderr(Stdio::null()).status());
    }
}
