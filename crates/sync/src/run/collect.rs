//! What a restored operator lost, handed back from what this device holds, batch by batch.

use wire::collect::{CollectRequest, MAX_STRETCHES};

use super::Run;
use crate::SyncError;
use crate::outbox::{HandedBack, Lost};

impl Run<'_> {
    /// Asks what is wanted and sends what of it is here. Sent again it changes nothing, so it may end at any time.
    pub(super) async fn hand_back(&self) -> Result<(), SyncError> {
        let standing = self.blocking(|outbox| outbox.standing()).await?;
        let mut request = CollectRequest {
            binding: standing.binding,
            known: standing.known,
            from: 0,
            leaves: Vec::new(),
            proof: None,
        };
        loop {
            let wanted = self.transport.collect(&request).await?.wanted;
            let Some(last) = wanted.last().copied() else { return Ok(()) };
            if last.to <= request.from {
                return Err(SyncError::Protocol("what is wanted lies behind what was asked for"));
            }
            let mut after = HandedBack::Own(0);
            loop {
                let stretches = wanted.clone();
                let lost = self.blocking(move |outbox| outbox.lost(&stretches, after)).await?;
                let Some(Lost { leaves, proof, after: next }) = lost else { break };
                tracing::debug!(leaves_count = leaves.len(), "handing back");
                self.transport.collect(&CollectRequest { leaves, proof, ..request.clone() }).await?;
                after = next;
            }
            if wanted.len() < MAX_STRETCHES {
                return Ok(());
            }
            request.from = last.to;
        }
    }
}
