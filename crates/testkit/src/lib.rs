//! Helpers for tests: real processes, free ports, a PostgreSQL of the test's own.
