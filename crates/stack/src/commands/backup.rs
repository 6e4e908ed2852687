//! `backup`: all data in one archive, while everything goes on.
//!
//! The data folder is frozen in a moment ([`stage`]), the archive is written from the frozen picture. What was
//! acknowledged before the command began is in it.

mod database;
pub mod stage;
mod store;
mod tree;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use self::stage::Stage;
use super::archive::{DATA, DATABASE, EXTRA, Manifest, write::Writer};
use super::postgres::Postgres;
use super::{Context, say};
use crate::cli::Backup;

/// Runs the command.
pub async fn run(context: &Context, options: &Backup) -> anyhow::Result<ExitCode> {
    let layout = &context.layout;
    if !layout.root().is_dir() {
        bail!("there is nothing to back up in {}", layout.root().display());
    }
    layout.create()?;
    let stage = Stage::new(layout)?;
    // Orders first, telemetry after them: what the archive says about an order, it also has.
    let dump = database_dump(context, options, &stage)?;
    let frozen = stage.path().join(DATA);
    stage.fill(layout, &frozen).await?;
    let file = options.file.clone().unwrap_or_else(default_file);
    if file.as_os_str() == "-" {
        let (_, mut out) = write(BufWriter::new(io::stdout().lock()), &frozen, dump.as_deref(), options)?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let manifest = write_file(&file, &frozen, dump.as_deref(), options)?;
    say(&format!(
        "backup written: {} ({} of {} in {} files)",
        file.display(),
        runtime::format_bytes(file.metadata()?.len()),
        runtime::format_bytes(manifest.bytes()),
        manifest.files.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Named after the time, so that names sort as backups were made.
fn default_file() -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    PathBuf::from(format!("backups/monitoring-stack-{now}.tar.zst"))
}

/// The dump of PostgreSQL, if the shop uses one.
fn database_dump(context: &Context, options: &Backup, stage: &Stage) -> anyhow::Result<Option<PathBuf>> {
    let file = stage.path().join("shop.dump");
    if let Some(made) = &options.database_dump {
        let mut dump = File::open(made).with_context(|| format!("open {}", made.display()))?;
        let length = io::copy(&mut dump, &mut File::create(&file)?)?;
        if length == 0 {
            bail!("{} is empty: the dump failed", made.display());
        }
        return Ok(Some(file));
    }
    let Some(postgres) = Postgres::find(&context.layout)? else { return Ok(None) };
    postgres.dump(&file)?;
    Ok(Some(file))
}

/// Writes under another name first: the file is there as a whole or not at all.
fn write_file(file: &Path, frozen: &Path, dump: Option<&Path>, options: &Backup) -> anyhow::Result<Manifest> {
    if file.exists() {
        bail!("{} exists already", file.display());
    }
    if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
    }
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = (|| {
        // It holds password hashes and secrets.
        let mut open = OpenOptions::new();
        let out = open.write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        let (manifest, out) = write(BufWriter::new(out), frozen, dump, options)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&partial, file)?;
        anyhow::Ok(manifest)
    })();
    if written.is_err() {
        drop(std::fs::remove_file(&partial));
    }
    written.with_context(|| format!("write {}", file.display()))
}

fn write<W: Write>(
    out: W,
    frozen: &Path,
    dump: Option<&Path>,
    options: &Backup,
) -> anyhow::Result<(Manifest, W)> {
    let mut writer = Writer::new(out)?;
    if let Some(dump) = dump {
        writer.file(DATABASE, dump)?;
    }
    add_tree(&mut writer, frozen, DATA)?;
    if let Some(extra) = &options.extra {
        add_tree(&mut writer, extra, EXTRA)?;
    }
    Ok(writer.finish()?)
}

fn add_tree<W: Write>(writer: &mut Writer<W>, folder: &Path, place: &str) -> anyhow::Result<()> {
    for file in tree::files(folder)? {
        let relative = file.strip_prefix(folder)?.to_str().context("names of files have to be UTF-8")?;
        writer
            .file(&format!("{place}/{relative}"), &file)
            .with_context(|| format!("add {}", file.display()))?;
    }
    Ok(())
}
