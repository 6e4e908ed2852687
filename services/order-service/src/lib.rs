//! Orders, payments, refunds and analytics.
