CREATE TABLE query_history (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uid             TEXT    NOT NULL UNIQUE,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    data_source_uid TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    comment         TEXT    NOT NULL DEFAULT '',
    is_starred      INTEGER NOT NULL DEFAULT 0,
    queries         TEXT    NOT NULL
) STRICT;
CREATE INDEX query_history_by_user ON query_history (user_id, created_at);
