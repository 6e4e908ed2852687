//! `restore`: brings back what an archive holds, into a stopped stack.
//!
//! The archive is read to its end and checked before anything is touched. Folders are then exchanged by renaming; a mark
//! in `run/` tells the next start if that was interrupted.

use std::fs::{DirBuilder, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::archive::read::extract;
use super::archive::{DATA, DATABASE, EXTRA, Manifest};
use super::backup::stage::folders;
use super::postgres::Postgres;
use super::{Context, say};
use crate::cli::Restore;
use crate::layout::Layout;

/// Runs the command.
pub fn run(context: &Context, options: &Restore) -> anyhow::Result<ExitCode> {
    if options.check {
        let manifest = extract(open(&options.file)?, None)?;
        report(options, &format!("the backup is whole: {}", describe(&manifest)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let layout = &context.layout;
    layout.create()?;
    // Held until the end: nothing can start while its data change.
    let _lock = match layout.lock()? {
        Ok(lock) => lock,
        Err(holder) => bail!("the stack is running ({holder}); stop it first: monitoring-stack down"),
    };
    refuse_to_overwrite(layout, options)?;
    let stage = Stage::new(layout)?;
    let manifest = extract(open(&options.file)?, Some(&stage.path))?;
    restore_database(context, options, &stage)?;
    if let Some(extra) = &options.extra {
        replace_extra(&stage.path.join(EXTRA), extra)?;
    }
    exchange(layout, &stage)?;
    report(options, &format!("restored into {}: {}", layout.root().display(), describe(&manifest)))?;
    Ok(ExitCode::SUCCESS)
}

/// Standard output may be the dump's.
fn report(options: &Restore, text: &str) -> io::Result<()> {
    if options.database_dump.as_deref() == Some(Path::new("-")) { Ok(()) } else { say(text) }
}

fn describe(manifest: &Manifest) -> String {
    format!(
        "{} files, {}, made {} by version {}",
        manifest.files.len(),
        runtime::format_bytes(manifest.bytes()),
        manifest.header.created,
        manifest.header.version
    )
}

fn open(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let archive = File::open(file).with_context(|| format!("open {}", file.display()))?;
    Ok(Box::new(BufReader::new(archive)))
}

fn refuse_to_overwrite(layout: &Layout, options: &Restore) -> anyhow::Result<()> {
    if options.force {
        return Ok(());
    }
    // The folder of the logs is made by every command.
    let in_use = folders().map(|name| layout.root().join(name)).find(|folder| !is_empty(folder));
    match in_use {
        Some(folder) => bail!(
            "{} is not empty; `--force` replaces what is there by what the backup holds",
            folder.display()
        ),
        None => Ok(()),
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

/// Hands the dump to PostgreSQL, or to whoever asked for it.
fn restore_database(context: &Context, options: &Restore, stage: &Stage) -> anyhow::Result<()> {
    let dump = stage.path.join(DATABASE);
    if let Some(wanted) = &options.database_dump {
        let mut dump = File::open(&dump).context("the backup holds no dump of PostgreSQL")?;
        if wanted == Path::new("-") {
            io::copy(&mut dump, &mut io::stdout().lock())?;
        } else {
            io::copy(&mut dump, &mut File::create(wanted)?)?;
        }
        return Ok(());
    }
    if !dump.exists() {
        return Ok(());
    }
    let Some(postgres) = Postgres::find(&context.layout)? else {
        bail!("the backup holds the shop's PostgreSQL: set DATABASE_URL to where it shall be restored");
    };
    if !options.force && postgres.is_in_use()? {
        bail!("the shop's tables exist already in PostgreSQL; `--force` replaces them");
    }
    postgres.restore(&dump)
}

/// Fills each folder in `target` that the backup has, also when it is the root of a file system of its own.
fn replace_extra(staged: &Path, target: &Path) -> anyhow::Result<()> {
    if !staged.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(staged)? {
        let entry = entry?;
        let folder = target.join(entry.file_name());
        if folder.is_dir() {
            for old in std::fs::read_dir(&folder)? {
                let old = old?.path();
                if old.is_dir() { std::fs::remove_dir_all(&old)? } else { std::fs::remove_file(&old)? }
            }
        }
        copy_tree(&entry.path(), &folder).with_context(|| format!("restore {}", folder.display()))?;
    }
    Ok(())
}

fn copy_tree(source: &Path, target: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let metadata = source.metadata()?;
    if metadata.is_dir() {
        if !target.is_dir() {
            std::fs::create_dir(target)?;
        }
        for entry in std::fs::read_dir(source)? {
            let entry = entry?;
            copy_tree(&entry.path(), &target.join(entry.file_name()))?;
        }
    } else {
        std::fs::copy(source, target)?;
    }
    if nix::unistd::geteuid().is_root() {
        chown(target, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    Ok(())
}

/// Puts the new folders in the place of the old ones. All that can take long or fail for want of space is done.
fn exchange(layout: &Layout, stage: &Stage) -> anyhow::Result<()> {
    nix::unistd::sync();
    let mark = layout.unfinished_restore();
    std::fs::write(&mark, "a restore was interrupted while it exchanged folders\n")?;
    let old = stage.path.join("old");
    std::fs::create_dir(&old)?;
    for name in folders() {
        let (place, new) = (layout.root().join(name), stage.path.join(DATA).join(name));
        move_if_there(&place, &old.join(name))?;
        move_if_there(&new, &place)?;
    }
    std::fs::create_dir_all(layout.logs())?;
    nix::unistd::sync();
    std::fs::remove_file(&mark)?;
    Ok(())
}

fn move_if_there(from: &Path, to: &Path) -> anyhow::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("move {} to {}", from.display(), to.display()))
        }
        _ => Ok(()),
    }
}

/// Where an archive is unpacked, on the data's file system; removed with the value.
#[derive(Debug)]
struct Stage {
    path: PathBuf,
}

impl Stage {
    fn new(layout: &Layout) -> anyhow::Result<Self> {
        let path = layout.run().join(format!("restore-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("create {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}
