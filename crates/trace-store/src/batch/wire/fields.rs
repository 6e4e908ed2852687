//! The fields of a protobuf message, one after the other.

use super::Unusual;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// Walks over a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// What is still to come.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The number of the next field and what it holds.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Content<'a>)>, Unusual> {
        let Some((&first, rest)) = self.rest.split_first() else { return Ok(None) };
        let tag = if first < 0x80 {
            self.rest = rest;
            u64::from(first)
        } else {
            self.varint()?
        };
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0).ok_or(Unusual)?;
        let content = match tag & 7 {
            0 => Content::Varint(self.varint()?),
            1 => Content::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Unusual)?;
                let (piece, rest) = self.rest.split_at_checked(length).ok_or(Unusual)?;
                self.rest = rest;
                Content::Bytes(piece)
            }
            5 => Content::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Unusual),
        };
        Ok(Some((number, content)))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Unusual> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Unusual)?;
            self.rest = rest;
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                return Err(Unusual);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Unusual)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unusual> {
        let (piece, rest) = self.rest.split_first_chunk::<N>().ok_or(Unusual)?;
        self.rest = rest;
        Ok(*piece)
    }
}
