use std::path::Path;

use super::read::extract;
use super::write::Writer;
use super::*;

/// An archive with the given files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(Vec::new()).unwrap();
    for (number, (path, content)) in files.iter().enumerate() {
        let source = folder.path().join(number.to_string());
        std::fs::write(&source, content).unwrap();
        writer.file(path, &source).unwrap();
    }
    let (manifest, bytes) = writer.finish().unwrap();
    assert_eq!(manifest.files.len(), files.len());
    bytes
}

/// An archive of the given entries, whatever they are.
fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Paths that the library would refuse to write.
        let name = &mut header.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn header() -> Vec<u8> {
    serde_json::to_vec(&Header::now()).unwrap()
}

#[test]
fn files_come_back_as_they_were() {
    let large = vec![7; 1_000_000];
    let files: [(&str, &[u8]); 4] = [
        ("data/log-store/logs/tenant=fake/date=2026-11-24/hour=07/01.parquet", &large),
        ("data/shop/jwt-secret", b"secret"),
        ("data/collector/empty", b""),
        (DATABASE, b"PGDMP"),
    ];
    let bytes = archive(&files);
    let target = tempfile::tempdir().unwrap();
    let manifest = extract(bytes.as_slice(), Some(target.path())).unwrap();
    assert_eq!(manifest.bytes(), 1_000_011);
    for (path, content) in files {
        assert_eq!(std::fs::read(target.path().join(path)).unwrap(), content, "{path}");
    }
    assert_eq!(extract(bytes.as_slice(), None).unwrap(), manifest);
}

#[test]
fn no_byte_changes_and_nothing_is_cut_off_without_being_noticed() {
    let bytes = archive(&[("data/a/b", b"content that matters"), ("data/a/c", b"more of it")]);
    let whole = extract(bytes.as_slice(), None).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x04;
        // A few bits only say how much memory the decompression may use: all files are as they were.
        match extract(flipped.as_slice(), None) {
            Ok(found) => assert_eq!(found, whole, "byte {at} of {}", bytes.len()),
            Err(_) => continue,
        }
    }
    for length in 0..bytes.len() {
        assert!(extract(&bytes[..length], None).is_err(), "{length} of {}", bytes.len());
    }
}

#[test]
fn foreign_newer_and_malicious_archives_are_refused() {
    let newer =
        br#"{"product":"monitoring-stack","format":2,"version":"9.0.0","created":"2030-01-01T00:00:00Z"}"#;
    let other = br#"{"product":"photos","format":1,"version":"1","created":""}"#;
    let header = header();
    for (entries, expected) in [
        (vec![], "not a backup"),
        (vec![("holiday.jpg", b"x".as_slice())], "not a backup"),
        (vec![(HEADER, other.as_slice())], "one of photos"),
        (vec![(HEADER, newer.as_slice())], "newer version (9.0.0"),
        (vec![(HEADER, b"{".as_slice())], "damaged"),
        (vec![(HEADER, header.as_slice()), ("data/a/b", b"x")], "its end is missing"),
        (vec![(HEADER, header.as_slice()), ("../../etc/passwd", b"x")], "no place in a backup"),
        (vec![(HEADER, header.as_slice()), ("data/../../x", b"x")], "no place in a backup"),
        (vec![(HEADER, header.as_slice()), ("/etc/passwd", b"x")], "no place in a backup"),
        (vec![(HEADER, header.as_slice()), ("elsewhere/x", b"x")], "no place in a backup"),
    ] {
        let target = tempfile::tempdir().unwrap();
        let error = extract(tar(&entries).as_slice(), Some(target.path())).unwrap_err().to_string();
        assert!(error.contains(expected), "{entries:?}: {error}");
    }
    assert!(extract(b"not compressed at all".as_slice(), None).is_err());
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let manifest = |files: &[&str]| {
        let files =
            files.iter().map(|path| FileEntry { path: (*path).to_owned(), size: 1, sha256: sha("x") });
        serde_json::to_vec(&Manifest { header: Header::now(), files: files.collect() }).unwrap()
    };
    for (files, listed, expected) in [
        (vec!["data/a/b"], vec!["data/a/b", "data/a/c"], "data/a/c is missing"),
        (vec!["data/a/b", "data/a/c"], vec!["data/a/b"], "data/a/c is not in its list"),
        (vec!["data/a/b", "data/a/b"], vec!["data/a/b"], "data/a/b twice"),
    ] {
        let manifest = manifest(&listed);
        // Made by the same call, so that both have the same second.
        let header = serde_json::to_vec(&serde_json::from_slice::<Header>(&manifest).unwrap()).unwrap();
        let mut entries = vec![(HEADER, header.as_slice())];
        entries.extend(files.iter().map(|path| (*path, b"x".as_slice())));
        entries.push((MANIFEST, manifest.as_slice()));
        let error = extract(tar(&entries).as_slice(), None).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn sha(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[test]
fn places_are_known() {
    for (path, allowed) in [
        ("data/log-store/manifest.json", true),
        ("extra/grafana/grafana.db", true),
        (DATABASE, true),
        ("data", false),
        ("postgres/other.dump", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(Path::new(path)), allowed, "{path}");
    }
}
