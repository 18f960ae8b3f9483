//! What a code says, once every signature in it verified. Needs nothing but the operator's key.

use domain::Kind;
use domain::content::Content;
use domain::id::{ChildId, KeyId, PersonId, StatementId, VisitId};
use journal::code::{self, CodeError, Shown};
use journal::{Statement, Verified, VerifyingKey, codec};
use store::carry::Carried;
use store::read::signed::Signed;

use super::Refusal;
use crate::errors::{Failure, Result};

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// A specialist: this was the visit, in these versions.
    Visit {
        /// Whom.
        child: ChildId,
        /// Registration, end, corrections.
        versions: Vec<StatementId>,
    },
    /// A representative: this is the answer.
    Answer {
        /// The statement.
        answer: StatementId,
        /// The version that was on screen.
        basis: StatementId,
    },
}

/// A code that holds: bound by the operator, signed by whom it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// About which visit.
    pub(super) visit: VisitId,
    /// Who says it.
    pub(super) person: PersonId,
    /// With which keys.
    pub(super) keys: Vec<KeyId>,
    /// What.
    pub(super) said: Said,
    /// When the newest statement was signed, by its signer's clock.
    pub(super) newest_s: i64,
    /// All statements.
    pub(super) carried: Vec<Carried>,
}

/// A key that the code binds.
pub(super) struct Binding {
    pub(super) key: VerifyingKey,
    pub(super) person: PersonId,
    /// Whose device it lies on, when not the person's own.
    pub(super) host: Option<PersonId>,
}

/// As in a code, for one that the own store holds.
///
/// # Errors
/// [`Failure::Code`].
pub(super) fn bind_signed(
    signed: &Signed,
    operator: &VerifyingKey,
    carried: &mut Vec<Carried>,
) -> Result<Binding> {
    let altered = Failure::Code(Refusal::Altered);
    let Ok(statement) = Statement::decode(&signed.bytes) else { return Err(altered) };
    let shown = Shown { statement, content: signed.content.clone() };
    bind(&shown, operator, carried).map_err(Failure::Code)
}

impl Heard {
    /// Checks the bytes of a code.
    ///
    /// # Errors
    /// [`Failure::Code`].
    pub(super) fn verify(bytes: &[u8], operator: &VerifyingKey) -> Result<Self> {
        Self::of(bytes, operator).map_err(Failure::Code)
    }

    fn of(bytes: &[u8], operator: &VerifyingKey) -> Result<Self, Refusal> {
        let shown = code::decode(operator.id(), bytes).map_err(|error| match error {
            CodeError::OtherOperator => Refusal::OtherOperator,
            CodeError::UnknownForm => Refusal::OtherKind,
            CodeError::Shape(_) | CodeError::Statement(_) => Refusal::Altered,
        })?;
        let is_binding = |shown: &&Shown| shown.statement.header().kind == Kind::DeviceBound;
        let bindings_count = shown.iter().take_while(is_binding).count();
        let (bindings, statements) = shown.split_at(bindings_count);
        let mut carried = Vec::with_capacity(shown.len());
        let bound = bindings
            .iter()
            .map(|shown| bind(shown, operator, &mut carried))
            .collect::<Result<Vec<_>, _>>()?;
        let mut contents = Vec::with_capacity(statements.len());
        for shown in statements {
            let (verified, content) = signed(shown, &bound)?;
            contents.push((verified.id(), content));
            carried.push(Carried { statement: verified, content: shown.content.clone() });
        }
        let first = statements.first().ok_or(Refusal::OtherKind)?.statement.header();
        let person = bound.first().ok_or(Refusal::UnknownKey)?.person;
        if bound.iter().any(|binding| binding.person != person) {
            return Err(Refusal::UnknownKey);
        }
        if statements.iter().any(|shown| shown.statement.header().subject != first.subject) {
            return Err(Refusal::OtherKind);
        }
        let newest_s = statements.iter().map(|shown| shown.statement.header().issued_at_s).max();
        Ok(Self {
            visit: first.subject.into(),
            person,
            keys: bound.iter().map(|binding| binding.key.id()).collect(),
            said: said(&contents, person, journal::visit::is_of(first.subject, first.key))?,
            newest_s: newest_s.unwrap_or_default(),
            carried,
        })
    }
}

/// A binding that the operator signed.
fn bind(shown: &Shown, operator: &VerifyingKey, carried: &mut Vec<Carried>) -> Result<Binding, Refusal> {
    let statement = shown.statement.clone().verify(operator).map_err(|_| Refusal::Altered)?;
    let content = codec::decode(Kind::DeviceBound, &shown.content).map_err(|_| Refusal::Altered)?;
    let Content::DeviceBound(bound) = content else { return Err(Refusal::Altered) };
    let key = VerifyingKey::from_cose_key(&bound.key).map_err(|_| Refusal::Altered)?;
    carried.push(Carried { statement, content: shown.content.clone() });
    Ok(Binding { key, person: bound.person, host: bound.host })
}

fn signed(shown: &Shown, bound: &[Binding]) -> Result<(Verified, Content), Refusal> {
    let header = shown.statement.header();
    let binding = bound.iter().find(|binding| binding.key.id() == header.key).ok_or(Refusal::Altered)?;
    let verified = shown.statement.clone().verify(&binding.key).map_err(|_| Refusal::Altered)?;
    let content = codec::decode(header.kind, &shown.content).map_err(|_| Refusal::Altered)?;
    Ok((verified, content))
}

/// A visit with its versions or one answer, each in the name of who signed it; nothing else makes a code.
fn said(contents: &[(StatementId, Content)], person: PersonId, has_own_id: bool) -> Result<Said, Refusal> {
    let in_own_name = |named: PersonId| if named == person { Ok(()) } else { Err(Refusal::UnknownKey) };
    match contents {
        [(_, Content::VisitRegistered(registered)), changes @ ..] => {
            in_own_name(registered.specialist)?;
            if !has_own_id {
                // The id of another visit, to be answered in its place.
                return Err(Refusal::Altered);
            }
            let is_change =
                |content: &Content| matches!(content, Content::VisitFinished(_) | Content::VisitCorrected(_));
            if !changes.iter().all(|(_, content)| is_change(content)) {
                return Err(Refusal::OtherKind);
            }
            let versions = contents.iter().map(|(id, _)| *id).collect();
            Ok(Said::Visit { child: registered.child, versions })
        }
        [(answer, Content::VisitConfirmed(confirmed))] => {
            in_own_name(confirmed.representative)?;
            Ok(Said::Answer { answer: *answer, basis: confirmed.basis })
        }
        [(answer, Content::VisitDisputed(disputed))] => {
            in_own_name(disputed.representative)?;
            Ok(Said::Answer { answer: *answer, basis: disputed.basis })
        }
        _ => Err(Refusal::OtherKind),
    }
}
