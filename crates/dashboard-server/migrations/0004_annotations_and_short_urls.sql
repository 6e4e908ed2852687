-- Times of annotations are milliseconds, as everywhere in their API; all others are Unix seconds.
CREATE TABLE annotations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
    dashboard_uid TEXT    NOT NULL DEFAULT '',
    panel_id      INTEGER NOT NULL DEFAULT 0,
    user_id       INTEGER NOT NULL DEFAULT 0,
    time_ms       INTEGER NOT NULL,
    time_end_ms   INTEGER NOT NULL,
    text          TEXT    NOT NULL,
    tags          TEXT    NOT NULL DEFAULT '[]',
    created_ms    INTEGER NOT NULL,
    updated_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX annotations_by_time ON annotations (org_id, time_end_ms, time_ms);
CREATE INDEX annotations_by_dashboard ON annotations (org_id, dashboard_uid, panel_id);

CREATE TABLE short_urls (
    uid        TEXT    PRIMARY KEY,
    path       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
