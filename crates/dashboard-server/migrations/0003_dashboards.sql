-- Folders, dashboards and what people do with them. A folder's or dashboard's parent is named by uid; '' is the root.

CREATE TABLE folders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
    uid         TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    description TEXT    NOT NULL DEFAULT '',
    parent_uid  TEXT    NOT NULL DEFAULT '',
    version     INTEGER NOT NULL DEFAULT 1,
    created_by  TEXT    NOT NULL DEFAULT '',
    updated_by  TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (org_id, uid),
    UNIQUE (org_id, parent_uid, title)
) STRICT;

CREATE TABLE dashboards (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id           INTEGER NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
    uid              TEXT    NOT NULL,
    folder_uid       TEXT    NOT NULL DEFAULT '',
    title            TEXT    NOT NULL,
    slug             TEXT    NOT NULL,
    tags             TEXT    NOT NULL DEFAULT '[]',
    -- The whole dashboard as the API gives it back, with its id, uid and version inside.
    data             TEXT    NOT NULL,
    version          INTEGER NOT NULL,
    created_by       TEXT    NOT NULL DEFAULT '',
    updated_by       TEXT    NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    -- The provider that a provisioned dashboard belongs to, its file, and a hash of the file as it was applied.
    provider         TEXT    NOT NULL DEFAULT '',
    provisioned_file TEXT    NOT NULL DEFAULT '',
    provisioned_hash TEXT    NOT NULL DEFAULT '',
    allow_ui_updates INTEGER NOT NULL DEFAULT 1,
    UNIQUE (org_id, uid)
) STRICT;
CREATE INDEX dashboards_by_folder ON dashboards (org_id, folder_uid);

CREATE TABLE dashboard_versions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    dashboard_id   INTEGER NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
    version        INTEGER NOT NULL,
    parent_version INTEGER NOT NULL,
    restored_from  INTEGER NOT NULL DEFAULT 0,
    message        TEXT    NOT NULL DEFAULT '',
    data           TEXT    NOT NULL,
    created_by     TEXT    NOT NULL DEFAULT '',
    created_at     INTEGER NOT NULL,
    UNIQUE (dashboard_id, version)
) STRICT;

CREATE TABLE stars (
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    dashboard_id  INTEGER NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, dashboard_id)
) STRICT;
