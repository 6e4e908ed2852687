//! Which precompressed variant of a file a client understands.

use axum::http::{HeaderMap, header};

/// How a file's bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// What the variant's file name ends with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// The value of `Content-Encoding`.
    pub(super) fn header(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Compressed encodings the client accepts, the smallest first.
    pub(super) fn accepted(headers: &HeaderMap) -> Vec<Self> {
        let mut accepted = Vec::new();
        for (encoding, names) in [(Self::Brotli, &["br", "*"][..]), (Self::Gzip, &["gzip", "x-gzip", "*"])] {
            if quality(headers, names) > 0.0 {
                accepted.push(encoding);
            }
        }
        accepted
    }
}

/// The weight of the first of `names` that the client mentions, 0 when it mentions none.
fn quality(headers: &HeaderMap, names: &[&str]) -> f32 {
    let mentioned = |wanted: &str| {
        headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(','))
            .find_map(|item| {
                let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
                name.trim().eq_ignore_ascii_case(wanted).then(|| {
                    let weight = parameters.trim().strip_prefix("q=");
                    weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0))
                })
            })
    };
    names.iter().find_map(|name| mentioned(name)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_encodings() {
        use Encoding::{Brotli, Gzip};
        for (header_value, expected) in [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip][..]),
            ("gzip", &[Gzip]),
            ("br;q=0, gzip;q=0.5", &[Gzip]),
            ("*", &[Brotli, Gzip]),
            ("*;q=0", &[]),
            ("identity", &[]),
            ("br;q=x", &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, header_value.parse().unwrap());
            assert_eq!(Encoding::accepted(&headers), expected, "{header_value}");
        }
        assert_eq!(Encoding::accepted(&HeaderMap::new()), []);
    }
}
