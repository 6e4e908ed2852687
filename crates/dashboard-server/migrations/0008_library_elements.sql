-- Panels (kind 1) and variables (kind 2) that several dashboards share.
CREATE TABLE library_elements (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    uid         TEXT    NOT NULL UNIQUE,
    folder_uid  TEXT    NOT NULL DEFAULT '',
    name        TEXT    NOT NULL,
    kind        INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    description TEXT    NOT NULL DEFAULT '',
    model       TEXT    NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    created_by  INTEGER NOT NULL,
    updated_by  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (folder_uid, name, kind)
) STRICT;
