//! Samples in little room: times by how their distance changes, values by the bits that change.
//!
//! A counter that stands still, collected at regular times, takes two bytes a sample.

/// Samples of one series that no longer change.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub first: i64,
    pub last: i64,
    bytes: Box<[u8]>,
}

impl Chunk {
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + size_of::<Self>()
    }

    pub(super) fn samples(&self) -> Samples<'_> {
        Samples { rest: &self.bytes, state: State::default() }
    }
}

/// A chunk that grows.
#[derive(Debug, Default, Clone)]
pub(super) struct OpenChunk {
    pub count: usize,
    first: i64,
    bytes: Vec<u8>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    time: i64,
    distance: i64,
    bits: u64,
}

impl OpenChunk {
    pub(super) fn push(&mut self, time: i64, value: f64) {
        if self.count == 0 {
            self.first = time;
        }
        let distance = time.wrapping_sub(self.state.time);
        let change = distance.wrapping_sub(self.state.distance);
        put_varint(&mut self.bytes, ((change << 1) ^ (change >> 63)).cast_unsigned());
        // Whole numbers differ in their upper bytes only; those come first as a varint's small end.
        put_varint(&mut self.bytes, (value.to_bits() ^ self.state.bits).swap_bytes());
        self.state = State { time, distance, bits: value.to_bits() };
        self.count += 1;
    }

    pub(super) fn last(&self) -> Option<(i64, f64)> {
        (self.count > 0).then(|| (self.state.time, f64::from_bits(self.state.bits)))
    }

    pub(super) fn first(&self) -> Option<i64> {
        (self.count > 0).then_some(self.first)
    }

    pub(super) fn samples(&self) -> Samples<'_> {
        Samples { rest: &self.bytes, state: State::default() }
    }

    pub(super) fn size(&self) -> usize {
        self.bytes.capacity()
    }

    pub(super) fn seal(&mut self) -> Chunk {
        let sealed = std::mem::take(self);
        Chunk { first: sealed.first, last: sealed.state.time, bytes: sealed.bytes.into_boxed_slice() }
    }
}

/// The samples of a chunk, in order.
#[derive(Debug)]
pub(super) struct Samples<'a> {
    rest: &'a [u8],
    state: State,
}

impl Iterator for Samples<'_> {
    type Item = (i64, f64);

    fn next(&mut self) -> Option<(i64, f64)> {
        let change = take_varint(&mut self.rest)?;
        let change = (change >> 1).cast_signed() ^ -(change & 1).cast_signed();
        let bits = take_varint(&mut self.rest)?.swap_bytes();
        let state = &mut self.state;
        state.distance = state.distance.wrapping_add(change);
        state.time = state.time.wrapping_add(state.distance);
        state.bits ^= bits;
        Some((state.time, f64::from_bits(state.bits)))
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_went_in_comes_out(samples in proptest::collection::vec((any::<i64>(), any::<u64>()), 0..50)) {
            let mut chunk = OpenChunk::default();
            for (time, bits) in &samples {
                chunk.push(*time, f64::from_bits(*bits));
            }
            let bits = |samples: Samples<'_>| samples.map(|(time, value)| (time, value.to_bits())).collect::<Vec<_>>();
            prop_assert_eq!(&bits(chunk.samples()), &samples);
            let sealed = chunk.seal();
            prop_assert_eq!(&bits(sealed.samples()), &samples);
            prop_assert!(chunk.last().is_none());
        }
    }

    #[test]
    fn standing_still_costs_two_bytes() {
        let mut chunk = OpenChunk::default();
        (0..100).for_each(|at| chunk.push(1_700_000_000_000 + at * 15_000, 42.0));
        assert!(chunk.samples().rest.len() < 220, "{}", chunk.samples().rest.len());
    }
}
