//! The tables.

use service_kit::{IDEMPOTENCY_MIGRATION, Migration};

pub(crate) const MIGRATIONS: &[Migration] = &[TABLES, IDEMPOTENCY_MIGRATION];

const TABLES: Migration = Migration {
    version: 1,
    name: "catalogue, inventory, reservations, popularity",
    sql: "
        CREATE TABLE products (
            id {{id}},
            sku TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            category TEXT NOT NULL,
            price_cents BIGINT NOT NULL CHECK (price_cents > 0),
            currency TEXT NOT NULL,
            active BIGINT NOT NULL,
            search_text TEXT NOT NULL,
            created_ms BIGINT NOT NULL,
            updated_ms BIGINT NOT NULL
        );
        CREATE INDEX products_category ON products (category, id);
        CREATE TABLE inventory (
            product_id BIGINT PRIMARY KEY REFERENCES products (id),
            on_hand BIGINT NOT NULL,
            reserved BIGINT NOT NULL CHECK (reserved >= 0 AND reserved <= on_hand),
            low_stock_threshold BIGINT NOT NULL,
            delivery_quantity BIGINT NOT NULL
        );
        CREATE TABLE deliveries (
            mark TEXT PRIMARY KEY,
            created_ms BIGINT NOT NULL
        );
        CREATE TABLE reservations (
            id TEXT PRIMARY KEY,
            order_id TEXT NOT NULL UNIQUE,
            status TEXT NOT NULL,
            reason TEXT,
            trace_context TEXT,
            expires_ms BIGINT NOT NULL,
            created_ms BIGINT NOT NULL,
            closed_ms BIGINT
        );
        CREATE INDEX reservations_live ON reservations (status, expires_ms);
        CREATE TABLE reservation_items (
            reservation_id TEXT NOT NULL REFERENCES reservations (id) ON DELETE CASCADE,
            product_id BIGINT NOT NULL,
            quantity BIGINT NOT NULL CHECK (quantity > 0),
            PRIMARY KEY (reservation_id, product_id)
        );
        CREATE TABLE popularity (
            product_id BIGINT NOT NULL,
            bucket_ms BIGINT NOT NULL,
            views BIGINT NOT NULL,
            orders BIGINT NOT NULL,
            PRIMARY KEY (product_id, bucket_ms)
        );
        CREATE INDEX popularity_bucket ON popularity (bucket_ms);
    ",
};
