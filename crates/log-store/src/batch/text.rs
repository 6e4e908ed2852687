//! The text that the lines of a batch lie in: either it grows with them, or it is the body of the push as it came.

use bytes::Bytes;

#[derive(Debug, Default)]
pub(super) struct Text {
    /// Lines are copied in, one after the other; unless there is a fixed text.
    grown: Vec<u8>,
    /// Lines lie somewhere in it.
    fixed: Bytes,
}

impl Text {
    pub(super) fn fixed(text: Bytes) -> Self {
        Self { grown: Vec::new(), fixed: text }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        if self.fixed.is_empty() { &self.grown } else { &self.fixed }
    }

    pub(super) fn len(&self) -> usize {
        self.as_bytes().len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.fixed.len().max(self.grown.capacity())
    }

    /// The text to append to. One that was fixed is thawed, which copies it if it is shared.
    #[inline]
    pub(super) fn growing(&mut self) -> &mut Vec<u8> {
        if !self.fixed.is_empty() {
            self.grown = std::mem::take(&mut self.fixed).into();
        }
        &mut self.grown
    }

    /// Gives back what was allocated ahead; from now on the text can be shared.
    pub(super) fn fix(&mut self) {
        if self.fixed.is_empty() {
            self.grown.shrink_to_fit();
            self.fixed = std::mem::take(&mut self.grown).into();
        }
    }

    /// The text to share with the write-ahead log; copied if it is not fixed.
    pub(super) fn share(&self) -> Bytes {
        if self.fixed.is_empty() { Bytes::copy_from_slice(&self.grown) } else { self.fixed.clone() }
    }

    /// Where a line lies, if it is a part of a fixed text and not merely equal to one.
    #[inline]
    pub(super) fn offset_of(&self, line: &[u8]) -> Option<usize> {
        if line.is_empty() {
            return (!self.fixed.is_empty()).then_some(0);
        }
        let start = line.as_ptr().addr().checked_sub(self.fixed.as_ptr().addr())?;
        (start + line.len() <= self.fixed.len()).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_fixed_text_are_told_from_equal_ones() {
        let mut text = Text::fixed(Bytes::from_static(b"one two"));
        assert_eq!(text.offset_of(&text.as_bytes()[4..]), Some(4));
        assert_eq!(text.offset_of(b""), Some(0));
        let equal = String::from("two");
        assert_eq!(text.offset_of(equal.as_bytes()), None);
        text.growing().extend_from_slice(b" three");
        let bytes = text.as_bytes().to_vec();
        assert_eq!(text.offset_of(&bytes[4..]), None);
        assert_eq!(bytes, b"one two three");
        text.fix();
        assert_eq!((text.len(), text.share().len(), text.memory_bytes()), (13, 13, 13));
    }
}
