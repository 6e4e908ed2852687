//! Requests that no client should send: each gets a 4xx that says why, and the store goes on.
