//! Making an archive.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{FileEntry, HEADER, Header, MANIFEST, Manifest};

/// Telemetry in segments is compressed already, so more effort gains next to nothing.
const LEVEL: i32 = 3;

const BUFFER: usize = 256 * 1024;

/// Writes an archive to `W`.
pub struct Writer<W: Write> {
    tar: tar::Builder<zstd::Encoder<'static, W>>,
    manifest: Manifest,
}

impl<W: Write> std::fmt::Debug for Writer<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Writer").field("files", &self.manifest.files.len()).finish_non_exhaustive()
    }
}

impl<W: Write> Writer<W> {
    /// Begins an archive.
    pub fn new(out: W) -> io::Result<Self> {
        let mut encoder = zstd::Encoder::new(out, LEVEL)?;
        encoder.include_checksum(true)?;
        let mut tar = tar::Builder::new(encoder);
        let header = Header::now();
        append_text(&mut tar, HEADER, &serde_json::to_vec_pretty(&header)?)?;
        Ok(Self { tar, manifest: Manifest { header, files: Vec::new() } })
    }

    /// Adds the file at `source` as `path`. Of a file that grows meanwhile, what it had at the beginning.
    pub fn file(&mut self, path: &str, source: &Path) -> io::Result<()> {
        let file = File::open(source)?;
        let metadata = file.metadata()?;
        let mut header = tar::Header::new_gnu();
        header.set_size(metadata.len());
        header.set_mode(metadata.permissions().mode() & 0o7777);
        header.set_uid(u64::from(metadata.uid()));
        header.set_gid(u64::from(metadata.gid()));
        header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
        let mut content = Exactly { inner: file.take(metadata.len()), hash: Sha256::new() };
        self.tar.append_data(&mut header, path, io::BufReader::with_capacity(BUFFER, &mut content))?;
        if content.inner.limit() != 0 {
            return Err(io::Error::other(format!("{} became shorter while it was read", source.display())));
        }
        self.manifest.files.push(FileEntry {
            path: path.to_owned(),
            size: metadata.len(),
            sha256: hex::encode(content.hash.finalize()),
        });
        Ok(())
    }

    /// Ends the archive and returns what it holds, and where it was written.
    pub fn finish(mut self) -> io::Result<(Manifest, W)> {
        append_text(&mut self.tar, MANIFEST, &serde_json::to_vec(&self.manifest)?)?;
        let out = self.tar.into_inner()?.finish()?;
        Ok((self.manifest, out))
    }
}

fn append_text<W: Write>(tar: &mut tar::Builder<W>, path: &str, text: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    tar.append_data(&mut header, path, text)
}

/// A reader that hashes what passes.
struct Exactly {
    inner: io::Take<File>,
    hash: Sha256,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}
