//! Sections of configuration files whose format is somebody else's: keys in use, keys that are only known.
//!
//! A key that nobody knows is an error with its place; a key that is known and has no effect is named at start, so
//! that an operator is not left to wonder.

use std::collections::BTreeMap;

use crate::{ByteSize, HumanDuration};

/// Something in a file that can name the keys in it that are present and without effect.
pub trait Section {
    /// Adds the names, each with the path to it; `key` is the path to the section, empty for the file itself.
    fn name_unused(&self, key: &str, into: &mut Vec<String>);
}

impl<T: Section> Section for Option<T> {
    fn name_unused(&self, key: &str, into: &mut Vec<String>) {
        if let Some(section) = self {
            section.name_unused(key, into);
        }
    }
}

/// Sections by a name that the user chose.
impl<T: Section> Section for BTreeMap<String, T> {
    fn name_unused(&self, key: &str, into: &mut Vec<String>) {
        for (name, section) in self {
            section.name_unused(&format!("{key}.{name}"), into);
        }
    }
}

/// Values that are in use.
macro_rules! values {
    ($($type:ty),*) => {
        $(impl Section for $type {
            fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
        })*
    };
}

values!(u16, u32, u64, i64, usize, bool, f64, String, HumanDuration, ByteSize);

impl<T> Section for Vec<T> {
    fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
}

/// Declares a section: keys in use with their types, then keys that are only known.
///
/// ```
/// runtime::config_section! {
///     /// Where to listen.
///     Server { port: u16, } known { log_level, }
/// }
/// use runtime::Section as _;
/// let server: Server = runtime::parse_yaml("port: 1\nlog_level: info\n", "example")?;
/// let mut unused = Vec::new();
/// server.name_unused("server", &mut unused);
/// assert_eq!((server.port, unused), (Some(1), vec!["server.log_level".to_owned()]));
/// # Ok::<(), runtime::ConfigError>(())
/// ```
#[macro_export]
macro_rules! config_section {
    ($(#[$doc:meta])* $name:ident { $($(#[$meta:meta])* $used:ident: $type:ty,)* } known { $($known:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default, ::serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $name {
            $($(#[$meta])* pub(crate) $used: Option<$type>,)*
            $($known: Option<::serde::de::IgnoredAny>,)*
        }

        impl $crate::Section for $name {
            fn name_unused(&self, key: &str, into: &mut Vec<String>) {
                let prefix = if key.is_empty() { String::new() } else { format!("{key}.") };
                let known: &[(&str, bool)] = &[$((stringify!($known), self.$known.is_some()),)*];
                into.extend(known.iter().filter(|(_, set)| *set).map(|(key, _)| format!("{prefix}{key}")));
                $($crate::Section::name_unused(&self.$used, &format!("{prefix}{}", stringify!($used)), into);)*
            }
        }
    };
}
