//! What becomes of one request.

use wire::pull::PullResponse;

use super::{Network, end};
use crate::disk::Cut;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Arrives,
    RequestLost,
    ReplyLost,
    /// Arrives twice; the second answer comes back.
    Doubled,
    /// No answer, and the request arrives once more at another time.
    Late,
    /// The operator answers that it is registered, and it is not.
    Lie,
    /// A statement comes with a byte changed, as no TLS would allow and a broken proxy behind it would.
    Damaged,
    /// The same of an answer: a page that no device can take.
    Mangled,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Push,
    Carry,
    Parcel,
    Pull,
    Collect,
}

impl Way {
    /// For the trace.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Way::Push => "push",
            Way::Carry => "carry",
            Way::Parcel => "parcel",
            Way::Pull => "pull",
            Way::Collect => "collect",
        }
    }

    /// Whether it brings statements to be registered.
    pub(super) const fn brings(self) -> bool {
        matches!(self, Way::Push | Way::Carry | Way::Parcel)
    }
}

impl Network {
    pub(super) fn fate(&mut self, way: Way) -> Fate {
        if way.brings() && std::mem::take(&mut self.loses_answer) {
            return Fate::ReplyLost;
        }
        if !self.is_bad {
            return Fate::Arrives;
        }
        let may_lie = self.may_lie || way == Way::Carry && self.may_lie_to_carriers;
        match self.chance.below(20) {
            0 | 1 => Fate::RequestLost,
            2 | 3 => Fate::ReplyLost,
            4 | 5 => Fate::Doubled,
            6 if way == Way::Pull && self.is_prompt => Fate::Mangled,
            6 | 11 if way.brings() => Fate::Late,
            7 if way.brings() && self.chance.one_in(2) => Fate::Damaged,
            8..11 if way.brings() && may_lie => Fate::Lie,
            _ => Fate::Arrives,
        }
    }

    /// Whether the operator's process ends while it answers, and how.
    pub(super) fn operator_ends(&mut self) -> Option<(u64, Option<Cut>)> {
        if !self.is_bad || !self.chance.one_in(12) {
            return None;
        }
        Some((1 + self.chance.below(40), end(&mut self.chance)))
    }
}

/// Where no log ends.
const FAR: u64 = 1 << 40;

/// The last statement of the page comes as one that the log does not have yet.
pub(super) fn mangle(page: &mut PullResponse) -> bool {
    let Some(item) = page.items.last_mut() else { return false };
    item.leaf_index += FAR;
    true
}

/// Whether that was done to a page.
pub fn is_mangled(page: &PullResponse) -> bool {
    page.items.iter().any(|item| item.leaf_index >= FAR)
}
