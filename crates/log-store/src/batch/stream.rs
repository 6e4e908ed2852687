//! What the rows of a stream have in common.

use std::sync::Arc;

use model::Labels;

/// A stream: its labels and their canonical text, shared by all its rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub labels: Labels,
    pub text: Box<str>,
    hash: u64,
}

impl Stream {
    pub(crate) fn new(labels: Labels) -> Arc<Self> {
        let text: Box<str> = labels.to_string().into();
        let hash = fnv1a(&text);
        Arc::new(Self { labels, text, hash })
    }

    /// The same in every process: decides between streams where times are equal.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
