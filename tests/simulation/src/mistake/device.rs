//! Answers, stored carelessly.

use std::sync::Arc;

use domain::id::SubjectId;
use parking_lot::Mutex;
use rusqlite::Connection;
use store::Store;
use sync::outbox::{HandedBack, Lost, Page, PullApplied, PushApplied, Standing};
use sync::{Outbox, OutboxError, Waiting};
use wire::collect::Stretch;
use wire::pull::{Checkpoint, PullRequest, PullResponse};
use wire::push::{Outcome, PushItem, PushRequest, PushResponse};

use super::Mistake;
use crate::check::look_behind;
use crate::device::Device;

/// The store as the sync sees it, with the mistake between them.
pub(crate) fn outbox(mistake: Option<Mistake>, device: &Device) -> Arc<dyn Outbox> {
    let store = Arc::clone(device.store());
    match mistake {
        Some(mistake) if mistake.is_of_the_outbox() => {
            Arc::new(Careless { mistake, store, file: Mutex::new(look_behind(device)) })
        }
        _ => store,
    }
}

/// What is shown about a visit is written once more, after the statements and apart from them.
pub(crate) fn show_apart(device: &Device, subject: SubjectId) {
    if device.disk.is_dead() {
        return;
    }
    let file = look_behind(device);
    // A process that ends between the two has done the first only.
    let _ = file.execute("DELETE FROM visit WHERE id = ?1", [subject.as_bytes()]);
    let _ = device.store().rebuild();
}

/// Whatever is in a parcel leaves the outbox, under a receipt that nobody gave.
pub(crate) fn close_sealed(device: &Device) {
    if device.disk.is_dead() || device.disk.is_full() {
        return;
    }
    // A process that ends over it has not done it.
    let _ = look_behind(device).execute_batch(&format!(
        "BEGIN; {NO_REGISTRATION};
         INSERT OR IGNORE INTO receipt (seq, leaf_index, registration, flags)
           SELECT seq, 0, (SELECT max(id) FROM registration), '' FROM outbox;
         DELETE FROM outbox; COMMIT;"
    ));
}

const NO_REGISTRATION: &str =
    "INSERT INTO registration (first_leaf, runs, tree_size, root, head, proof, signed_at_s)
     VALUES (0, '[]', 0, zeroblob(32), x'', x'', 0)";

struct Careless {
    mistake: Mistake,
    store: Arc<Store>,
    file: Mutex<Connection>,
}

impl Careless {
    fn write(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, OutboxError> {
        self.file.lock().execute(sql, values).map_err(|error| OutboxError::Store(Box::new(error)))
    }

    /// The head counts without a look at the one before.
    fn believe(&self, checkpoint: &Checkpoint) -> Result<(), OutboxError> {
        let values = (checkpoint.tree_size, checkpoint.root.as_bytes());
        self.write("UPDATE log_position SET tree_size = ?1, root = ?2", values).map(drop)
    }

    /// Closes what is called registered, whatever proves it.
    fn close(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError> {
        self.write(NO_REGISTRATION, [])?;
        for (item, outcome) in request.items.iter().zip(&response.outcomes) {
            let (Outcome::Registered { leaf_index, .. } | Outcome::AlreadyHave { leaf_index, .. }) = outcome
            else {
                continue;
            };
            let sql = "INSERT OR IGNORE INTO receipt (seq, leaf_index, registration, flags)
                 SELECT ?1, ?2, max(id), '' FROM registration";
            self.write(sql, (item.seq, *leaf_index))?;
            self.write("DELETE FROM outbox WHERE seq = ?1", [item.seq])?;
        }
        Ok(PushApplied { registered_count: 0, refused: Vec::new(), series_behind: false })
    }

    /// Stores what fits and goes on behind what does not.
    fn skip(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
        let mut all = PullApplied::default();
        for (request, page) in pages {
            match self.store.apply_pull(request, page.clone()) {
                Err(OutboxError::Protocol(_)) => {
                    let cursors = (page.response.cursor, page.response.urgent_cursor);
                    self.write("UPDATE log_position SET cursor = ?1, urgent_cursor = ?2", cursors)?;
                }
                applied => all.add(applied?),
            }
        }
        Ok(all)
    }

    fn scopes_held(&self) -> Vec<domain::scope::Scope> {
        let file = self.file.lock();
        let mut select = file.prepare("SELECT name FROM scope").expect("it is there");
        let names = select.query_map([], |row| row.get::<_, String>(0)).expect("it can be read");
        names.flatten().filter_map(|name| name.parse().ok()).collect()
    }
}

impl Outbox for Careless {
    fn next_batch(
        &self,
        from_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        let is_blocked = self.mistake == Mistake::RefusedBlocks && self.store.waiting()?.refused_count > 0;
        self.store.next_batch(from_seq, if is_blocked { 0 } else { max_items }, max_bytes)
    }

    fn refused_batch(
        &self,
        after_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        let is_blocked = self.mistake == Mistake::RefusedBlocks;
        self.store.refused_batch(after_seq, if is_blocked { 0 } else { max_items }, max_bytes)
    }

    fn mark_sent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.store.mark_sent(items)
    }

    fn mark_unsent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.store.mark_unsent(items)
    }

