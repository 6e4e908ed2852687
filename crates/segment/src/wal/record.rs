//! One record: framing and checksum, no I/O.

use model::{TenantId, TimestampNanos};

use crate::Payload;

/// `length` and `crc32`.
pub(crate) const FRAME: usize = 8;
/// No record is longer: a length beyond it is damage.
pub(crate) const MAX_RECORD: usize = 256 << 20;

/// What stands in a record before its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub received: TimestampNanos,
    pub tenant: TenantId,
}

impl RecordHeader {
    /// Bytes of the longest header.
    pub(crate) const MAX_LEN: usize = 8 + 1 + TenantId::MAX_LEN;
}

/// Why bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The bytes end before the record does.
    Torn,
    /// The frame is there, the content does not match its checksum; the next record may start after `skip` bytes.
    Checksum { skip: usize },
    /// Not even the length can be right.
    Length,
}

/// A record ready to be written. The payload is referred to, not copied.
#[derive(Debug)]
pub(crate) struct Record {
    /// Length, checksum and header.
    frame: Vec<u8>,
    payload: Payload,
}

impl Record {
    pub(crate) fn new(header: &RecordHeader, payload: Payload) -> Self {
        let tenant = header.tenant.as_str().as_bytes();
        let length = 8 + 1 + tenant.len() + payload.len();
        let mut frame = Vec::with_capacity(FRAME + 9 + tenant.len());
        frame.extend_from_slice(&(length as u32).to_le_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&header.received.0.to_le_bytes());
        frame.push(tenant.len() as u8); // a TenantId has at most 150 bytes
        frame.extend_from_slice(tenant);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&frame[FRAME..]);
        payload.pieces().iter().for_each(|piece| crc.update(piece));
        frame[4..FRAME].copy_from_slice(&crc.finalize().to_le_bytes());
        Self { frame, payload }
    }

    pub(crate) fn len(&self) -> usize {
        self.frame.len() + self.payload.len()
    }

    /// What is to be written, in this order.
    pub(crate) fn pieces(&self) -> [&[u8]; 3] {
        let [head, tail] = self.payload.pieces();
        [&self.frame, head, tail]
    }

    #[cfg(test)]
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.pieces().concat()
    }
}

/// Decodes the record at the start of `bytes`; also returns the record's whole length.
pub(crate) fn decode(bytes: &[u8]) -> Result<(RecordHeader, &[u8], usize), Broken> {
    let length = u32_at(bytes, 0).ok_or(Broken::Torn)? as usize;
    let crc = u32_at(bytes, 4).ok_or(Broken::Torn)?;
    if !(9..=MAX_RECORD).contains(&length) {
        return Err(Broken::Length);
    }
    let body = bytes.get(FRAME..FRAME + length).ok_or(Broken::Torn)?;
    let damaged = Broken::Checksum { skip: FRAME + length };
    if crc32fast::hash(body) != crc {
        return Err(damaged);
    }
    let (received, rest) = body.split_first_chunk::<8>().ok_or(damaged)?;
    let (&tenant_len, rest) = rest.split_first().ok_or(damaged)?;
    let (tenant, payload) = rest.split_at_checked(tenant_len as usize).ok_or(damaged)?;
    let tenant = std::str::from_utf8(tenant).ok().and_then(|name| TenantId::new(name).ok()).ok_or(damaged)?;
    let received = TimestampNanos(i64::from_le_bytes(*received));
    Ok((RecordHeader { received, tenant }, payload, FRAME + length))
}

/// Whether a record may begin here, at the price of a glance.
pub(super) fn looks_like_a_record(bytes: &[u8]) -> bool {
    let Some(length) = u32_at(bytes, 0) else { return false };
    let tenant = bytes.get(FRAME + 8).map_or(usize::MAX, |length| *length as usize);
    let length = length as usize;
    (1..=TenantId::MAX_LEN).contains(&tenant)
        && length >= 9 + tenant
        && length <= bytes.len().saturating_sub(FRAME)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> RecordHeader {
        RecordHeader { received: TimestampNanos(42), tenant: TenantId::new("fake").unwrap() }
    }

    proptest! {
        #[test]
        fn records_come_back_wherever_their_payload_is_split(head in prop::collection::vec(any::<u8>(), 0..300), tail in prop::collection::vec(any::<u8>(), 0..300)) {
            let record = Record::new(&header(), Payload::new(head.clone(), tail.clone()));
            let bytes = record.to_vec();
            prop_assert_eq!(bytes.len(), record.len());
            let (found, body, length) = decode(&bytes).unwrap();
            prop_assert_eq!(found, header());
            prop_assert_eq!(body, &[head, tail].concat()[..]);
            prop_assert_eq!(length, bytes.len());
        }

        #[test]
        fn a_cut_or_flipped_record_is_never_accepted(payload in prop::collection::vec(any::<u8>(), 0..50), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut bytes = Record::new(&header(), payload.into()).to_vec();
            let at = at.index(bytes.len());
            prop_assert_eq!(decode(&bytes[..at]).unwrap_err(), Broken::Torn);
            bytes[at] ^= 1 << bit;
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(decode(&bytes));
        }
    }
}
