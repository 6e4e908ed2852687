//! The tables. Instants are milliseconds since 1970, amounts are cents.

use service_kit::{IDEMPOTENCY_MIGRATION, Migration};

/// All steps, in order.
pub const MIGRATIONS: &[Migration] = &[ORDERS, GATEWAY, IDEMPOTENCY_MIGRATION];

const ORDERS: Migration = Migration {
    version: 1,
    name: "orders, their items, history, payments and refunds",
    sql: "
CREATE TABLE orders (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    currency TEXT NOT NULL,
    subtotal_cents BIGINT NOT NULL,
    discount_cents BIGINT NOT NULL,
    total_cents BIGINT NOT NULL,
    refunded_cents BIGINT NOT NULL,
    coupon TEXT,
    shipping_address TEXT,
    idempotency_key TEXT,
    attempts BIGINT NOT NULL,
    open_payment TEXT,
    transaction_id TEXT,
    open_refund TEXT,
    stock TEXT NOT NULL,
    reservation_id TEXT,
    stock_reason TEXT,
    tries BIGINT NOT NULL,
    due_ms BIGINT,
    expires_ms BIGINT,
    traceparent TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    paid_ms BIGINT,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX orders_idempotency ON orders (user_id, idempotency_key);
CREATE INDEX orders_user ON orders (user_id, id);
CREATE INDEX orders_status ON orders (status, id);
CREATE INDEX orders_due ON orders (due_ms);
CREATE INDEX orders_created ON orders (created_ms);
CREATE INDEX orders_paid ON orders (paid_ms);

CREATE TABLE order_items (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    product_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price_cents BIGINT NOT NULL,
    PRIMARY KEY (order_id, product_id)
);

CREATE TABLE order_history (
    id {{id}},
    order_id BIGINT NOT NULL REFERENCES orders (id),
    from_status TEXT,
    to_status TEXT NOT NULL,
    reason TEXT,
    trace_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX order_history_order ON order_history (order_id, id);

CREATE TABLE payments (
    key TEXT PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    attempt BIGINT NOT NULL,
    method TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    state TEXT NOT NULL,
    decline_code TEXT,
    transaction_id TEXT,
    idempotency_key TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX payments_order ON payments (order_id, attempt);
CREATE INDEX payments_created ON payments (created_ms);

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    amount_cents BIGINT NOT NULL,
    reason TEXT NOT NULL,
    done BIGINT NOT NULL,
    idempotency_key TEXT,
    created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX refunds_idempotency ON refunds (order_id, idempotency_key);
CREATE INDEX refunds_created ON refunds (created_ms);
",
};

const GATEWAY: Migration = Migration {
    version: 2,
    name: "the memory of the simulated payment gateway",
    sql: "
CREATE TABLE gateway_charges (
    key TEXT PRIMARY KEY,
    amount_cents BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    decline_code TEXT,
    transaction_id TEXT,
    created_ms BIGINT NOT NULL
);
CREATE TABLE gateway_refunds (
    key TEXT PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);
",
};
