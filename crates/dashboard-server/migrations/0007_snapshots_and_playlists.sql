-- Times are Unix seconds. The key that deletes a snapshot is kept as a hash.
CREATE TABLE snapshots (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    key             TEXT    NOT NULL UNIQUE,
    delete_key_hash TEXT    NOT NULL UNIQUE,
    name            TEXT    NOT NULL,
    user_id         INTEGER NOT NULL,
    data            TEXT    NOT NULL,
    expires_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshots_by_expiry ON snapshots (expires_at);

-- The interval and the items are kept as they were sent.
CREATE TABLE playlists (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    uid        TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    interval   TEXT    NOT NULL,
    items      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
