//! One leaf: what it is, what it says, and what the leaves after it need to know.

use domain::content::Content;
use domain::erasing::Judgement;
use domain::flag::Flag;
use domain::id::StatementId;
use journal::{Header, Statement, VerifyingKey, codec};

use super::{Signatures, Walk};
use crate::authorise::has_own_id;
use crate::store::{Entry, StoreError};

impl Walk<'_> {
    /// Checks a leaf; its signature may be left for later, when nothing hangs on it.
    pub(super) fn leaf(
        &mut self,
        entry: &Entry,
        content: Option<Vec<u8>>,
        unverified: &mut Vec<(u64, Statement, VerifyingKey)>,
    ) -> Result<(), StoreError> {
        let leaf = entry.leaf_index;
        let Ok(statement) = Statement::decode(&entry.statement) else {
            self.audit.find("form", (leaf, entry.id), "its bytes are no statement in its one form");
            return Ok(());
        };
        let at = (leaf, statement.id());
        let header = statement.header().clone();
        let is_same = at.1 == entry.id
            && header.key == entry.key
            && header.seq == entry.seq
            && header.kind == entry.kind
            && header.subject == entry.subject;
        if !is_same {
            self.audit.find("columns", at, "its columns say something else than its bytes");
        }
        let said = self.content(entry, &statement, content);
        self.place(entry, at, &header)?;
        self.flags(entry, at, &header, said.as_ref())?;
        let is_believed = self.signature(leaf, statement, unverified);
        if is_believed && let Some(content) = said {
            self.learn(leaf, &header, content)?;
        }
        Ok(())
    }

    /// What it says, if that is there, is what was signed, and can be read.
    fn content(&mut self, entry: &Entry, statement: &Statement, bytes: Option<Vec<u8>>) -> Option<Content> {
        let at = (entry.leaf_index, statement.id());
        let Some(bytes) = bytes else {
            self.bare.insert(at.1, at.0);
            return None;
        };
        self.audit.contents += 1;
        if codec::hash(&bytes) != statement.payload() {
            self.audit.find("content", at, "its content is not the one whose hash was signed");
            return None;
        }
        let said = codec::decode(statement.header().kind, &bytes).ok();
        if said.is_some() == entry.flags.contains(&Flag::UnreadableContent) {
            let what = "its content is readable and flagged as unreadable, or the other way round";
            self.audit.find("flags", at, what);
        }
        said
    }

    fn place(&mut self, entry: &Entry, at: (u64, StatementId), header: &Header) -> Result<(), StoreError> {
        if self.refusals.contains_key(&(header.key, at.1)) {
            self.attributed.insert(at.1);
        }
        let series = self.series.entry(header.key).or_default();
        let is_branch = match series.add(at.1, header.seq, header.prev) {
            Ok(is_branch) => is_branch,
            Err(why) => {
                self.audit.find("series", at, why);
                return Ok(());
            }
        };
        self.audit.forks += u64::from(is_branch);
        if is_branch != entry.branch || is_branch != entry.flags.contains(&Flag::Fork) {
            self.audit.find(
                "flags",
                at,
                "it lies beside the main line of its series and does not say so, or the other way round",
            );
        }
        // Its id is unique in the database; a second copy stands where the index was taken away.
        if is_branch && self.read.entry_by_id(at.1)?.is_some_and(|first| first.leaf_index != at.0) {
            self.audit.find("id", at, "the same statement stands at another leaf");
        }
        Ok(())
    }

    fn flags(
        &mut self,
        entry: &Entry,
        at: (u64, StatementId),
        header: &Header,
        said: Option<&Content>,
    ) -> Result<(), StoreError> {
        if let Some(beacon) = &header.beacon
            && self.tree.is_ours(beacon, at.0)? == entry.flags.contains(&Flag::SplitView)
        {
            let what = "it names a log that this one never was and is not flagged, or the other way round";
            self.audit.find("beacon", at, what);
        }
        if !has_own_id(header) && !entry.flags.contains(&Flag::NoAuthority) {
            self.audit.find(
                "flags",
                at,
                "it registers a visit under the id of another key and is not flagged",
            );
        }
        // Other authority is judged by what a statement says.
        if said.is_none() {
            return Ok(());
        }
        let is_foreign = header.kind.is_operators() && header.key != self.operator.id();
        for (must, flag) in
            [(is_foreign, Flag::NoAuthority), (self.revoked.contains(&header.key), Flag::KeyRevoked)]
        {
            if must && !entry.flags.contains(&flag) {
                self.audit.find("flags", at, format!("it does not bear `{flag}`"));
            }
        }
        Ok(())
    }

    /// Whether what it says counts for later leaves.
    fn signature(
        &mut self,
        leaf: u64,
        statement: Statement,
        unverified: &mut Vec<(u64, Statement, VerifyingKey)>,
    ) -> bool {
        let (id, key) = (statement.id(), statement.header().key);
        let Some(key) = self.keys.get(&key) else {
            self.audit.find("key", (leaf, id), format!("nothing before it binds its key {key}"));
            return false;
        };
        if self.signatures == Signatures::Skip {
            return true;
        }
        let counts = key.id() == self.operator.id() && statement.header().kind.is_operators();
        if !counts {
            unverified.push((leaf, statement, key.clone()));
            return true;
        }
        self.audit.signatures += 1;
        let is_signed = statement.verify(key).is_ok();
        if !is_signed {
            let what = "its signature does not verify by the key that it names";
            self.audit.find("signature", (leaf, id), what);
        }
        is_signed
    }

    /// Only the operator binds and revokes keys, publishes and erases.
    fn learn(&mut self, leaf: u64, header: &Header, content: Content) -> Result<(), StoreError> {
        if header.key != self.operator.id() {
            return Ok(());
        }
        match content {
            Content::OperatorKey(stated) if stated.key != self.operator.to_cose_key() => {
                self.audit.find("key", leaf, "it names another key than the one that signed it");
            }
            Content::DeviceBound(bound) => match VerifyingKey::from_cose_key(&bound.key) {
                Ok(key) => {
                    self.keys.insert(key.id(), key);
                }
                Err(_) => self.audit.find("key", leaf, "it binds what is no key"),
            },
            Content::DeviceRevoked(revoked) => {
                self.revoked.insert(revoked.key);
            }
            Content::OperatorKey(stated) => self.recovery_keys.stated(leaf, header.issued_at_s, stated),
            // One that does not count takes nothing away: what it named must be there.
            Content::ContentErased(erased)
                if self.recovery_keys.judge(leaf, header.issued_at_s, i64::MAX)? == Judgement::Holds =>
            {
                self.erased.extend(erased.statements);
            }
            Content::AgreementPublished(published) => {
                self.texts.extend(published.texts.into_iter().map(|text| (leaf, text)));
            }
            _ => {}
        }
        Ok(())
    }
}
