//! The id of a visit, which belongs to the key that registers it (docs/PROTOCOL.md, "Identity").
//!
//! Whoever reads the code of a visit knows its id before the operator does. An id that anybody could register would let
//! a stranger take it, and the true registration would come second and count for nothing.

use domain::Rng;
use domain::id::{KeyId, SubjectId, VisitId};
use sha2::{Digest as _, Sha256};

/// How many ids a key has for one millisecond.
const NUMBERS: u16 = 1 << 12;
/// What is hashed before the key, so that no other hash of the protocol can be one of these.
const LABEL: &[u8] = b"esep visit id";

/// Ids for the visits that one tap registers: UUIDv7 (RFC 9562, section 5.7), 48 bits of UTC milliseconds, a number of 12
/// bits that begins anywhere, and 62 bits of a hash over both and the key. Ids of one time stand together in every
/// index, so what comes together is written together. Nobody reads a time out of an id: a clock may be wrong, and the
/// statement says when it was signed.
#[derive(Debug)]
pub struct VisitIds {
    key: KeyId,
    now_ms: i64,
    number: u16,
}

impl VisitIds {
    /// Ids of visits that are registered now, in UTC milliseconds, with this key. After 4,096 they come again.
    pub fn new(key: KeyId, now_ms: i64, rng: &dyn Rng) -> Self {
        Self { key, now_ms, number: u16::from_be_bytes(rng.array()) % NUMBERS }
    }

    /// The next one.
    pub fn fresh(&mut self) -> VisitId {
        let mut begin = [0; 8];
        begin[..6].copy_from_slice(&self.now_ms.to_be_bytes()[2..]);
        begin[6..].copy_from_slice(&(0x7000 | self.number).to_be_bytes());
        self.number = (self.number + 1) % NUMBERS;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&begin);
        id[8..].copy_from_slice(&end(begin, self.key));
        VisitId::from_bytes(id)
    }
}

/// Whether a visit may be registered under this id with this key.
pub fn is_of(visit: SubjectId, key: KeyId) -> bool {
    let id = visit.as_bytes();
    let mut begin = [0; 8];
    begin.copy_from_slice(&id[..8]);
    begin[6] >> 4 == 7 && id[8..] == end(begin, key)
}

/// The last eight bytes of an id that begins so.
fn end(begin: [u8; 8], key: KeyId) -> [u8; 8] {
    let hash = Sha256::new().chain_update(LABEL).chain_update(key.as_bytes()).chain_update(begin).finalize();
    let mut end = [0; 8];
    end.copy_from_slice(&hash[..8]);
    end[0] = 0x80 | end[0] & 0x3f;
    end
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KEY: KeyId = KeyId::from_bytes([0xab; 32]);

    struct Ones;
    impl Rng for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn an_id_has_the_time_and_the_marks_of_a_uuid() {
        // The time of the vector in RFC 9562, appendix A.6.
        let id = VisitIds::new(KEY, 0x017f_22e2_79b0, &Ones).fresh().to_string();
        assert_eq!(id, "017f22e279b07fff9a46e77512654ba1", "hashed by another implementation");
        let before_1970 = VisitIds::new(KEY, -1, &Ones).fresh().to_string();
        assert!(before_1970.starts_with("ffffffffffff7fff"), "{before_1970}");
    }

    #[test]
    fn the_ids_of_one_tap_differ() {
        let mut ids = VisitIds::new(KEY, 1, &Ones);
        let ids: BTreeSet<VisitId> = (0..NUMBERS).map(|_| ids.fresh()).collect();
        assert_eq!(ids.len(), usize::from(NUMBERS));
    }

    #[test]
    fn an_id_is_of_the_key_that_made_it_and_of_no_other() {
        let id = VisitIds::new(KEY, 1_795_410_000_000, &Ones).fresh();
        assert!(is_of(id.into(), KEY));
        assert!(!is_of(id.into(), KeyId::from_bytes([0xac; 32])));
        for bit in 0..128 {
            let mut other = *id.as_bytes();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_of(SubjectId::from_bytes(other), KEY), "bit {bit}");
        }
    }
}
