//! Sealing own statements: ONE immediate transaction takes the series head, seals, stores statement, content and outbox
//! row. From its commit on the visit survives anything. What is shown follows in a second transaction under the same
//! lock, which need not wait for the disk: it is disposable and made up for when it did not come (docs/adr/0004).

use domain::id::{CaptureId, StatementId};
use domain::{Clock, Rng};
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, VisitIds};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use crate::account::Account;
use crate::column::Blob;
use crate::open::Durability;
use crate::{PendingCapture, Reader, Store, StoreError, lookup, receipts, setting};

/// What an append gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The statements in their order.
    pub statements: Vec<Sealed>,
    /// The request was answered before: these are the statements of then, and nothing was written now.
    pub repeated: bool,
}

/// An append in progress: an open write transaction.
pub struct Appending<'a> {
    transaction: &'a Transaction<'a>,
    account: &'a Account,
    head: SeriesHead,
    stamp: Stamp,
    rng: &'a dyn Rng,
    request: Option<&'a str>,
    sealed: Vec<Sealed>,
}

impl std::fmt::Debug for Appending<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Appending").field("head", &self.head).finish_non_exhaustive()
    }
}

impl<'a> Appending<'a> {
    fn new(
        transaction: &'a Transaction<'a>,
        account: &'a Account,
        head: SeriesHead,
        clock: &dyn Clock,
        rng: &'a dyn Rng,
        request: Option<&'a str>,
    ) -> Result<Self, StoreError> {
        let stamp = Stamp::now(clock, receipts::beacon(transaction)?);
        Ok(Self { transaction, account, head, stamp, rng, request, sealed: Vec::new() })
    }

    /// Reads within this transaction: nobody changes anything between this look and the commit. What is sealed in
    /// this very transaction shows only after it, but for which readings of the location run.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self.transaction, Some(self.account))
    }

    /// Ids for visits that are registered in this transaction at this moment, in UTC milliseconds.
    pub fn visit_ids(&self, now_ms: i64) -> VisitIds {
        VisitIds::new(self.account.key.id(), now_ms, self.rng)
    }

    /// Seals the next statement of the series.
    ///
    /// # Errors
    /// [`StoreError::Seal`] when the content is too large.
    pub fn seal(&mut self, draft: &Draft) -> Result<Sealed, StoreError> {
        let sealed = journal::seal(draft, &self.head, self.stamp, self.rng.array(), &self.account.key)?;
        insert(self.transaction, &sealed, self.request)?;
        self.head = self.head.after(sealed.id);
        self.sealed.push(sealed.clone());
        Ok(sealed)
    }

    /// A reading of the location that began and whose outcome is not written yet, to seal that outcome in this
    /// transaction. `None` when it was written already, by whoever was faster.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending_capture(&self, capture: CaptureId) -> Result<Option<PendingCapture>, StoreError> {
        let running = self.reader().pending_captures()?;
        Ok(running.into_iter().find(|pending| pending.capture == capture))
    }

    /// Writes a small value with the statements, `None` removes it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set(&mut self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        setting::write(self.transaction, name, value)
    }
}

impl Store {
    /// Seals statements in one immediate transaction.
    ///
    /// `request` names what the person asked for (a draft id): used a second time, `seal` is not called and the
    /// statements of then are returned, so two taps are one visit. An error of `seal` rolls everything back. On a full
    /// disk the room that was set aside is given up, and everything is done once more.
    ///
    /// # Errors
    /// Those of `seal` and of the store.
    pub fn append<E: From<StoreError> + std::error::Error + 'static>(
        &self,
        request: Option<&str>,
        clock: &dyn Clock,
        rng: &dyn Rng,
        seal: impl Fn(&mut Appending<'_>) -> Result<(), E>,
    ) -> Result<Appended, E> {
        let account = self.shared_account().ok_or(StoreError::NoDevice)?;
        let attempt = || self.append_once(&account, request, clock, rng, &seal);
        match attempt() {
            // What was set aside is there for exactly this.
            Err(error) if is_disk_full(&error) && self.give_room_up() => attempt(),
            appended => appended,
        }
    }

    fn append_once<E: From<StoreError>>(
        &self,
        account: &Account,
        request: Option<&str>,
        clock: &dyn Clock,
        rng: &dyn Rng,
        seal: &impl Fn(&mut Appending<'_>) -> Result<(), E>,
    ) -> Result<Appended, E> {
        let mut writer = self.writer();
        let appended = writer.write::<_, E>(Durability::Tap, |transaction| {
            let head = head(transaction)?;
            if let Some(request) = request
                && let Some(statements) = lookup::answered(transaction, request, head.next_seq)?
            {
                return Ok(Appended { statements, repeated: true });
            }
            let mut appending = Appending::new(transaction, account, head, clock, rng, request)?;
            seal(&mut appending)?;
            let statements = appending.sealed;
            tracing::trace!(target: "esep::step", step = "written");
            Ok(Appended { statements, repeated: false })
        })?;
        tracing::trace!(target: "esep::step", step = "committed");
        writer.show_own(account);
        Ok(appended)
    }

    /// Seals drafts that do not refer to each other; otherwise as [`Store::append`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn append_drafts(
        &self,
        request: Option<&str>,
        drafts: &[Draft],
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<Appended, StoreError> {
        self.append(request, clock, rng, |appending| {
            drafts.iter().try_for_each(|draft| appending.seal(draft).map(drop))
        })
    }
}

/// Whether an error is, or comes from, a full disk.
fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if matches!(error.downcast_ref(), Some(StoreError::DiskFull)) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Seals the statement that begins a series, in the transaction that writes whose file it is.
pub(crate) fn seal_first(
    transaction: &Transaction<'_>,
    account: &Account,
    draft: &Draft,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Result<Sealed, StoreError> {
    let mut appending = Appending::new(transaction, account, head(transaction)?, clock, rng, None)?;
    let sealed = appending.seal(draft)?;
    lookup::extend(transaction)?;
    Ok(sealed)
}

/// Where the series stands.
pub(crate) fn head(conn: &Connection) -> Result<SeriesHead, StoreError> {
    let last = conn
        .prepare_cached("SELECT seq, id FROM own_statement ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Blob<StatementId>>(1)?.0)))
        .optional()?;
    Ok(match last {
        Some((seq, id)) => SeriesHead { next_seq: seq + 1, prev: Some(id) },
        None => SeriesHead::EMPTY,
    })
}

fn insert(transaction: &Transaction<'_>, sealed: &Sealed, request: Option<&str>) -> Result<(), StoreError> {
    let header = &sealed.header;
    transaction
        .prepare_cached(
            "INSERT INTO own_statement (seq, id, kind, subject, issued_at_s, request, bytes, content)
             VALUES (:seq, :id, :kind, :subject, :issued_at_s, :request, :bytes, :content)",
        )?
        .execute(named_params! {
            ":seq": header.seq,
            ":id": sealed.id.as_bytes(),
            ":kind": header.kind.as_str(),
            ":subject": header.subject.as_bytes(),
            ":issued_at_s": header.issued_at_s,
            ":request": request,
            ":bytes": sealed.bytes,
            ":content": sealed.content,
        })?;
    transaction
        .prepare_cached("INSERT INTO outbox (seq, state) VALUES (?1, 'saved')")?
        .execute([header.seq])?;
    Ok(())
}

#[cfg(test)]
mod tests;