    fn apply_push(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError> {
        match self.store.apply_push(request, response) {
            Err(OutboxError::Unproven) if self.mistake == Mistake::ReceiptNotVerified => {
                self.close(request, response)
            }
            applied => applied,
        }
    }

    fn standing(&self) -> Result<Standing, OutboxError> {
        self.store.standing()
    }

    fn lost(&self, wanted: &[Stretch], after: HandedBack) -> Result<Option<Lost>, OutboxError> {
        self.store.lost(wanted, after)
    }

    fn pull_request(&self, limit: u32) -> Result<PullRequest, OutboxError> {
        self.store.pull_request(limit)
    }

    fn judge_pull(&self, response: PullResponse) -> Result<Page, OutboxError> {
        self.store.judge_pull(response)
    }

    fn apply_pull(&self, request: &PullRequest, mut page: Page) -> Result<PullApplied, OutboxError> {
        let mut request = request.clone();
        let response = &mut page.response;
        match self.mistake {
            Mistake::CursorBeforePage if response.scopes.is_none() => {
                self.write("UPDATE log_position SET cursor = ?1", [response.cursor])?;
                request.cursor = response.cursor;
            }
            Mistake::LostScopeKept => {
                if let Some(scopes) = &mut response.scopes {
                    scopes.extend(self.scopes_held());
                }
            }
            Mistake::HeadWithoutConsistency => {
                let again = self.store.apply_pull(&request, response.clone().into());
                let (Err(OutboxError::SplitView), Some(checkpoint)) = (&again, &mut response.checkpoint)
                else {
                    return again;
                };
                self.believe(checkpoint)?;
                request.known_tree_size = checkpoint.tree_size;
                request.cursor = request.cursor.min(checkpoint.tree_size);
                checkpoint.consistency.clear();
            }
            _ => {}
        }
        self.store.apply_pull(&request, page)
    }

    fn apply_pulls(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
        match self.mistake {
            Mistake::CursorBeforePage | Mistake::LostScopeKept | Mistake::HeadWithoutConsistency => {
                let mut all = PullApplied::default();
                for (request, page) in pages {
                    all.add(self.apply_pull(request, page.clone())?);
                }
                Ok(all)
            }
            Mistake::PageSkipped => match self.store.apply_pulls(pages) {
                Err(OutboxError::Protocol(_)) if pages.len() > 1 => self.skip(pages),
                applied => applied,
            },
            _ => self.store.apply_pulls(pages),
        }
    }

    fn waiting(&self) -> Result<Waiting, OutboxError> {
        self.store.waiting()
    }
}
