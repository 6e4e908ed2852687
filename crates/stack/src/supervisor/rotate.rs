//! A log file of bounded size: renamed when full, a few old ones kept. Lines are never torn between two files.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file is renamed once it is this large.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Renamed files kept: `x.log.1` is the youngest.
pub const KEPT: usize = 3;

/// The file that is being written, and the names of the old ones.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    max: u64,
    ends_line: bool,
}

impl RotatingFile {
    /// Opens `path` to append to it.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, MAX_BYTES)
    }

    fn with_limit(path: &Path, max: u64) -> io::Result<Self> {
        let file = open_to_append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, max, ends_line: true })
    }

    /// Appends bytes; they need not end with a line. When they fill the file, the last line that ends in them is the
    /// old file's last.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.size.saturating_add(bytes.len() as u64) <= self.max {
            return self.write(bytes);
        }
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                let (old, new) = bytes.split_at(end + 1);
                self.write(old)?;
                self.rotate()?;
                self.write(new)
            }
            // One line longer than the file may be: wait for its end, within reason.
            None if self.size < self.max.saturating_mul(2) => self.write(bytes),
            None => {
                self.rotate()?;
                self.write(bytes)
            }
        }
    }

    /// Ends a line that its writer left unfinished, so that the next writer starts on a line of its own.
    pub fn end_line(&mut self) -> io::Result<()> {
        if self.ends_line { Ok(()) } else { self.write(b"\n") }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        if let Some(last) = bytes.last() {
            self.ends_line = *last == b'\n';
        }
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for age in (1..KEPT).rev() {
            rename_if_there(&old_path(&self.path, age), &old_path(&self.path, age + 1))?;
        }
        rename_if_there(&self.path, &old_path(&self.path, 1))?;
        self.file = open_to_append(&self.path)?;
        self.size = self.file.metadata()?.len();
        Ok(())
    }
}

/// The name of the `age`-th old file of `path`.
pub fn old_path(path: &Path, age: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{age}"));
    PathBuf::from(name)
}

fn open_to_append(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_whole_and_in_order_and_old_files_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut file = RotatingFile::with_limit(&path, 1000).unwrap();
        let text: String = (0..2000).map(|number| format!("line {number}\n")).collect();
        // Pieces that respect no line.
        for piece in text.as_bytes().chunks(37) {
            file.append(piece).unwrap();
        }
        let mut kept = String::new();
        for age in (1..=KEPT).rev() {
            let old = std::fs::read_to_string(old_path(&path, age)).unwrap();
            assert!(old.ends_with('\n') && old.len() <= 1037, "{} bytes", old.len());
            kept.push_str(&old);
        }
        kept.push_str(&std::fs::read_to_string(&path).unwrap());
        assert!(text.ends_with(&kept));
        assert!(kept.starts_with("line "));
        assert!(!old_path(&path, KEPT + 1).exists());
    }

    #[test]
    fn a_file_is_continued_and_its_unfinished_line_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/x.log");
        let mut file = RotatingFile::open(&path).unwrap();
        file.append(b"torn").unwrap();
        file.end_line().unwrap();
        file.end_line().unwrap();
        drop(file);
        RotatingFile::open(&path).unwrap().append(b"next\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "torn\nnext\n");
    }

    #[test]
    fn a_line_without_end_does_not_grow_the_file_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut file = RotatingFile::with_limit(&path, 100).unwrap();
        for _ in 0..1000 {
            file.append(&[b'x'; 50]).unwrap();
        }
        assert!(std::fs::metadata(&path).unwrap().len() <= 250);
    }
}
