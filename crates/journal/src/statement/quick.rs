//! A statement read in one go, without a tree of values: an operator and a device read each one several times on its way.
//!
//! # Invariants
//! It decides nothing. What it reads is written again and compared with the bytes, so what it gives is what the COSE
//! library would have given; whatever it cannot read, the library reads or refuses with the reason.

use domain::id::{Digest, KeyId, StatementId, SubjectId};
use domain::{ContinuousTime, Kind};

use crate::header::{Beacon, Header, SERIES};

/// The bytes that are not read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Major type and argument.
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let length = match first & 0x1f {
            info @ 0..=23 => return Some((first >> 5, u64::from(info))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return None,
        };
        let argument = self.take(length)?.iter().fold(0, |argument, byte| argument << 8 | u64::from(*byte));
        Some((first >> 5, argument))
    }

    fn of(&mut self, major: u8) -> Option<u64> {
        self.head().filter(|(found, _)| *found == major).map(|(_, argument)| argument)
    }

    fn is(&mut self, major: u8, argument: u64) -> Option<()> {
        (self.head()? == (major, argument)).then_some(())
    }

    fn int(&mut self) -> Option<i64> {
        match self.head()? {
            (0, value) => i64::try_from(value).ok(),
            (1, value) => i64::try_from(value).ok().map(|value| -1 - value),
            _ => None,
        }
    }

    fn label(&mut self, label: i64) -> Option<()> {
        (self.int()? == label).then_some(())
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.of(2)?;
        self.take(usize::try_from(length).ok()?)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.of(3)?;
        std::str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok()
    }
}

/// What stands in the bytes of a statement.
pub(super) struct Read<'a> {
    pub(super) header: Header,
    /// The bytes of the header.
    pub(super) protected: &'a [u8],
    pub(super) payload: Digest,
    pub(super) signature: [u8; 64],
}

/// Reads it. What it is written to must still be compared with the bytes.
pub(super) fn read(bytes: &[u8]) -> Option<Read<'_>> {
    let mut rest = Rest(bytes);
    rest.is(6, 18)?;
    rest.is(4, 4)?;
    let protected = rest.bytes()?;
    let header = header(protected)?;
    rest.is(5, 0)?;
    Some(Read { header, protected, payload: Digest::from_bytes(rest.array()?), signature: rest.array()? })
}

fn header(protected: &[u8]) -> Option<Header> {
    let mut rest = Rest(protected);
    rest.is(5, 6)?;
    rest.label(1)?;
    rest.int()?;
    rest.label(4)?;
    let key = KeyId::from_bytes(rest.array()?);
    rest.label(15)?;
    rest.is(5, 3)?;
    rest.label(1)?;
    rest.text()?;
    rest.label(2)?;
    let subject = data_encoding::BASE64URL_NOPAD.decode(rest.text()?.as_bytes()).ok()?;
    let subject = SubjectId::from_slice(&subject).ok()?;
    rest.label(6)?;
    let issued_at_s = rest.int()?;
    rest.label(258)?;
    rest.int()?;
    rest.label(259)?;
    let kind = Kind::from_content_type(rest.text()?).ok()?;
    rest.label(SERIES)?;
    let mut members = rest.of(5)?;
    let mut member = |rest: &mut Rest<'_>, label| {
        let is_next = members > 0 && Rest(rest.0).label(label).is_some();
        if is_next {
            members -= 1;
            rest.int();
        }
        is_next
    };
    let seq = if member(&mut rest, 1) { rest.of(0)? } else { return None };
    let prev = if member(&mut rest, 2) { Some(StatementId::from_bytes(rest.array()?)) } else { None };
    let beacon = if member(&mut rest, 3) {
        rest.is(4, 2)?;
        Some(Beacon { tree_size: rest.of(0)?, root: Digest::from_bytes(rest.array()?) })
    } else {
        None
    };
    let epoch = if member(&mut rest, 4) { rest.array()? } else { return None };
    let elapsed_ms = if member(&mut rest, 5) { rest.of(0)? } else { return None };
    let continuous = ContinuousTime { epoch, elapsed_ms };
    // The rule of the series is checked where its breach has a name.
    ((seq == 0) == prev.is_none()).then_some(Header {
        key,
        kind,
        subject,
        issued_at_s,
        seq,
        prev,
        beacon,
        continuous,
    })
}
