//! The text of the positions file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Saved, State};
use crate::files::FileId;

/// Begins the comments that name files by device and inode.
const FILE_COMMENT: &str = "# file ";

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    positions: Option<BTreeMap<String, String>>,
}

type Parsed = (Vec<Saved>, BTreeMap<String, String>);

/// Files and other keys of a positions file.
pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    if text.trim().is_empty() {
        return Ok(Parsed::default());
    }
    let document: Document = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let mut saved: Vec<Saved> = text.lines().filter_map(parse_comment).collect();
    let mut others = BTreeMap::new();
    for (path, value) in document.positions.unwrap_or_default() {
        if path.starts_with("cursor-") || path.starts_with("journal-") {
            others.insert(path, value);
            continue;
        }
        let offset = value.parse().map_err(|_| format!("{path}: {value:?} is not an offset"))?;
        if !saved.iter().any(|saved| saved.path == path) {
            saved.push(Saved { path, offset, id: None });
        }
    }
    Ok((saved, others))
}

fn parse_comment(line: &str) -> Option<Saved> {
    let mut parts = line.strip_prefix(FILE_COMMENT)?.splitn(3, ' ');
    let (device, inode) = parts.next()?.split_once(':')?;
    let id = FileId { device: device.parse().ok()?, inode: inode.parse().ok()? };
    let offset = parts.next()?.parse().ok()?;
    let path = parts.next()?.to_owned();
    Some(Saved { path, offset, id: Some(id) })
}

/// The file's text. Where several jobs read a file, the one that is furthest behind counts.
pub(super) fn write(state: &State) -> String {
    let mut by_file: BTreeMap<(&str, FileId), (u64, u64)> = BTreeMap::new();
    #[expect(clippy::iter_over_hash_type, reason = "collected into a sorted map")]
    for (key, position) in &state.files {
        let entry = by_file.entry((&position.path, key.id)).or_insert((position.generation, position.offset));
        entry.0 = entry.0.max(position.generation);
        entry.1 = entry.1.min(position.offset);
    }
    let mut current: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut comments = String::new();
    let mut files: Vec<_> = by_file.into_iter().collect();
    // Files that had a name one after the other are listed in this order.
    files.sort_unstable_by_key(|(_, (generation, _))| *generation);
    for ((path, id), (generation, offset)) in files {
        let newest = current.entry(path.to_owned()).or_insert((generation, offset));
        if generation > newest.0 {
            *newest = (generation, offset);
        }
        comment(&mut comments, id, offset, path);
    }
    for saved in &state.unclaimed {
        current.entry(saved.path.clone()).or_insert((0, saved.offset));
        if let Some(id) = saved.id {
            comment(&mut comments, id, saved.offset, &saved.path);
        }
    }
    let mut positions = state.others.clone();
    positions.extend(current.into_iter().map(|(path, (_, offset))| (path, offset.to_string())));
    let document = Document { positions: Some(positions) };
    // Text keys and values can always be written.
    let mut text = serde_saphyr::to_string(&document).unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&comments);
    text
}

fn comment(out: &mut String, id: FileId, offset: u64, path: &str) {
    if !path.contains(['\n', '\r']) {
        let _infallible = writeln!(out, "{FILE_COMMENT}{}:{} {offset} {path}", id.device, id.inode);
    }
}
