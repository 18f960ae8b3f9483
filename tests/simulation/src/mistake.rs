//! Classic mistakes, to show that the simulation can fail. None of them is in the product: each wraps a part of it and
//! does what a careless version of that part would do, so there is no switch that could be left on.
//!
//! | Module | Where somebody was careless |
//! |---|---|
//! | `operator` | how a push is taken |
//! | `device` | how answers are stored |
//! | elsewhere | [`crate::template`] names no host, [`crate::server`] does not wait, [`crate::disk`] does not sync, [`crate::act`] forgets a tap or writes what is shown apart, [`crate::device`] a reading |

mod device;
mod operator;

pub(crate) use device::{close_sealed, outbox, show_apart};
pub(crate) use operator::push;

use crate::plan::{IMPATIENT, OTHER_HANDS};

/// What somebody did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The device's database runs without syncing.
    DeviceWithoutSync,
    /// The operator's database runs without syncing.
    OperatorWithoutSync,
    /// The operator answers before it has kept what it answers.
    AnswerBeforeCommit,
    /// A statement whose place is taken is ignored as if it were the one that is there.
    ForkIgnored,
    /// A content that is missing is filled from a statement that is sent again.
    ErasedComesBack,
    /// The cursor of a pull is written before its page.
    CursorBeforePage,
    /// A page that cannot be stored is passed over, so that it delays none of those that were stored with it.
    PageSkipped,
    /// What a lost scope held stays.
    LostScopeKept,
    /// What was refused keeps its place at the head of the queue.
    RefusedBlocks,
    /// The outbox closes on any answer.
    ReceiptNotVerified,
    /// A head of another history is believed.
    HeadWithoutConsistency,
    /// A tap that is repeated registers a second visit.
    TapNotRemembered,
    /// What is shown is written after the statements, in a transaction of its own.
    ShownApart,
    /// What was sealed into a parcel is taken as sent.
    SealedIsSent,
    /// The operator does not say on whose device a guest's key lies.
    GuestUnmarked,
    /// A restored log goes on before its root is the signed one.
    ResumedTooSoon,
    /// A content that the operator lost is not taken from a push that brings it.
    LostStaysLost,
    /// A reading of the location that ended with the app is left as if it ran.
    InterruptedForgotten,
}

impl Mistake {
    /// All of them, each with the invariant that it breaks and the seeds within which it must be found.
    pub const ALL: [(Self, &'static str, u64); 18] = [
        (Self::DeviceWithoutSync, "I1", 30),
        // Its log is shorter than what it signed, and such a log opens for nobody.
        (Self::OperatorWithoutSync, "panic: the operator opens its folder after any crash: Mark(Behind", 30),
        (Self::AnswerBeforeCommit, "I", 60),
        (Self::ForkIgnored, "I", 60),
        (Self::ErasedComesBack, "I5", 100),
        (Self::CursorBeforePage, "I8", 60),
        (Self::PageSkipped, "I8", 60),
        (Self::LostScopeKept, "I8", 30),
        (Self::RefusedBlocks, "I1", 60),
        (Self::ReceiptNotVerified, "I", 60),
        (Self::HeadWithoutConsistency, "I9", 100),
        (Self::TapNotRemembered, "I2", 30),
        (Self::ShownApart, "I5", 100),
        (Self::SealedIsSent, "I1", 60),
        (Self::GuestUnmarked, "I3", 60),
        (Self::ResumedTooSoon, "I", 60),
        (Self::LostStaysLost, "I1", 20),
        (Self::InterruptedForgotten, "I6", 10),
    ];

    /// The first of those seeds.
    pub fn first_seed(self) -> u64 {
        match self {
            Self::SealedIsSent | Self::GuestUnmarked | Self::ResumedTooSoon => OTHER_HANDS + 1,
            Self::LostStaysLost => IMPATIENT + 1,
            _ => 1,
        }
    }

    /// Whether it is in how the operator takes a push.
    pub(crate) fn is_of_the_push(self) -> bool {
        matches!(
            self,
            Self::AnswerBeforeCommit | Self::ForkIgnored | Self::ErasedComesBack | Self::LostStaysLost
        )
    }

    /// Whether it is in how the device stores answers.
    fn is_of_the_outbox(self) -> bool {
        matches!(
            self,
            Self::CursorBeforePage
                | Self::PageSkipped
                | Self::LostScopeKept
                | Self::RefusedBlocks
                | Self::ReceiptNotVerified
                | Self::HeadWithoutConsistency
        )
    }
}
