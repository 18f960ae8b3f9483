//! A specialist hands the device over, and a grandmother answers in her own account on it.

use domain::content::{DisputeReason, NotePurpose, VisitConfirmed, VisitDisputed, VisitNoted};
use domain::id::VisitId;
use domain::{Clock as _, Content, Kind};
use journal::code::{self, Shown};
use journal::{Draft, Statement, VerifyingKey};
use store::carry::Carried;
use store::read::signed::Signed;
use store::read::visit::VisitRow;
use store::{Reader, StoreError};

use super::short;
use crate::device::Number;
use crate::template::{GUEST, HOST};
use crate::world::World;

impl World {
    /// The visit passes into her account as a code does, her answer passes back, and the phone may end at any of it.
    pub(super) fn hand_over(&mut self) {
        let Some(row) = self.visible_visit(HOST, true) else { return self.register_on(HOST) };
        if row.cancelled.is_some() {
            return;
        }
        if !self.is_known_to_the_guest(&row) {
            return;
        }
        let Some(bytes) = self.shown(&row) else { return };
        let carried = verified(self.devices[GUEST].operator.id(), &self.devices[GUEST].operator, &bytes);
        if !self.keep(GUEST, carried) {
            return self.tell(format!("the phone ends before the grandmother sees {}", short(row.id)));
        }
        self.answer_as_guest(row.id);
        let answers = self.given();
        let is_kept = self.keep(HOST, answers);
        self.tell(format!("the phone is handed over for {}: {is_kept}", short(row.id)));
    }

    /// Her account was opened with a network, as nobody accepts an agreement without, and so was her host's.
    pub(crate) async fn open_the_guest(&mut self) {
        self.network.lock().set_bad(false);
        self.is_bad = false;
        for number in [HOST, GUEST] {
            drop(self.synchronise(number).await);
        }
        self.is_bad = true;
        self.network.lock().set_bad(true);
    }

    fn is_known_to_the_guest(&self, row: &VisitRow) -> bool {
        let guest = &self.devices[GUEST];
        let known = guest.store().read::<_, StoreError>(|reader| reader.representations(row.child));
        known.is_ok_and(|known| known.iter().any(|known| known.representative == guest.person))
    }

    /// The bytes of the code that the host would show.
    fn shown(&self, row: &VisitRow) -> Option<Vec<u8>> {
        let host = &self.devices[HOST];
        let shown = host.store().read::<_, StoreError>(|reader| {
            let mut signed = reader.signed_about(row.id)?;
            signed.retain(|signed| match signed.kind {
                Kind::VisitRegistered => signed.id == row.registered,
                Kind::VisitFinished | Kind::VisitCorrected => signed.author == Some(row.specialist),
                _ => false,
            });
            with_bindings(reader, signed)
        });
        code::encode(host.operator.id(), &shown.ok()??).ok()
    }

    fn answer_as_guest(&mut self, visit: VisitId) {
        let row = self.devices[GUEST].store().read::<_, StoreError>(|reader| reader.visit(visit));
        let Ok(Some(row)) = row else { return };
        let (basis, representative) = (row.basis, self.devices[GUEST].person);
        let answered_at_ms = self.devices[GUEST].clock.utc_ms();
        let confirmed = !self.chance.one_in(4);
        let saved = self.act(GUEST, None, |appending, _| {
            let answer: Content = match confirmed {
                true => VisitConfirmed { basis, representative, answered_at_ms, capture: None }.into(),
                false => {
                    let reason = DisputeReason::Other;
                    VisitDisputed { basis, representative, reason, answered_at_ms, capture: None }.into()
                }
            };
            let about = appending.seal(&Draft::new(visit, answer))?.id;
            if !confirmed {
                let (purpose, text) = (NotePurpose::Dispute, "Ол кезде балам ауруханада болған".into());
                appending.seal(&Draft::new(visit, VisitNoted { purpose, text, about: Some(about) }))?;
            }
            Ok(())
        });
        let what = if confirmed { "confirms" } else { "disputes" };
        self.tell(format!("the grandmother {what} {}: {}", short(visit), saved.is_some()));
    }

    /// Her binding and all that she said and no receipt proves yet.
    fn given(&self) -> Vec<Carried> {
        let guest = &self.devices[GUEST];
        let given = guest.store().read::<_, StoreError>(|reader| {
            let binding = reader.binding(guest.key)?.map(|(binding, _)| binding);
            Ok((binding, reader.unsent()?))
        });
        let Ok((Some(binding), unsent)) = given else { return Vec::new() };
        let Some(bound) = bound_key(&binding.bytes, &binding.content, &guest.operator) else {
            return Vec::new();
        };
        let unsent = unsent.into_iter().filter_map(|signed| carried(&signed.bytes, signed.content, &bound));
        carried(&binding.bytes, binding.content, &guest.operator).into_iter().chain(unsent).collect()
    }

    fn keep(&mut self, number: Number, carried: Vec<Carried>) -> bool {
        self.endanger(number);
        let device = &self.devices[number];
        let kept = device.store().carry(|_| Ok::<_, StoreError>(carried));
        let is_excused = device.disk.is_dead() || device.disk.is_full();
        if let Err(error) = &kept
            && !is_excused
        {
            self.wrong.push(format!("I1: {} cannot keep what it was shown: {error:?}", self.name(number)));
        }
        self.survive(number);
        kept.is_ok()
    }
}

fn with_bindings(reader: &Reader<'_>, signed: Vec<Signed>) -> Result<Option<Vec<Shown>>, StoreError> {
    let mut keys: Vec<_> = signed.iter().map(|signed| signed.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut all = Vec::with_capacity(keys.len() + signed.len());
    for key in keys {
        let Some((binding, _)) = reader.binding(key)? else { return Ok(None) };
        all.push(binding);
    }
    all.extend(signed);
    let decode = |signed: Signed| {
        let statement = Statement::decode(&signed.bytes).ok()?;
        Some(Shown { statement, content: signed.content })
    };
    Ok(all.into_iter().map(decode).collect())
}

fn bound_key(statement: &[u8], content: &[u8], operator: &VerifyingKey) -> Option<VerifyingKey> {
    let verified = Statement::decode(statement).ok()?.verify(operator).ok()?;
    match journal::codec::decode(verified.header().kind, content).ok()? {
        Content::DeviceBound(bound) => VerifyingKey::from_cose_key(&bound.key).ok(),
        _ => None,
    }
}

fn carried(statement: &[u8], content: Vec<u8>, key: &VerifyingKey) -> Option<Carried> {
    let statement = Statement::decode(statement).ok()?.verify(key).ok()?;
    Some(Carried { statement, content })
}

/// What a code says, each statement by the key that the operator bound in it.
fn verified(name: domain::id::KeyId, operator: &VerifyingKey, bytes: &[u8]) -> Vec<Carried> {
    let shown = code::decode(name, bytes).expect("it was written by the same rules");
    let mut keys = vec![operator.clone()];
    let mut all = Vec::with_capacity(shown.len());
    for shown in shown {
        let bytes = shown.statement.bytes().to_vec();
        let key = keys.iter().find(|key| key.id() == shown.statement.header().key);
        let key = key.expect("each key is bound in it before it signs");
        all.push(carried(&bytes, shown.content.clone(), key).expect("it was signed so"));
        keys.extend(bound_key(&bytes, &shown.content, operator));
    }
    all
}
