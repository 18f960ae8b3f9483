//! What a restored operator lost, handed back from what this device holds, batch by batch.

use wire::collect::{CollectRequest, MAX_STRETCHES, Stretch};
use wire::problem::ProblemCode;

use super::Run;
use crate::outbox::{HandedBack, Lost};
use crate::{SyncError, TransportError};

impl Run<'_> {
    /// Asks what is wanted and sends what of it is here, and says whether anything is. Sent again it changes nothing, so it
    /// may end at any time.
    pub(super) async fn hand_back(&self, lacks: Lacks) -> Result<bool, SyncError> {
        let standing = self.blocking(|outbox| outbox.standing()).await?;
        let mut request = CollectRequest {
            binding: standing.binding,
            known: standing.known,
            from: 0,
            leaves: Vec::new(),
            proof: None,
        };
        let (mut disbelieved, mut is_wanted) = (None, false);
        loop {
            let wanted = self.transport.collect(&request).await?.wanted;
            let Some(last) = wanted.last().copied() else { break };
            is_wanted = true;
            if last.to <= request.from {
                return Err(SyncError::Protocol("what is wanted lies behind what was asked for"));
            }
            let mut after = HandedBack::Own(0);
            loop {
                let stretches = wanted.clone();
                let lost = self.blocking(move |outbox| outbox.lost(&stretches, after)).await?;
                let Some(Lost { mut leaves, mut proof, spoiled, after: next }) = lost else { break };
                if lacks == Lacks::Contents {
                    // The log has the statements: a hash says enough, and what was never here would come in vain for ever.
                    leaves.retain(|leaf| leaf.content.is_some() && is_within(&wanted, leaf.leaf_index));
                    proof = None;
                } else {
                    // It would stand against the copies of others, and against this device.
                    leaves.retain(|leaf| !spoiled.contains(&leaf.leaf_index));
                }
                if leaves.is_empty() {
                    after = next;
                    continue;
                }
                tracing::debug!(leaves_count = leaves.len(), "handing back");
                let is_proven = proof.is_some();
                let given =
                    self.transport.collect(&CollectRequest { leaves, proof, ..request.clone() }).await;
                match given {
                    // Only what a receipt proves is taken of this device, and comes first: on to the next stretches.
                    Err(error) if !is_proven && is_disbelieved(&error) => {
                        disbelieved = Some(error);
                        break;
                    }
                    given => drop(given?),
                }
                after = next;
            }
            if wanted.len() < MAX_STRETCHES {
                break;
            }
            request.from = last.to;
        }
        disbelieved.map_or(Ok(is_wanted), |error| Err(error.into()))
    }
}

/// What an operator lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacks {
    /// The end of its log: it waits for that.
    Statements,
    /// What some statements say: it went on without.
    Contents,
}

fn is_within(wanted: &[Stretch], leaf_index: u64) -> bool {
    wanted.iter().any(|stretch| (stretch.from..stretch.to).contains(&leaf_index))
}

pub(super) fn is_disbelieved(error: &TransportError) -> bool {
    matches!(error, TransportError::Problem { code: ProblemCode::Disbelieved, .. })
}
