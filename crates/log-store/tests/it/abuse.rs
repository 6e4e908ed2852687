//! Requests that no client should send: each gets a 4xx that says why, in bounded memory, and the store goes on.

mod absurd;
mod answer;
mod headers;
mod pushes;
mod queries;
