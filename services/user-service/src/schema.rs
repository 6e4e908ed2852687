//! The tables.

use service_kit::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "accounts, preferences, favourites, sessions",
    sql: "
        CREATE TABLE users (
            id {{id}},
            email TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            role TEXT NOT NULL,
            status TEXT NOT NULL,
            created_ms BIGINT NOT NULL,
            updated_ms BIGINT NOT NULL
        );
        CREATE TABLE preferences (
            user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            currency TEXT NOT NULL,
            language TEXT NOT NULL,
            newsletter BIGINT NOT NULL,
            categories TEXT NOT NULL
        );
        CREATE TABLE favorites (
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            product_id BIGINT NOT NULL,
            created_ms BIGINT NOT NULL,
            PRIMARY KEY (user_id, product_id)
        );
        CREATE TABLE revoked_tokens (
            jti TEXT PRIMARY KEY,
            expires_ms BIGINT NOT NULL
        );
        CREATE TABLE login_attempts (
            email_hash TEXT PRIMARY KEY,
            failures BIGINT NOT NULL,
            locked_until_ms BIGINT NOT NULL,
            last_ms BIGINT NOT NULL
        );
    ",
}];
