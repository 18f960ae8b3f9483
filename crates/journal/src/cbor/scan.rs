//! Looks through bytes before anything is made of them: is this deterministic CBOR, and not more of it than any message
//! of the protocol holds. It needs no memory, however much the bytes promise; only then is the value made.

use ciborium::Value;
use ciborium::value::Integer;

use super::{CborError, MAX_DEPTH};

/// The most items, keys included, that are read at once. A full answer to a pull has some 30,000; in memory an item
/// takes up to sixty times its byte, so the size of a body alone limits nothing.
pub const MAX_ITEMS: usize = 200_000;

/// Checks that bytes are one item in the one deterministic form.
///
/// # Errors
/// The first rule that is broken, from the front.
pub(super) fn scan(bytes: &[u8]) -> Result<(), CborError> {
    let mut scanner = Scanner { bytes, at: 0, items: 0 };
    scanner.item(0)?;
    if scanner.at == bytes.len() { Ok(()) } else { Err(CborError::Malformed) }
}

/// Makes the value of bytes that [`scan`] found to be in the one form: a pull reads some hundred thousand items.
///
/// # Errors
/// [`CborError::Malformed`] for bytes that were not looked through.
pub(super) fn value(bytes: &[u8]) -> Result<Value, CborError> {
    Scanner { bytes, at: 0, items: 0 }.value(0)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    items: usize,
}

impl Scanner<'_> {
    /// One item inside of `depth` arrays and maps. The depth is limited, so the stack is.
    fn item(&mut self, depth: usize) -> Result<(), CborError> {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return Err(CborError::TooMany);
        }
        let first = *self.take(1)?.first().ok_or(CborError::Malformed)?;
        let (major, info) = (first >> 5, first & 0x1f);
        if major == 7 {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        match major {
            0 | 1 => Ok(()),
            2 => self.take(length(argument)?).map(drop),
            3 => {
                std::str::from_utf8(self.take(length(argument)?)?).map(drop).map_err(|_| CborError::Malformed)
            }
            4 | 5 if depth == MAX_DEPTH => Err(CborError::Malformed),
            4 => (0..argument).try_for_each(|_| self.item(depth + 1)),
            5 => self.map(argument, depth + 1),
            _ => Err(CborError::Forbidden),
        }
    }

    fn map(&mut self, entries: u64, depth: usize) -> Result<(), CborError> {
        let mut before: Option<(usize, usize)> = None;
        for _ in 0..entries {
            let start = self.at;
            self.item(depth)?;
            let key = (start, self.at);
            let encoded = |(from, to): (usize, usize)| self.bytes.get(from..to);
            if before.is_some_and(|before| encoded(before) >= encoded(key)) {
                return Err(CborError::NotDeterministic);
            }
            before = Some(key);
            self.item(depth)?;
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Value, CborError> {
        let first = *self.take(1)?.first().ok_or(CborError::Malformed)?;
        let (major, info) = (first >> 5, first & 0x1f);
        if major == 7 {
            return match info {
                20 | 21 => Ok(Value::Bool(info == 21)),
                22 => Ok(Value::Null),
                _ => Err(CborError::Forbidden),
            };
        }
        let argument = self.argument(info)?;
        match major {
            0 => Ok(Value::Integer(argument.into())),
            1 => {
                let negative = Integer::try_from(-1 - i128::from(argument));
                negative.map(Value::Integer).map_err(|_| CborError::Malformed)
            }
            2 => Ok(Value::Bytes(self.take(length(argument)?)?.to_vec())),
            3 => {
                let text = std::str::from_utf8(self.take(length(argument)?)?);
                text.map(|text| Value::Text(text.to_owned())).map_err(|_| CborError::Malformed)
            }
            4 | 5 if depth == MAX_DEPTH => Err(CborError::Malformed),
            4 => {
                let mut items = Vec::with_capacity(self.room(argument));
                for _ in 0..argument {
                    items.push(self.value(depth + 1)?);
                }
                Ok(Value::Array(items))
            }
            5 => {
                let mut entries = Vec::with_capacity(self.room(argument));
                for _ in 0..argument {
                    entries.push((self.value(depth + 1)?, self.value(depth + 1)?));
                }
                Ok(Value::Map(entries))
            }
            _ => Err(CborError::Forbidden),
        }
    }

    /// For how many items memory is set aside: whatever a length promises, no more than there are bytes.
    fn room(&self, promised: u64) -> usize {
        let left = self.bytes.len() - self.at;
        usize::try_from(promised).map_or(left, |promised| promised.min(left))
    }

    /// false, true and null; nothing else of this major type.
    fn simple(&mut self, info: u8) -> Result<(), CborError> {
        match info {
            20..=22 => Ok(()),
            25..=27 => Err(CborError::Forbidden),
            _ => Err(CborError::Malformed),
        }
    }

    /// The number that a head holds, in its shortest form.
    fn argument(&mut self, info: u8) -> Result<u64, CborError> {
        let (width, least) = match info {
            0..=23 => return Ok(info.into()),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            31 => return Err(CborError::NotDeterministic),
            _ => return Err(CborError::Malformed),
        };
        let argument = self.take(width)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
        if argument < least { Err(CborError::NotDeterministic) } else { Ok(argument) }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], CborError> {
        let end = self.at.checked_add(count).ok_or(CborError::Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(CborError::Malformed)?;
        self.at = end;
        Ok(taken)
    }
}

fn length(argument: u64) -> Result<usize, CborError> {
    usize::try_from(argument).map_err(|_| CborError::Malformed)
}
