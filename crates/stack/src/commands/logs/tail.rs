//! The end of a log file, and what is appended to it, also when the file is renamed and begun anew.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::supervisor::rotate::{KEPT, old_path};

const BLOCK: u64 = 64 * 1024;

/// However many lines are wanted, no more than this is read of one file.
const MAX_TAIL: u64 = 64 * 1024 * 1024;

/// What is read of one file at a time while following.
const MAX_CHUNK: u64 = 4 * 1024 * 1024;

/// A file that is being followed; it need not exist yet.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: Option<File>,
    position: u64,
    partial: Vec<u8>,
}

impl Tail {
    /// Opens `path` and returns its last `count` whole lines, reaching back into older files when needed.
    pub fn open(path: &Path, count: usize) -> io::Result<(Vec<String>, Self)> {
        let mut tail =
            Self { path: path.to_owned(), file: open_if_there(path)?, position: 0, partial: Vec::new() };
        let mut lines = Vec::new();
        if let Some(file) = &mut tail.file {
            let size = file.metadata()?.len();
            let (found, end) = last_lines(file, size, count)?;
            lines = found;
            tail.position = end;
        }
        for age in 1..=KEPT {
            if lines.len() >= count {
                break;
            }
            let Some(mut file) = open_if_there(&old_path(path, age))? else {
                break;
            };
            let size = file.metadata()?.len();
            let (mut older, _) = last_lines(&mut file, size, count - lines.len())?;
            older.append(&mut lines);
            lines = older;
        }
        Ok((lines, tail))
    }

    /// The whole lines that were added since the last call.
    pub fn more(&mut self) -> io::Result<Vec<String>> {
        let mut lines = self.read_on()?;
        if self.was_replaced()? {
            // What was written between our reading and the renaming is still there to read.
            lines.extend(self.read_on()?);
            if !self.partial.is_empty() {
                lines.push(text(&std::mem::take(&mut self.partial)));
            }
            self.file = open_if_there(&self.path)?;
            self.position = 0;
            lines.extend(self.read_on()?);
        }
        Ok(lines)
    }

    fn read_on(&mut self) -> io::Result<Vec<String>> {
        let Some(file) = &mut self.file else {
            return Ok(Vec::new());
        };
        if file.metadata()?.len() < self.position {
            self.position = 0;
            self.partial.clear();
        }
        file.seek(SeekFrom::Start(self.position))?;
        let mut added = Vec::new();
        self.position += file.take(MAX_CHUNK).read_to_end(&mut added)? as u64;
        self.partial.append(&mut added);
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.partial.split_off(end + 1);
        let whole = std::mem::replace(&mut self.partial, rest);
        Ok(split(&whole))
    }

    fn was_replaced(&self) -> io::Result<bool> {
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let ours = self.file.as_ref().map(File::metadata).transpose()?.map(identity);
        match std::fs::metadata(&self.path) {
            Ok(now) => Ok(Some(identity(now)) != ours),
            // Renamed, and not begun anew yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The last `count` whole lines before `size`, and where the last one ends.
fn last_lines(file: &mut File, size: u64, count: usize) -> io::Result<(Vec<String>, u64)> {
    let mut start = size;
    let mut content = Vec::new();
    // One newline more than lines are wanted marks the beginning of the first.
    while start > 0 && size - start < MAX_TAIL && newlines(&content) <= count {
        let from = start.saturating_sub(BLOCK);
        let mut block = vec![0; usize::try_from(start - from).unwrap_or_default()];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut block)?;
        block.append(&mut content);
        content = block;
        start = from;
    }
    let Some(last) = content.iter().rposition(|byte| *byte == b'\n') else {
        return Ok((Vec::new(), start));
    };
    let end = start + last as u64 + 1;
    content.truncate(last + 1);
    let lines = split(&content);
    let skip = lines.len().saturating_sub(count);
    Ok((lines.into_iter().skip(skip).collect(), end))
}

fn newlines(content: &[u8]) -> usize {
    content.iter().filter(|byte| **byte == b'\n').count()
}

fn split(whole: &[u8]) -> Vec<String> {
    whole.strip_suffix(b"\n").unwrap_or(whole).split(|byte| *byte == b'\n').map(text).collect()
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn append(path: &Path, text: &str) {
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_last_lines_reach_back_into_older_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        assert!(Tail::open(&path, 5).unwrap().0.is_empty());
        append(&old_path(&path, 2), "1\n2\n");
        append(&old_path(&path, 1), "3\n");
        append(&path, "4\n5\nunfinish");
        for (count, expected) in
            [(0, ""), (1, "5"), (2, "4 5"), (3, "3 4 5"), (4, "2 3 4 5"), (9, "1 2 3 4 5")]
        {
            assert_eq!(Tail::open(&path, count).unwrap().0.join(" "), expected, "{count}");
        }
    }

    #[test]
    fn long_files_are_read_from_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let all: Vec<String> = (0..30_000).map(|number| format!("line {number}")).collect();
        append(&path, &(all.join("\n") + "\n"));
        for count in [1, 100, 20_000, 50_000] {
            let (lines, _) = Tail::open(&path, count).unwrap();
            assert_eq!(lines, all[all.len().saturating_sub(count)..], "{count}");
        }
    }

    #[test]
    fn a_file_is_followed_across_rotation_and_from_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let (_, mut tail) = Tail::open(&path, 5).unwrap();
        assert!(tail.more().unwrap().is_empty());
        append(&path, "1\n2");
        assert_eq!(tail.more().unwrap(), ["1"]);
        append(&path, "2\n");
        assert_eq!(tail.more().unwrap(), ["22"]);
        append(&path, "3\n");
        std::fs::rename(&path, old_path(&path, 1)).unwrap();
        assert_eq!(tail.more().unwrap(), ["3"]);
        append(&old_path(&path, 1), "4\n");
        append(&path, "5\n");
        assert_eq!(tail.more().unwrap(), ["4", "5"]);
        std::fs::write(&path, "").unwrap();
        assert!(tail.more().unwrap().is_empty());
        append(&path, "6\n");
        assert_eq!(tail.more().unwrap(), ["6"]);
    }

    #[test]
    fn following_begins_where_the_first_lines_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        append(&path, "1\nhal");
        let (lines, mut tail) = Tail::open(&path, 5).unwrap();
        assert_eq!(lines, ["1"]);
        append(&path, "f\n");
        assert_eq!(tail.more().unwrap(), ["half"]);
    }
}
