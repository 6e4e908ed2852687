//! Whose data it is.

use std::fmt;
use std::sync::Arc;

/// A tenant's name: 1–150 characters of `A-Z a-z 0-9 ! - _ . * ' ( )`, never `.` or `..` (Loki's and Tempo's rule), so
/// that it can be a folder's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

/// Why a text cannot name a tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tenant ID {0:?} must have 1 to 150 characters of A-Z a-z 0-9 ! - _ . * ' ( ) and not be . or ..")]
pub struct TenantError(String);

impl TenantId {
    pub const MAX_LEN: usize = 150;

    pub fn new(name: &str) -> Result<Self, TenantError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c);
        let valid = (1..=Self::MAX_LEN).contains(&name.len())
            && name.chars().all(allowed)
            && name != "."
            && name != "..";
        if valid { Ok(Self(name.into())) } else { Err(TenantError(name.chars().take(200).collect())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_folder_names() {
        for good in ["fake", "single-tenant", "team.a", "A1!*'()"] {
            assert!(TenantId::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a|b", "ü", &"x".repeat(151)] {
            assert!(TenantId::new(bad).is_err(), "{bad}");
        }
    }
}
