//! Where the interface's files come from: the binary, or memory in tests.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

const HASH_BYTES: usize = 12;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// A file.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) data: Bytes,
    /// Names the content.
    pub(crate) hash: String,
}

/// A set of files by path, `/` between folders and none in front.
#[derive(Clone)]
pub struct Assets(Source);

#[derive(Clone)]
enum Source {
    Built,
    Memory(Arc<HashMap<String, Asset>>),
}

impl fmt::Debug for Assets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assets")
    }
}

impl Assets {
    /// The interface as it was built into the binary (a development build reads `web/dist`).
    pub fn built() -> Self {
        Self(Source::Built)
    }

    /// Files given by path and content.
    pub fn in_memory<const N: usize>(files: [(&str, &str); N]) -> Self {
        let files = files.into_iter().map(|(path, content)| {
            let data = Bytes::copy_from_slice(content.as_bytes());
            let hash = hex::encode(&Sha256::digest(&data)[..HASH_BYTES]);
            (path.to_owned(), Asset { data, hash })
        });
        Self(Source::Memory(Arc::new(files.collect())))
    }

    pub(crate) fn get(&self, path: &str) -> Option<Asset> {
        match &self.0 {
            Source::Memory(files) => files.get(path).cloned(),
            Source::Built => {
                let file = Built::get(path)?;
                Some(Asset {
                    hash: hex::encode(&file.metadata.sha256_hash()[..HASH_BYTES]),
                    data: match file.data {
                        Cow::Borrowed(data) => Bytes::from_static(data),
                        Cow::Owned(data) => Bytes::from(data),
                    },
                })
            }
        }
    }
}
