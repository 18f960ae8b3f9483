//! Statements up: one batch at the operator, the one before on its way into the store, the next one being read.

use std::sync::Arc;

use wire::problem::ProblemCode;
use wire::push::{Outcome, PushRequest, PushResponse, Refusal};

use super::collect::Lacks;
use super::{Phase, Progress, Run};
use crate::SyncError;
use crate::outbox::{OutboxError, PushApplied};
use crate::push::{self, Limits, Next, Pushing};
use crate::transport::TransportError;

/// A push that was answered.
struct Answered {
    request: Arc<PushRequest>,
    response: PushResponse,
    /// Where pushing stood before it.
    before: Pushing,
}

impl Answered {
    /// The largest head that the device knows once this answer is in its store.
    fn known_tree_size(&self) -> u64 {
        let heads = self.response.registrations.iter().map(|registration| registration.tree_size);
        heads.fold(self.request.known_tree_size, u64::max)
    }
}

/// A batch that was sent, and the one behind it.
struct Sent {
    answer: Result<PushResponse, TransportError>,
    behind: Option<PushRequest>,
}

impl Run<'_> {
    pub(super) async fn push_all(&mut self) -> Result<(), SyncError> {
        let total_count = self.blocking(|outbox| outbox.waiting()).await?.waiting_count;
        let registered_before_count = self.summary.registered_count;
        let mut pushing = Pushing::new();
        let (mut ahead, mut answered, mut contradiction) = (None, None, None);
        loop {
            if ahead.is_none()
                && let Some(last) = answered.take()
            {
                self.settle(last, &mut pushing).await?;
            }
            let limits = pushing.limits();
            let request = match ahead.take() {
                Some(request) => request,
                None => self.batch(limits.from_seq, limits).await?,
            };
            let done_count = (self.summary.registered_count - registered_before_count).min(total_count);
            (self.progress)(Progress { phase: Phase::Pushing, done_count, total_count });
            if request.items.is_empty() {
                match answered.take() {
                    Some(last) => self.settle(last, &mut pushing).await?,
                    None => return contradiction.map_or(Ok(()), Err),
                }
                continue;
            }
            tracing::trace!(target: "esep::step", step = "push-planned");
            let request = Arc::new(request);
            let sent = match answered.take() {
                None => self.send(&request, limits).await,
                Some(last) => {
                    let before = last.before.clone();
                    // Both run to their end, whatever becomes of the other: nobody reads afterwards that a batch was
                    // sent which was not.
                    let (stored, sent) = tokio::join!(self.store(last), self.send(&request, limits));
                    let is_stored = stored.map_err(SyncError::from).and_then(|stored| self.count(stored));
                    if !matches!(is_stored, Ok(true)) {
                        self.unmark(&request).await;
                        is_stored?;
                        pushing = before;
                        continue;
                    }
                    sent
                }
            };
            let response = match self.answer_of(&request, sent.answer, &mut pushing).await? {
                Some(response) => response,
                None => continue,
            };
            let before = pushing.clone();
            let next = pushing.after(&request.items, &response);
            let last = Answered { request, response, before };
            if let (Next::Again, None, None) = (&next, limits.from_seq, pushing.limits().from_seq) {
                let known_tree_size = last.known_tree_size();
                ahead = sent.behind.map(|behind| PushRequest { known_tree_size, ..behind });
                answered = Some(last);
                continue;
            }
            // What is sent again because the operator lost it goes step by step.
            match self.settle(last, &mut pushing).await {
                // An operator that lost the end of its log gets it whole again, though its receipts count no more.
                Err(error @ SyncError::Outbox(OutboxError::SplitView | OutboxError::TrustEnded))
                    if limits.from_seq.is_some() =>
                {
                    contradiction.get_or_insert(error);
                }
                settled => settled?,
            }
            if let Next::Stop(error) = next {
                return Err(error);
            }
        }
    }

    /// Hands back what an operator lost that waits for it, and shows it all that waits here: what it registered and could
    /// not answer any more has no receipt, and others may hold the envelope only. It takes from that what it lacks.
    pub(super) async fn give_back_all(&self) -> Result<(), SyncError> {
        if !self.hand_back(Lacks::Statements).await? {
            return Ok(());
        }
        let mut limits = Pushing::new().limits();
        loop {
            let request = self.batch(limits.from_seq, limits).await?;
            let Some(last) = request.items.last() else { return Ok(()) };
            limits.from_seq = Some(last.seq + 1);
            match self.transport.push(&request).await {
                Err(TransportError::Problem {
                    code: ProblemCode::Incomplete | ProblemCode::TooLarge,
                    ..
                }) => {}
                Err(error) => return Err(error.into()),
                // It goes on: the next sync pushes as ever, and gets the same answers.
                Ok(_) => return Ok(()),
            }
        }
    }

    async fn batch(&self, from_seq: Option<u64>, limits: Limits) -> Result<PushRequest, OutboxError> {
        self.blocking(move |outbox| outbox.next_batch(from_seq, limits.max_items, limits.max_bytes)).await
    }

    /// Sends a batch, marks it for whoever looks at the screen, and reads the one behind it.
    async fn send(&self, request: &Arc<PushRequest>, limits: Limits) -> Sent {
        let marked = Arc::clone(request);
        let mark = self.blocking(move |outbox| outbox.mark_sent(&marked.items));
        let exchange = async {
            tracing::trace!(target: "esep::step", step = "push-sent");
            let answer = match self.transport.push(request).await {
                // Nothing smaller can be sent, and the numbers behind it must not wait for ever.
                Err(TransportError::Problem { code: ProblemCode::TooLarge, .. })
                    if request.items.len() == 1 =>
                {
                    self.push_claim(request).await
                }
                answer => answer,
            };
            tracing::trace!(target: "esep::step", step = "push-answered");
            answer
        };
        let behind_seq = request.items.last().map(|item| item.seq + 1);
        let (marked, answer, behind) = tokio::join!(mark, exchange, self.batch(behind_seq, limits));
        // A full disk must not keep a visit from the operator.
        if let Err(error) = marked {
            tracing::warn!(%error, "statements go out without the mark that they do");
        }
        // What cannot be read now is read, or complained of, when its turn comes.
        Sent { answer, behind: behind.ok() }
    }

    /// Pushes the one statement of a request by its number alone, because the way to the operator does not let its bytes
    /// through. Whatever the operator refuses them for, they were too large; they are sent again with all that is refused.
    async fn push_claim(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        let mut claim = request.clone();
        for item in &mut claim.items {
            (item.statement, item.content) = (Vec::new(), Vec::new());
        }
        let mut response = self.transport.push(&claim).await?;
        for outcome in &mut response.outcomes {
            if let Outcome::Refused { reason } = outcome {
                *reason = Refusal::TooLarge;
            }
        }
        Ok(response)
    }

    /// Takes the mark back: nobody reads afterwards that something was sent whose answer does not count.
    async fn unmark(&self, request: &Arc<PushRequest>) {
        let marked = Arc::clone(request);
        if let Err(error) = self.blocking(move |outbox| outbox.mark_unsent(&marked.items)).await {
            tracing::warn!(%error, "statements keep the mark that they were sent");
        }
    }

    /// An answer that fits its batch; `None` when the batch is to be planned anew.
    async fn answer_of(
        &self,
        request: &Arc<PushRequest>,
        answer: Result<PushResponse, TransportError>,
        pushing: &mut Pushing,
    ) -> Result<Option<PushResponse>, SyncError> {
        let failed = match answer {
            Ok(response) => match push::check(&request.items, &response) {
                Ok(()) => return Ok(Some(response)),
                Err(misfit) => Next::Stop(SyncError::Protocol(misfit)),
            },
            Err(error) => pushing.after_failure(error, request.items.len()),
        };
        self.unmark(request).await;
        match failed {
            Next::Again => Ok(None),
            Next::Stop(error) => Err(error),
        }
    }

    /// Stores an answer. `None` when another one was stored first, and it is to be asked for anew.
    async fn store(&self, last: Answered) -> Result<Option<PushApplied>, OutboxError> {
        let request = Arc::clone(&last.request);
        let storing = move |outbox: &dyn crate::Outbox| outbox.apply_push(&last.request, &last.response);
        let stored = self.blocking(storing).await;
        match &stored {
            Ok(_) => tracing::trace!(target: "esep::step", step = "receipts-committed"),
            Err(_) => self.unmark(&request).await,
        }
        match stored {
            Err(OutboxError::Overtaken) => Ok(None),
            stored => stored.map(Some),
        }
    }

    /// Whether it was stored.
    fn count(&mut self, stored: Option<PushApplied>) -> Result<bool, SyncError> {
        let Some(applied) = stored else {
            self.overtaken(OutboxError::Overtaken)?;
            return Ok(false);
        };
        self.summary.registered_count += applied.registered_count;
        self.summary.refused_count += applied.refused.len() as u64;
        self.summary.series_behind |= applied.series_behind;
        Ok(true)
    }

    async fn settle(&mut self, last: Answered, pushing: &mut Pushing) -> Result<(), SyncError> {
        let before = last.before.clone();
        let stored = self.store(last).await?;
        if !self.count(stored)? {
            *pushing = before;
        }
        Ok(())
    }

    /// Sends what was refused before once more, each run by itself. What is refused again stays where it is.
    pub(super) async fn push_refused(&mut self) -> Result<(), SyncError> {
        let (mut after_seq, mut max_items) = (None, wire::push::MAX_ITEMS);
        loop {
            let request = self
                .blocking(move |outbox| outbox.refused_batch(after_seq, max_items, push::MAX_BATCH_BYTES))
                .await?;
            let Some(last_seq) = request.items.last().map(|item| item.seq) else { return Ok(()) };
            match self.transport.push(&request).await {
                Ok(response) => {
                    push::check(&request.items, &response).map_err(SyncError::Protocol)?;
                    match self.blocking(move |outbox| outbox.apply_push(&request, &response)).await {
                        Ok(applied) => self.summary.registered_count += applied.registered_count,
                        Err(error) => {
                            self.overtaken(error)?;
                            continue;
                        }
                    }
                    after_seq = Some(last_seq);
                }
                Err(TransportError::Problem { code: ProblemCode::TooLarge, .. }) => {
                    match request.items.len() {
                        1 => after_seq = Some(last_seq),
                        count => max_items = count / 2,
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
