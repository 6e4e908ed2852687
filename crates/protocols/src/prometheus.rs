//! Prometheus' remote write, version 1: the message and its encoding, a raw snappy block around protobuf.

/// The body of a remote write.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

/// Samples of one series; its labels are sorted by name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// The NaN that ends a series: receivers show nothing from here on instead of the last value.
pub const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Encodes a request as receivers expect it.
pub fn encode_write(request: &WriteRequest) -> Result<Vec<u8>, snap::Error> {
    snap::raw::Encoder::new().compress_vec(&prost::Message::encode_to_vec(request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn the_message_has_prometheus_wire_form() {
        let label = Label { name: "a".to_owned(), value: "b".to_owned() };
        let sample = Sample { value: 1.5, timestamp: 3 };
        let request =
            WriteRequest { timeseries: vec![TimeSeries { labels: vec![label], samples: vec![sample] }] };
        let expected = [
            0x0a, 0x15, // timeseries, 21 bytes
            0x0a, 0x06, 0x0a, 0x01, b'a', 0x12, 0x01, b'b', // label
            0x12, 0x0b, 0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 0x03, // sample
        ];
        assert_eq!(request.encode_to_vec(), expected);
        let packed = encode_write(&request).unwrap();
        assert_eq!(snap::raw::Decoder::new().decompress_vec(&packed).unwrap(), expected);
    }

    #[test]
    fn the_end_of_a_series_is_a_nan_of_its_own() {
        assert!(STALE.is_nan());
        assert_eq!(STALE.to_bits(), 0x7ff0_0000_0000_0002);
    }
}
