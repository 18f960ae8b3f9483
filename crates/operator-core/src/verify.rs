//! Bytes to a checked statement: size, decoding, key, signature, content. Pure, so that a whole push is checked on all
//! cores before its transaction begins.

use domain::content::Content;
use journal::codec::{self, MAX_CONTENT_BYTES};
use journal::statement::{MAX_STATEMENT_BYTES, StatementError};
use journal::{Sealed, Statement, Verified, VerifyingKey};
use wire::push::{PushItem, Refusal};

/// A statement whose signature and content hash are right: the only way into [`crate::register`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    statement: Verified,
    /// Absent: a statement of this log whose content nobody has any more.
    content_bytes: Option<Vec<u8>>,
    content: Option<Content>,
}

impl Checked {
    /// The statement.
    pub fn statement(&self) -> &Verified {
        &self.statement
    }

    /// The content's bytes; `None` when they are gone, which only a log that is put together again can have.
    pub fn content_bytes(&self) -> Option<&[u8]> {
        self.content_bytes.as_deref()
    }

    /// What it says; `None` when its bytes are gone, or cannot be read although their hash was signed.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// A statement that was registered once and whose content is gone.
    pub(crate) fn bare(statement: Verified) -> Self {
        Self { statement, content_bytes: None, content: None }
    }

    /// What was sealed by this very process.
    ///
    /// # Errors
    /// [`Refusal`] if sealing and reading ever disagreed; then nothing is registered.
    pub fn sealed(sealed: &Sealed, key: &VerifyingKey) -> Result<Self, Refusal> {
        check(&sealed.bytes, &sealed.content, key)
    }
}

/// Checks a statement and its content.
///
/// # Errors
/// The first rule that is broken, in the order of docs/PROTOCOL.md: size, form, key, signature, content.
pub fn check(statement: &[u8], content: &[u8], key: &VerifyingKey) -> Result<Checked, Refusal> {
    if statement.len() > MAX_STATEMENT_BYTES || content.len() > MAX_CONTENT_BYTES {
        return Err(Refusal::TooLarge);
    }
    let statement = Statement::decode(statement).map_err(|_| Refusal::NotAStatement)?;
    let statement = statement.verify(key).map_err(|error| match error {
        StatementError::WrongKey => Refusal::UnknownKey,
        _ => Refusal::BadSignature,
    })?;
    if codec::hash(content) != statement.payload() {
        return Err(Refusal::WrongContent);
    }
    let readable = codec::decode(statement.header().kind, content).ok();
    Ok(Checked { statement, content_bytes: Some(content.to_vec()), content: readable })
}

/// Checks an item of a push: also that it is the statement of the number under which it comes. The id that the client
/// claims counts only for bytes that cannot be attributed: those of this number that verify have one of their own, which
/// what follows them names.
///
/// # Errors
/// As [`check`]; bytes of another number are [`Refusal::NotAStatement`].
pub fn check_item(item: &PushItem, key: &VerifyingKey) -> Result<Checked, Refusal> {
    let checked = check(&item.statement, &item.content, key)?;
    if checked.statement.header().seq != item.seq {
        return Err(Refusal::NotAStatement);
    }
    Ok(checked)
}
