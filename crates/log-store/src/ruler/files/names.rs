//! Namespaces as names of files.

use std::path::{Path, PathBuf};

/// Longest name of a file.
const MAX_BYTES: usize = 200;

/// Visible entries of a folder in the order of their names; a missing folder has none.
pub(super) fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let named =
        entries.flatten().filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
    let mut named: Vec<(String, PathBuf)> = named.filter(|(name, _)| !name.starts_with('.')).collect();
    named.sort();
    named
}

/// Percent signs stand before what a file's name should not hold.
pub(super) fn encode(namespace: &str) -> Result<String, String> {
    if namespace.trim().is_empty() {
        return Err("the namespace must not be empty".to_owned());
    }
    let mut name = String::new();
    for (at, byte) in namespace.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-_ ,+@()".contains(&byte) || (byte == b'.' && at > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    if name.len() > MAX_BYTES {
        return Err(format!(
            "the namespace is too long: its file's name would have more than {MAX_BYTES} bytes"
        ));
    }
    Ok(name)
}

/// Names that were not encoded stay as they are.
pub(super) fn decode(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = (first == b'%').then(|| tail.get(..2)).flatten().and_then(hex);
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

fn hex(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_files_and_back() {
        for (namespace, name) in [
            ("shop.yaml", "shop.yaml"),
            ("My Rules (v2)", "My Rules (v2)"),
            ("a/b", "a%2Fb"),
            ("..", "%2E."),
            (".hidden", "%2Ehidden"),
            ("50%", "50%25"),
            ("größe", "gr%C3%B6%C3%9Fe"),
        ] {
            assert_eq!(encode(namespace).as_deref(), Ok(name));
            assert_eq!(decode(name), namespace);
        }
        for (name, namespace) in [("100%.yaml", "100%.yaml"), ("%FF", "%FF"), ("%+1", "%+1"), ("%", "%")] {
            assert_eq!(decode(name), namespace);
        }
        assert!(encode(" ").is_err() && encode(&"x".repeat(201)).is_err());
    }
}
