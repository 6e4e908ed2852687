use super::*;

fn id(inode: u64) -> FileId {
    FileId { device: 1, inode }
}

fn key(inode: u64) -> FileKey {
    FileKey { job: 0, id: id(inode) }
}

fn checkpoint(inode: u64, path: &str, offset: u64) -> Checkpoint {
    Checkpoint { key: key(inode), path: path.into(), offset, is_finished: false }
}

#[test]
fn what_was_committed_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/positions.yaml");
    let positions = Positions::load(&path, false).unwrap();
    for (inode, name) in [(1, "/logs/a.log"), (2, "/logs/a.log"), (3, "/logs/with: colon #x.log")] {
        positions.begin(key(inode), &name.into(), 0);
    }
    positions.commit(&[checkpoint(1, "/logs/a.log", 100), checkpoint(2, "/logs/a.log", 5)]);
    positions.commit(&[checkpoint(3, "/logs/with: colon #x.log", 7)]);
    positions.save().unwrap();

    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("/logs/a.log: \"5\"") || text.contains("/logs/a.log: '5'"), "{text}");
    let again = Positions::load(&path, false).unwrap();
    let saved = again.saved(|_| true);
    assert_eq!(saved.len(), 3, "{saved:?}");
    assert!(saved.contains(&Saved { path: "/logs/a.log".to_owned(), offset: 100, id: Some(id(1)) }));
    assert_eq!(again.saved(|path| path.contains("colon"))[0].offset, 7);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn finished_files_are_forgotten_and_other_keys_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("positions.yaml");
    let text = "positions:\n  /var/log/old.log: \"9\"\n  cursor-abc: \"1700000000\"\n  journal-x: s=1;i=2\n";
    std::fs::write(&path, text).unwrap();
    let positions = Positions::load(&path, false).unwrap();
    assert_eq!(
        positions.saved(|_| true),
        [Saved { path: "/var/log/old.log".to_owned(), offset: 9, id: None }]
    );
    positions.begin(key(1), &"/var/log/old.log".into(), 9);
    positions.forget_unclaimed();
    let mut finished = checkpoint(1, "/var/log/old.log", 20);
    finished.is_finished = true;
    positions.commit(&[finished]);
    positions.save().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("old.log") && text.contains("cursor-abc") && text.contains("s=1;i=2"), "{text}");
}

#[test]
fn the_job_furthest_behind_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("positions.yaml");
    let positions = Positions::load(&path, false).unwrap();
    for (job, offset) in [(0, 50), (1, 30)] {
        positions.begin(FileKey { job, id: id(1) }, &"/a".into(), offset);
    }
    positions.save().unwrap();
    assert_eq!(Positions::load(&path, false).unwrap().saved(|_| true)[0].offset, 30);
}

#[test]
fn damage_is_reported_or_ignored_as_configured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("positions.yaml");
    for text in ["positions: [", "positions:\n  /a: far\n", "else: 1\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(Positions::load(&path, false), Err(PositionsError::Invalid { .. })), "{text}");
        assert!(Positions::load(&path, true).unwrap().saved(|_| true).is_empty(), "{text}");
    }
}
