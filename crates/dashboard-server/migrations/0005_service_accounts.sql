-- A service account is a user who cannot log in: programs act for it with tokens, of which only hashes are kept.
ALTER TABLE users ADD COLUMN is_service_account INTEGER NOT NULL DEFAULT 0;

CREATE TABLE service_account_tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL UNIQUE,
    token_hash   TEXT    NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX service_account_tokens_by_account ON service_account_tokens (account_id);
