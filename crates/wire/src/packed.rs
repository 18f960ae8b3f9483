//! Statements as they travel: column by column, without what the reader can make again (docs/PROTOCOL.md,
//! "Packed statements").
//!
//! # Invariants
//! Packing is only a shorter way to write bytes. What comes out of [`Statements::unpack`] is bytes that nobody has
//! verified, as if they had come whole. Who packs unpacks again and compares; what is not the same goes raw.

use std::collections::HashMap;
use std::hash::Hash;

use domain::content::bytes;
use domain::id::{Digest, KeyId, StatementId, SubjectId};
use domain::{ContinuousTime, Kind};
use journal::statement::{self, Claimed, MAX_STATEMENT_BYTES};
use journal::{Beacon, Header, codec};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::body::MAX_INFLATED_BYTES;

/// Why columns are not statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PackedError {
    /// The columns have different lengths, or something is left over.
    #[error("columns of different lengths")]
    Length,
    /// A row names what is not there, or a number outside its range.
    #[error("a row that points nowhere")]
    Range,
    /// More comes out than any body holds.
    #[error("more than {MAX_INFLATED_BYTES} bytes come out")]
    TooLarge,
}

/// An item that travels in columns with its neighbours.
pub(crate) trait Item: Clone + PartialEq {
    type Columns: Columns<Self>;
}

/// The columns of some items.
pub(crate) trait Columns<I>: Sized {
    /// Packs from the front as many as can be, and tells how many these are.
    fn pack(items: &[I]) -> (usize, Self);

    /// The items again.
    fn unpack(&self, budget: &mut Budget) -> Result<Vec<I>, PackedError>;
}

/// One item as it is, or many of them in columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Part<I, C> {
    Raw(I),
    Packed(C),
}

fn pack<I: Item>(mut items: &[I]) -> Vec<Part<I, I::Columns>> {
    let mut parts = Vec::new();
    while !items.is_empty() {
        let (count, columns) = I::Columns::pack(items);
        let (run, rest) = items.split_at(count.max(1));
        // Bytes that somebody will believe later are never left to a rule alone.
        let same_count = match columns.unpack(&mut Budget::new()) {
            Ok(unpacked) => unpacked.iter().zip(run).take_while(|(unpacked, item)| unpacked == item).count(),
            Err(_) => {
                parts.extend(run.iter().cloned().map(Part::Raw));
                items = rest;
                continue;
            }
        };
        if count > 0 && same_count == count {
            parts.push(Part::Packed(columns));
            items = rest;
            continue;
        }
        // Those before one that would not come out the same are packed without it.
        parts.extend(pack(&run[..same_count]));
        parts.push(Part::Raw(run[same_count].clone()));
        items = &items[same_count + 1..];
    }
    parts
}

fn unpack<I: Item>(parts: Vec<Part<I, I::Columns>>) -> Result<Vec<I>, PackedError> {
    let mut budget = Budget::new();
    let mut items = Vec::new();
    for part in parts {
        match part {
            Part::Raw(item) => items.push(item),
            Part::Packed(columns) => items.extend(columns.unpack(&mut budget)?),
        }
    }
    Ok(items)
}

/// Writes the items of a body in their parts.
pub(crate) fn serialize<I, S>(items: &[I], serializer: S) -> Result<S::Ok, S::Error>
where
    I: Item + Serialize,
    I::Columns: Serialize,
    S: Serializer,
{
    pack(items).serialize(serializer)
}

