//! Who the operator is: a key that says so itself, to be compared with the fingerprint on the activation sheet.

use domain::content::{Content, OperatorKey};
use domain::id::{KeyId, RecordId};
use journal::{Statement, VerifyingKey, codec};

/// An operator whose own statement verified.
///
/// It proves that whoever answers holds that key, not that it is the right operator: the person compares the
/// fingerprint, or the link names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its id.
    pub id: RecordId,
    /// Its signing key.
    pub key: VerifyingKey,
    /// Name, BIN, recovery key.
    pub facts: OperatorKey,
    /// The signed statement.
    pub statement: Vec<u8>,
    /// Its content.
    pub content: Vec<u8>,
}

impl Operator {
    /// Reads and verifies an `operator-key` statement.
    ///
    /// # Errors
    /// [`NotAnOperatorStatement`] when it is anything else.
    pub fn verify(statement: &[u8], content: &[u8]) -> Result<Self, NotAnOperatorStatement> {
        let decoded = Statement::decode(statement).map_err(|_| NotAnOperatorStatement)?;
        if decoded.payload() != codec::hash(content) {
            return Err(NotAnOperatorStatement);
        }
        let Ok(Content::OperatorKey(facts)) = codec::decode(decoded.header().kind, content) else {
            return Err(NotAnOperatorStatement);
        };
        let key = VerifyingKey::from_cose_key(&facts.key).map_err(|_| NotAnOperatorStatement)?;
        let verified = decoded.verify(&key).map_err(|_| NotAnOperatorStatement)?;
        let id = verified.header().subject.into();
        Ok(Self { id, key, facts, statement: statement.to_vec(), content: content.to_vec() })
    }

    /// What the fingerprint on an activation sheet names.
    pub fn fingerprint(&self) -> KeyId {
        self.key.id()
    }
}

/// Not an `operator-key` statement that is signed by the key that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a statement by which an operator names its key")]
pub struct NotAnOperatorStatement;

#[cfg(test)]
mod tests {
    use domain::ContinuousTime;
    use domain::id::SubjectId;
    use journal::seal::Stamp;
    use journal::{Draft, SeriesHead, SigningKey, seal};

    use super::*;

    fn sealed(signer: u8, named: u8) -> journal::Sealed {
        let named = SigningKey::from_secret(&[named; 32]).unwrap();
        let facts = OperatorKey {
            key: named.verifying_key().to_cose_key(),
            recovery_key: vec![9; 32],
            courier_key: vec![9; 32],
            name_kk: "Сынақ операторы".into(),
            name_ru: "Тестовый оператор".into(),
            bin: "000140000018".into(),
            valid_from_ms: 0,
            recovery_renewed: None,
        };
        let stamp = Stamp {
            utc_ms: 1_795_000_000_000,
            continuous: ContinuousTime { epoch: [1; 8], elapsed_ms: 5 },
            beacon: None,
        };
        let draft = Draft::new(SubjectId::from_bytes([3; 16]), facts);
        seal(&draft, &SeriesHead::EMPTY, stamp, [4; 16], &SigningKey::from_secret(&[signer; 32]).unwrap())
            .unwrap()
    }

    #[test]
    fn only_the_key_itself_may_name_itself() {
        let good = sealed(7, 7);
        let operator = Operator::verify(&good.bytes, &good.content).unwrap();
        assert_eq!(operator.fingerprint(), good.header.key);
        let other = sealed(8, 7);
        assert_eq!(Operator::verify(&other.bytes, &other.content), Err(NotAnOperatorStatement));
        let content = sealed(7, 8).content;
        assert_eq!(Operator::verify(&good.bytes, &content), Err(NotAnOperatorStatement), "other content");
        assert_eq!(Operator::verify(b"", b""), Err(NotAnOperatorStatement));
    }
}
