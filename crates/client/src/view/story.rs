//! The story of a visit: its statements by their time.

use domain::Kind;
use domain::content::{Content, LocationOutcome};
use store::read::visit::{StoryRow, VisitRow};

use super::card::Cards;
use super::visit::transport;
use crate::codes::text_of;
use crate::errors::Result;
use crate::ipc::{StoryEntry, StoryKind};

/// Shows the statements of a visit, and when the operator registered it, as far as this device has the proof.
///
/// # Errors
/// Those of the store.
pub(crate) fn view(
    cards: &mut Cards<'_, '_>,
    visit: &VisitRow,
    rows: &[StoryRow],
) -> Result<Vec<StoryEntry>> {
    let mut story = Vec::new();
    for row in rows {
        let Some(kind) = kind(row.kind) else { continue };
        let who = match row.author {
            // Only the specialist's position belongs to the visit's organisation for sure.
            Some(author) => {
                Some(cards.card(author, Some(visit.organisation).filter(|_| author == visit.specialist))?)
            }
            None => None,
        };
        let (code, text) = row.content.as_ref().map_or((None, None), explanation);
        story.push(StoryEntry {
            kind,
            statement: row.id.to_string(),
            at_ms: row.issued_at_ms,
            who,
            code,
            text,
            withheld: row.content.is_none() && !row.erased,
            erased: row.erased,
            on_specialists_device: row.by_guest,
            transport: transport(row.transport),
        });
        if let Some(receipt_at_ms) = row.receipt_at_ms.filter(|_| row.kind == Kind::VisitRegistered) {
            story.push(StoryEntry {
                kind: StoryKind::OperatorRegistered,
                statement: row.id.to_string(),
                at_ms: receipt_at_ms,
                who: None,
                code: None,
                text: None,
                withheld: false,
                erased: false,
                on_specialists_device: false,
                transport: transport(row.transport),
            });
        }
    }
    // What came late was still done when it was done; equal times keep the order of the log.
    story.sort_by_key(|entry| entry.at_ms);
    Ok(story)
}

fn kind(kind: Kind) -> Option<StoryKind> {
    Some(match kind {
        Kind::VisitRegistered => StoryKind::Registered,
        Kind::VisitLocated => StoryKind::Located,
        Kind::VisitNoted => StoryKind::Noted,
        Kind::VisitFinished => StoryKind::Finished,
        Kind::VisitConfirmed => StoryKind::Confirmed,
        Kind::VisitDisputed => StoryKind::Disputed,
        Kind::VisitReviewed => StoryKind::Reviewed,
        Kind::VisitCorrected => StoryKind::Corrected,
        _ => return None,
    })
}

/// The code that explains a statement, and its words.
fn explanation(content: &Content) -> (Option<String>, Option<String>) {
    let code = match content {
        Content::VisitRegistered(registered) => registered.late.as_ref().and_then(text_of),
        Content::VisitLocated(located) => match &located.outcome {
            LocationOutcome::Unavailable(reason) => Some(reason.as_str().to_owned()),
            LocationOutcome::Fix(_) => None,
        },
        Content::VisitDisputed(disputed) => text_of(&disputed.reason),
        // Which of accepted and returned it was, follows from the reason: no reason belongs to both.
        Content::VisitReviewed(reviewed) => text_of(&reviewed.reason),
        Content::VisitCorrected(corrected) => text_of(&corrected.reason),
        _ => None,
    };
    let text = match content {
        Content::VisitNoted(note) => Some(note.text.clone()),
        _ => None,
    };
    (code, text)
}
