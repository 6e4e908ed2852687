//! Addresses, ranges of addresses and networks, and finding them in text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What `ip("…")` looks for. Version 4 and version 6 are different worlds: a mapped address is not its original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IpPattern {
    first: IpAddr,
    last: IpAddr,
}

impl IpPattern {
    /// `10.0.0.1`, `10.0.0.1-10.0.0.9`, `10.0.0.0/8`, and their like in version 6.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last): (IpAddr, IpAddr) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            return (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last });
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Self::network(address.parse().ok()?, bits.parse().ok()?);
        }
        let address = text.parse().ok()?;
        Some(Self { first: address, last: address })
    }

    fn network(address: IpAddr, bits: u32) -> Option<Self> {
        match address {
            IpAddr::V4(address) if bits <= 32 => {
                let host = u32::MAX.checked_shr(bits).unwrap_or(0);
                let address = u32::from(address);
                let (first, last) = (Ipv4Addr::from(address & !host), Ipv4Addr::from(address | host));
                Some(Self { first: first.into(), last: last.into() })
            }
            IpAddr::V6(address) if bits <= 128 => {
                let host = u128::MAX.checked_shr(bits).unwrap_or(0);
                let address = u128::from(address);
                let (first, last) = (Ipv6Addr::from(address & !host), Ipv6Addr::from(address | host));
                Some(Self { first: first.into(), last: last.into() })
            }
            _ => None,
        }
    }

    fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether some address in the text matches.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let mut at = 0;
        while at < text.len() {
            let Some(kind) = candidate(&text[at..]) else {
                at += 1;
                continue;
            };
            let length = text[at..].iter().take_while(|byte| kind.contains(**byte)).count();
            let address = std::str::from_utf8(&text[at..at + length]).ok().and_then(|word| word.parse().ok());
            if address.is_some_and(|address| self.contains(address)) {
                return true;
            }
            at += length.max(1);
        }
        false
    }
}

#[derive(Clone, Copy)]
enum Kind {
    V4,
    V6,
}

impl Kind {
    fn contains(self, byte: u8) -> bool {
        match self {
            Self::V4 => byte.is_ascii_digit() || byte == b'.',
            Self::V6 => byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'),
        }
    }
}

/// Whether an address may start here: digits and a point, or up to four hexadecimal digits and a colon.
fn candidate(text: &[u8]) -> Option<Kind> {
    let digits = text.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 && text.get(digits) == Some(&b'.') {
        return Some(Kind::V4);
    }
    let hex = text.iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match (hex, &text[hex..]) {
        (1.., [b':', ..]) => Some(Kind::V6),
        (0, [b':', b':', next, ..]) if next.is_ascii_hexdigit() => Some(Kind::V6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_text() {
        for (pattern, text, expected) in [
            ("10.0.0.7", "GET from 10.0.0.7:80", true),
            ("10.0.0.7", "10.0.0.70", false),
            ("10.0.0.0/8", "x 10.255.1.2 y", true),
            ("10.0.0.0/8", "x 11.0.0.1 y", false),
            ("10.0.0.1-10.0.0.9", "10.0.0.5", true),
            ("1.2.3.4", "1.2.3.4.5", false),
            ("::1", "[::1]:80", true),
            ("fe80::/10", "via fe80::1 dev", true),
            ("1.2.3.4", "::ffff:1.2.3.4", false),
            ("0.0.0.0/0", "no address", false),
        ] {
            assert_eq!(
                IpPattern::parse(pattern).unwrap().is_in(text.as_bytes()),
                expected,
                "{pattern} in {text}"
            );
        }
        for bad in ["", "nope", "10.0.0.0/99", "10.0.0.9-10.0.0.1", "1.2.3", "::/129", "1.2.3.4-::1"] {
            assert_eq!(IpPattern::parse(bad), None, "{bad}");
        }
    }
}