/// Reads the items of a body.
pub(crate) fn deserialize<'de, I, D>(deserializer: D) -> Result<Vec<I>, D::Error>
where
    I: Item + Deserialize<'de>,
    I::Columns: Deserialize<'de>,
    D: Deserializer<'de>,
{
    unpack(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// Values that repeat: each once, and for each row its place among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Repeated<T> {
    values: Vec<T>,
    rows: Vec<u64>,
}

impl<T> Repeated<T> {
    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The value of a row.
    pub(crate) fn get(&self, row: usize) -> Result<&T, PackedError> {
        let at = self.rows.get(row).ok_or(PackedError::Length)?;
        usize::try_from(*at).ok().and_then(|at| self.values.get(at)).ok_or(PackedError::Range)
    }
}

/// A [`Repeated`] that grows.
#[derive(Debug)]
pub(crate) struct Repeating<T> {
    column: Repeated<T>,
    places: HashMap<T, u64>,
}

impl<T> Default for Repeating<T> {
    fn default() -> Self {
        Self { column: Repeated { values: Vec::new(), rows: Vec::new() }, places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Repeating<T> {
    pub(crate) fn push(&mut self, value: T) {
        let column = &mut self.column;
        let place = *self.places.entry(value.clone()).or_insert_with(|| {
            column.values.push(value);
            column.values.len() as u64 - 1
        });
        column.rows.push(place);
    }

    pub(crate) fn into_column(self) -> Repeated<T> {
        self.column
    }
}

/// Numbers of which each says how far it is from the one before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Running(i128);

impl Running {
    /// The step to a value; `None` when it is too far for CBOR.
    pub(crate) fn step(&mut self, value: impl Into<i128>) -> Option<i64> {
        let value = value.into();
        let step = i64::try_from(value - self.0).ok()?;
        self.0 = value;
        Some(step)
    }

    /// The value after a step.
    pub(crate) fn follow<T: TryFrom<i128>>(&mut self, step: i64) -> Result<T, PackedError> {
        self.0 += i128::from(step);
        T::try_from(self.0).map_err(|_| PackedError::Range)
    }
}

/// What comes out of columns may be many times what is in them: it is counted before it is made.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) const fn new() -> Self {
        Self(MAX_INFLATED_BYTES)
    }

    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), PackedError> {
        self.0 = self.0.checked_sub(bytes).ok_or(PackedError::TooLarge)?;
        Ok(())
    }
}

/// The columns of some statements, of one key or several, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statements {
    key: Repeated<KeyId>,
    /// By name, because a newer operator may know more of them.
    kind: Repeated<String>,
    /// 16 bytes a row.
    #[serde(with = "bytes")]
    subject: Vec<u8>,
    /// Steps.
    issued_at_s: Vec<i64>,
    /// How many numbers are left out since the row before of the same key; before its first row stands nothing.
    skipped: Vec<i64>,
    /// 32 bytes for each row that has a `prev` which is not the row before of the same key.
    #[serde(with = "bytes")]
    prev: Vec<u8>,
    /// None or one.
    beacon: Repeated<Vec<Beacon>>,
    epoch: Repeated<Epoch>,
    /// Steps.
    elapsed_ms: Vec<i64>,
    /// 32 bytes for each row without content.
    #[serde(with = "bytes")]
    payload: Vec<u8>,
    /// 64 bytes a row.
    #[serde(with = "bytes")]
    signature: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct Epoch(#[serde(with = "bytes")] Vec<u8>);

/// A statement that was put together again, and what its bytes claim. Verified by nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unpacked {
    pub(crate) id: StatementId,
    pub(crate) seq: u64,
    pub(crate) statement: Vec<u8>,
}

/// The last row of each key: its number and id.
type Series = HashMap<KeyId, (u64, StatementId)>;

/// The number that stands next in a series, and the row before.
fn expected(series: &Series, key: KeyId) -> (i128, Option<StatementId>) {
    series.get(&key).map_or((0, None), |(seq, id)| (i128::from(*seq) + 1, Some(*id)))
}

/// Columns that grow.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    key: Repeating<KeyId>,
    kind: Repeating<Kind>,
    subject: Vec<u8>,
    issued_at_s: (Running, Vec<i64>),
    skipped: Vec<i64>,
    prev: Vec<u8>,
    beacon: Repeating<Option<Beacon>>,
    epoch: Repeating<[u8; 8]>,
    elapsed_ms: (Running, Vec<i64>),
    payload: Vec<u8>,
    signature: Vec<u8>,
    series: Series,
}

impl Packer {
    /// Adds a statement with or without its content. `None` when it cannot be packed, or is not what somebody says; then
    /// nothing is added.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        has_content: bool,
        is_as_said: impl FnOnce(&Claimed) -> bool,
    ) -> Option<()> {
        let statement = Claimed::read(bytes).filter(is_as_said)?;
        let header = statement.header;
        let (next_seq, before) = expected(&self.series, header.key);
        let skipped = i64::try_from(i128::from(header.seq) - next_seq).ok()?;
        let follows = skipped == 0 && before.is_some();
        if follows && header.prev != before {
            return None;
        }
        let (mut issued_at_s, mut elapsed_ms) = (self.issued_at_s.0, self.elapsed_ms.0);
        let steps = (issued_at_s.step(header.issued_at_s)?, elapsed_ms.step(header.continuous.elapsed_ms)?);
        self.issued_at_s.0 = issued_at_s;
        self.issued_at_s.1.push(steps.0);
        self.elapsed_ms.0 = elapsed_ms;
        self.elapsed_ms.1.push(steps.1);
        self.key.push(header.key);
        self.kind.push(header.kind);
        self.subject.extend_from_slice(header.subject.as_bytes());
        self.skipped.push(skipped);
        if let Some(prev) = header.prev.filter(|_| !follows) {
            self.prev.extend_from_slice(prev.as_bytes());
        }
        self.beacon.push(header.beacon);
        self.epoch.push(header.continuous.epoch);
        if !has_content {
            self.payload.extend_from_slice(statement.payload.as_bytes());
        }
        self.signature.extend_from_slice(&statement.signature);
        self.series.insert(header.key, (header.seq, statement.id));
        Some(())
    }

    pub(crate) fn finish(self) -> Statements {
        let (kind, beacon, epoch) =
            (self.kind.into_column(), self.beacon.into_column(), self.epoch.into_column());
        Statements {
            key: self.key.into_column(),
            kind: kind.map(|kind| kind.as_str().to_owned()),
            subject: self.subject,
            issued_at_s: self.issued_at_s.1,
            skipped: self.skipped,
            prev: self.prev,
            beacon: beacon.map(|beacon| beacon.into_iter().collect()),
            epoch: epoch.map(|epoch| Epoch(epoch.to_vec())),
            elapsed_ms: self.elapsed_ms.1,
            payload: self.payload,
            signature: self.signature,
        }
    }
}

