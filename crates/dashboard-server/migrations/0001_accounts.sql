-- Times are Unix seconds. Organisation 1 is the only one; the columns exist because every client of the API sees them.

CREATE TABLE orgs (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    uid           TEXT    NOT NULL UNIQUE,
    login         TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    email         TEXT    NOT NULL COLLATE NOCASE,
    name          TEXT    NOT NULL DEFAULT '',
    password_hash TEXT    NOT NULL,
    is_admin      INTEGER NOT NULL DEFAULT 0,
    is_disabled   INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE org_users (
    org_id  INTEGER NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role    TEXT    NOT NULL CHECK (role IN ('Viewer', 'Editor', 'Admin')),
    PRIMARY KEY (org_id, user_id)
) STRICT;

-- user_id 0 holds what the organisation prefers.
CREATE TABLE preferences (
    org_id             INTEGER NOT NULL,
    user_id            INTEGER NOT NULL,
    theme              TEXT    NOT NULL DEFAULT '',
    home_dashboard_uid TEXT    NOT NULL DEFAULT '',
    timezone           TEXT    NOT NULL DEFAULT '',
    week_start         TEXT    NOT NULL DEFAULT '',
    language           TEXT    NOT NULL DEFAULT '',
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (org_id, user_id)
) STRICT;

-- Only hashes of tokens are kept. The previous token stays valid for a moment after a rotation, because requests that
-- were already under way still carry it.
CREATE TABLE sessions (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id             INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash          TEXT    NOT NULL UNIQUE,
    previous_token_hash TEXT    NOT NULL DEFAULT '',
    is_token_seen       INTEGER NOT NULL DEFAULT 0,
    user_agent          TEXT    NOT NULL DEFAULT '',
    client_address      TEXT    NOT NULL DEFAULT '',
    created_at          INTEGER NOT NULL,
    rotated_at          INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_previous_token ON sessions (previous_token_hash);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE login_attempts (
    login        TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    attempted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX login_attempts_by_login ON login_attempts (login, address, attempted_at);
CREATE INDEX login_attempts_by_time ON login_attempts (attempted_at);

-- Facts the server remembers about itself.
CREATE TABLE server_facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
