//! What fuzz targets and the tests that stand in for them do with arbitrary bytes. A panic is a bug.

use std::path::Path;

use crate::checked::{body_of, checksum_line};
use crate::manifest::{Loaded, Manifest};
use crate::wal::{FILE_HEADER, MAGIC, replay_bytes};

/// A write-ahead log's file: records are handed on in order, and what is not counted as torn is accounted for.
pub fn write_ahead_log(data: &[u8]) {
    let whole = [&MAGIC[..], &[0; FILE_HEADER - MAGIC.len()], data].concat();
    for file in [data, &whole] {
        let (mut records, mut bytes) = (0, 0);
        let replayed = replay_bytes(file, |header, payload| {
            records += 1;
            bytes += header.tenant.as_str().len() + payload.len();
            Ok(())
        });
        let Ok(replayed) = replayed else { unreachable!("nothing else fails") };
        assert_eq!(replayed.records, records);
        assert!(bytes as u64 + replayed.torn_bytes <= file.len() as u64);
    }
}

/// A manifest, as it is and with the checksum that it should have.
pub fn manifest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let body = text.lines().next().unwrap_or_default();
    let sealed = format!("{body}\n{}\n", checksum_line(body));
    for text in [&text[..], &sealed] {
        let Ok(body) = body_of(text) else { continue };
        if let Ok(Loaded::Found(manifest)) = Manifest::parse(body, Path::new("manifest.json")) {
            let kept = serde_json::to_string(&manifest.segments).unwrap_or_default();
            let again = serde_json::to_string(&manifest);
            match again.map(|body| Manifest::parse(&body, Path::new("manifest.json"))) {
                Ok(Ok(Loaded::Found(again))) => {
                    assert_eq!(serde_json::to_string(&again.segments).unwrap_or_default(), kept);
                }
                other => unreachable!("a manifest does not come back: {other:?}"),
            }
        }
    }
}
