//! The port to the store. Every method is short, blocking and one transaction.

use domain::id::StatementId;
use journal::{Attributed, Statement};
use wire::carry::{CarryItem, CarryOutcome};
use wire::collect::{KnownHead, Leaf, RangeProof, Stretch};
use wire::enrol::Pair;
use wire::pull::{PullRequest, PullResponse};
use wire::push::{PushItem, PushRequest, PushResponse};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The store failed (disk, damage, a mistake).
    #[error("the store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A receipt or a signed head does not prove what it should.
    #[error("the operator's proof does not hold")]
    Unproven,
    /// The operator's log is not the one that was seen before: it was changed or shortened.
    #[error("the operator's log contradicts the one that was seen before")]
    SplitView,
    /// A check of the operator's log failed before, and no person has acted since: nothing is sent, fetched or believed.
    #[error("the trust in the operator's key has ended")]
    TrustEnded,
    /// Another answer was applied since this question was asked: asked anew, it may succeed at once.
    #[error("another answer was applied meanwhile")]
    Overtaken,
    /// The answer does not fit the question.
    #[error("the answer does not fit the question: {0}")]
    Protocol(&'static str),
}

impl OutboxError {
    /// Whether the same step may succeed later without anybody's help. A store may: a disk gets free again.
    pub fn can_retry(&self) -> bool {
        matches!(self, OutboxError::Store(_) | OutboxError::Overtaken)
    }
}

/// How many own statements wait, and how many never will go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Not registered yet: saved or sent.
    pub waiting_count: u64,
    /// Refused by the operator.
    pub refused_count: u64,
}

/// What a push changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushApplied {
    /// Statements whose receipt verified.
    pub registered_count: u64,
    /// Statements that were parked with a reason.
    pub refused: Vec<StatementId>,
    /// The operator knows more of this device's series than the device itself: a restored copy.
    pub series_behind: bool,
}

/// What a page changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PullApplied {
    /// Statements that are new here.
    pub new_count: u64,
    /// Statements that did not verify and were left out.
    pub rejected_count: u64,
    /// Something on screen may be stale.
    pub changed: bool,
}

impl PullApplied {
    /// What another page changed comes to it.
    pub fn add(&mut self, other: Self) {
        self.new_count += other.new_count;
        self.rejected_count += other.rejected_count;
        self.changed |= other.changed;
    }
}

/// What a statement of a page was found to be.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The holder of its key made it.
    Believed(Attributed),
    /// The key was not known: kept, shown when it comes.
    Held(Statement),
    /// Left out.
    Rejected(&'static str),
}

/// A page of others' statements. Judging it needs no transaction, so it is done while the page before is stored; a page
/// that nobody judged is judged when it is applied.
#[derive(Debug, Clone)]
pub struct Page {
    /// As it came.
    pub response: PullResponse,
    /// Of the urgent statements and then of the others, in their order.
    pub verdicts: Option<Vec<Verdict>>,
}

impl From<PullResponse> for Page {
    fn from(response: PullResponse) -> Self {
        Self { response, verdicts: None }
    }
}

/// How this device shows a restored operator who it is and how far the log went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The operator's `device-bound` of the own key.
    pub binding: Option<Pair>,
    /// The last head that verified.
    pub known: Option<KnownHead>,
}

/// Where handing back stands: own statements first, because their receipts prove them, then those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedBack {
    /// Registrations up to this row of the store.
    Own(i64),
    /// Others' statements below this leaf.
    Foreign(u64),
}

/// One batch for a restored operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The statements.
    pub leaves: Vec<Leaf>,
    /// The receipt of own ones.
    pub proof: Option<RangeProof>,
    /// Leaves whose statement is no evidence, because its signature does not verify: good for its content alone.
    pub spoiled: Vec<u64>,
    /// Where to go on.
    pub after: HandedBack,
}

/// The device's store as the sync sees it.
///
/// # Invariants
/// A statement leaves the outbox only when its receipt verified under a head of the one log that this device was ever
/// shown. A cursor is written in the transaction of the page that it follows, never before.
pub trait Outbox: Send + Sync + 'static {
    /// The next run of the device's own series: without gaps, at most `max_items` and about `max_bytes` (at least one);
    /// without items when nothing is left.
    ///
    /// `from_seq` names the first one, whatever became of it before, because the operator needs a run without gaps;
    /// `None` is the first that waits. What was refused waits no more, so it delays nobody.
    ///
    /// # Errors
    /// [`OutboxError::TrustEnded`] without `from_seq`, [`OutboxError::Store`].
    fn next_batch(
        &self,
        from_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError>;

    /// The first run behind `after_seq` of what the operator refused, within the same limits.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn refused_batch(
        &self,
        after_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError>;

    /// Remembers that these are on their way, for the person who looks at them.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn mark_sent(&self, items: &[PushItem]) -> Result<(), OutboxError>;

    /// Takes that back after a push without an answer that counts: what is certain is that they are saved on this
    /// device, and nobody without a network may read that his visit was sent.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn mark_unsent(&self, items: &[PushItem]) -> Result<(), OutboxError>;

    /// Verifies and stores what came back for a push.
    ///
    /// # Errors
    /// [`OutboxError::Unproven`] when a receipt does not verify, [`OutboxError::SplitView`] when it is one of another
    /// log than was seen before, [`OutboxError::Overtaken`]: then nothing is changed.
    fn apply_push(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError>;

    /// What other devices gave this one to hand over: what visits are, or, asked second in a round, the answers to them.
    /// Those that the operator could not take yet come with `again`, and by themselves after a while. A store that holds
    /// nothing of others has none.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn carried(&self, _answers: bool, _again: bool) -> Result<Vec<CarryItem>, OutboxError> {
        Ok(Vec::new())
    }

    /// Stores what became of what was handed over; one outcome for each item.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn apply_carried(&self, _: &[CarryItem], _: &[CarryOutcome]) -> Result<(), OutboxError> {
        Ok(())
    }

    /// What a restored operator is told first.
    ///
    /// # Errors
    /// [`OutboxError::TrustEnded`], [`OutboxError::Store`].
    fn standing(&self) -> Result<Standing, OutboxError>;

    /// The next batch of what the operator lacks and this device holds; `None` when there is no more.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn lost(&self, wanted: &[Stretch], after: HandedBack) -> Result<Option<Lost>, OutboxError>;

    /// What to ask next.
    ///
    /// # Errors
    /// [`OutboxError::TrustEnded`], [`OutboxError::Store`].
    fn pull_request(&self, limit: u32) -> Result<PullRequest, OutboxError>;

    /// Checks the statements of a page against the keys that are known now, and changes nothing.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn judge_pull(&self, response: PullResponse) -> Result<Page, OutboxError> {
        Ok(response.into())
    }

    /// Verifies and stores pages, each of which follows the one before: all of them with their cursor, in one transaction,
    /// or none.
    ///
    /// # Errors
    /// [`OutboxError::Protocol`] when a page does not belong to its request, [`OutboxError::Unproven`],
    /// [`OutboxError::SplitView`], [`OutboxError::Overtaken`]: then nothing is changed.
    fn apply_pulls(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError>;

    /// The same with one page.
    ///
    /// # Errors
    /// Those of [`Outbox::apply_pulls`].
    fn apply_pull(&self, request: &PullRequest, page: Page) -> Result<PullApplied, OutboxError> {
        self.apply_pulls(&[(request.clone(), page)])
    }

    /// What waits.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    fn waiting(&self) -> Result<Waiting, OutboxError>;
}