impl<T> Repeated<T> {
    fn map<U>(self, map: impl FnMut(T) -> U) -> Repeated<U> {
        Repeated { values: self.values.into_iter().map(map).collect(), rows: self.rows }
    }
}

/// Rows of `N` bytes each, and nothing besides.
struct Fixed<'a, const N: usize>(&'a [u8]);

impl<const N: usize> Fixed<'_, N> {
    fn next(&mut self) -> Result<[u8; N], PackedError> {
        let (row, rest) = self.0.split_first_chunk::<N>().ok_or(PackedError::Length)?;
        self.0 = rest;
        Ok(*row)
    }
}

impl Statements {
    /// Puts the statements together again; `contents` has a row for each.
    ///
    /// # Errors
    /// [`PackedError`].
    pub(crate) fn unpack(
        &self,
        contents: &[Option<&[u8]>],
        budget: &mut Budget,
    ) -> Result<Vec<Unpacked>, PackedError> {
        let count = contents.len();
        let lengths = [
            self.key.len(),
            self.kind.len(),
            self.issued_at_s.len(),
            self.skipped.len(),
            self.beacon.len(),
            self.epoch.len(),
            self.elapsed_ms.len(),
        ];
        if lengths.iter().any(|length| *length != count) {
            return Err(PackedError::Length);
        }
        let (mut subject, mut prev) = (Fixed::<16>(&self.subject), Fixed::<32>(&self.prev));
        let (mut payload, mut signature) = (Fixed::<32>(&self.payload), Fixed::<64>(&self.signature));
        let (mut issued_at_s, mut elapsed_ms) = (Running::default(), Running::default());
        let mut series = Series::new();
        let mut unpacked = Vec::with_capacity(count.min(1_000));
        for (row, content) in contents.iter().enumerate() {
            let key = *self.key.get(row)?;
            let (next_seq, before) = expected(&series, key);
            let seq =
                u64::try_from(next_seq + i128::from(self.skipped[row])).map_err(|_| PackedError::Range)?;
            let prev = match before.filter(|_| self.skipped[row] == 0) {
                Some(before) => Some(before),
                None if seq == 0 => None,
                None => Some(StatementId::from_bytes(prev.next()?)),
            };
            let beacon = match self.beacon.get(row)?.as_slice() {
                [] => None,
                [beacon] => Some(*beacon),
                _ => return Err(PackedError::Range),
            };
            let epoch = self.epoch.get(row)?.0.as_slice().try_into().map_err(|_| PackedError::Range)?;
            let kind = self.kind.get(row)?;
            // Everything but the name of the kind has a fixed length, or nearly.
            budget.take(MAX_STATEMENT_BYTES / 2 + kind.len())?;
            let header = Header {
                key,
                kind,
                subject: SubjectId::from_bytes(subject.next()?),
                issued_at_s: issued_at_s.follow(self.issued_at_s[row])?,
                seq,
                prev,
                beacon,
                continuous: ContinuousTime { epoch, elapsed_ms: elapsed_ms.follow(self.elapsed_ms[row])? },
            };
            let payload = match content {
                Some(content) => codec::hash(content),
                None => Digest::from_bytes(payload.next()?),
            };
            let (id, statement) = statement::compose(&header, payload, signature.next()?);
            series.insert(key, (seq, id));
            unpacked.push(Unpacked { id, seq, statement });
        }
        let is_used_up =
            subject.0.is_empty() && prev.0.is_empty() && payload.0.is_empty() && signature.0.is_empty();
        if is_used_up { Ok(unpacked) } else { Err(PackedError::Length) }
    }
}

#[cfg(test)]
mod tests;
