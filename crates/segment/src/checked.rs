//! Small files of one's own: one line of text and its checksum, replaced atomically.
//!
//! `<body>\ncrc32:<8 hexadecimal digits>\n`: readers and crashes see the old or the new content, and damage is noticed.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::{Durability, Error};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Found(String),
    Missing,
    /// Unreadable: the reason.
    Damaged(String),
}

/// Reads a file back. Only errors of the system are errors here.
pub fn read(path: &Path) -> Result<Content, Error> {
    let mut text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::Missing),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Ok(Content::Damaged(error.to_string()));
        }
        Err(source) => return Err(Error::Io { path: path.to_owned(), source }),
    };
    match body_of(&text).map(str::len) {
        Ok(length) => {
            text.truncate(length);
            Ok(Content::Found(text))
        }
        Err(why) => Ok(Content::Damaged(why.to_owned())),
    }
}

/// The body of a file's text, if its checksum is right.
pub(crate) fn body_of(text: &str) -> Result<&str, &'static str> {
    let (body, trailer) = text.split_once('\n').ok_or("it has no checksum line")?;
    if trailer.trim_end() == checksum_line(body) { Ok(body) } else { Err("its checksum does not match") }
}

/// Replaces the file by `body`, which must be one line.
pub fn write(path: &Path, body: &str, durability: Durability) -> Result<(), Error> {
    debug_assert!(!body.contains('\n'), "the body is one line");
    let text = format!("{body}\n{}\n", checksum_line(body));
    replace(path, text.as_bytes(), durability).map_err(Error::io(path))
}

pub(crate) fn checksum_line(body: &str) -> String {
    format!("crc32:{:08x}", crc32fast::hash(body.as_bytes()))
}

fn replace(path: &Path, content: &[u8], durability: Durability) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    if let Err(error) = fill(&temporary, content, durability) {
        // On a full disk, a half-written file would keep the space that others need.
        drop(std::fs::remove_file(&temporary));
        return Err(error);
    }
    std::fs::rename(&temporary, path)?;
    match path.parent() {
        Some(dir) if durability == Durability::Fsync => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

fn fill(path: &Path, content: &[u8], durability: Durability) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    if durability == Durability::Fsync { file.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_back_and_damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.json");
        assert_eq!(read(&path).unwrap(), Content::Missing);
        for (body, durability) in [("", Durability::Os), ("[1,2,3]", Durability::Fsync)] {
            write(&path, body, durability).unwrap();
            assert_eq!(read(&path).unwrap(), Content::Found(body.to_owned()));
        }
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() - 1 {
            for damaged in [bytes[..at].to_vec(), {
                let mut flipped = bytes.clone();
                flipped[at] ^= 0x10;
                flipped
            }] {
                std::fs::write(&path, damaged).unwrap();
                assert!(matches!(read(&path), Ok(Content::Damaged(_))), "byte {at}");
            }
        }
    }
}
