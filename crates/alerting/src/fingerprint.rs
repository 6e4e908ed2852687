//! The identity of a label set as Alertmanager and its clients write it.

use crate::value::Labels;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
/// Cannot occur in UTF-8, so `{ab="c"}` and `{a="bc"}` differ.
const SEPARATOR: u8 = 0xff;

/// 64 bits of FNV-1a over names and values in order; people write it with 16 hexadecimal digits.
#[must_use]
pub fn fingerprint(labels: &Labels) -> u64 {
    let mut hash = OFFSET;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    for (name, value) in labels {
        name.bytes().for_each(&mut add);
        add(SEPARATOR);
        value.bytes().for_each(&mut add);
        add(SEPARATOR);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_sets_have_an_identity() {
        let of = |pairs: &[(&str, &str)]| {
            fingerprint(
                &pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            )
        };
        assert_eq!(of(&[]), OFFSET, "FNV-1a of nothing");
        assert_ne!(of(&[("ab", "c")]), of(&[("a", "bc")]));
        assert_eq!(of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("a", "1")]));
    }
}
