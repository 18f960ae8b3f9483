//! What a person consents to: acceptances and withdrawals of one agreement, folded in the order in which they count
//! (docs/PROTOCOL.md, "Accepting"). The operator and the device judge by this one fold.
//!
//! The order is that of the log, and of what is not registered yet that of the own series. The times that these
//! statements claim order nothing: a clock can be set.

use std::collections::BTreeMap;

use crate::content::{AgreementAccepted, ConsentWithdrawn};
use crate::flag::Flag;

/// The purpose that a withdrawal names for geolocation alone.
pub const GEOLOCATION: &str = "geolocation";

/// What a withdrawal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// All that was accepted.
    All,
    /// The consent to a reading of the location alone.
    Geolocation,
}

impl ConsentWithdrawn {
    /// What it ends; `None` for purposes that nobody can withdraw by themselves.
    pub fn ends(&self) -> Option<Ends> {
        match self.purposes.as_slice() {
            [] => Some(Ends::All),
            purposes => purposes.iter().any(|purpose| purpose == GEOLOCATION).then_some(Ends::Geolocation),
        }
    }
}

impl AgreementAccepted {
    /// Whether it ticks the box of the consent to a reading of the location. A text without such a box consents as a
    /// whole.
    pub fn lets_locate(&self, box_number: Option<u8>) -> bool {
        box_number
            .is_none_or(|number| self.confirmations.iter().any(|tick| tick.number == number && tick.accepted))
    }
}

/// Whether an acceptance that bears these flags accepts anything.
pub fn is_acceptance(flags: &[Flag]) -> bool {
    is_withdrawal(flags) && !flags.contains(&Flag::UnknownSubject)
}

/// Whether a withdrawal that bears these flags ends anything.
pub fn is_withdrawal(flags: &[Flag]) -> bool {
    ![Flag::NoAuthority, Flag::KeyRevoked].iter().any(|flag| flags.contains(flag))
}

/// What of one agreement a person accepts now; `A` is by what the caller knows an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent<A> {
    versions: BTreeMap<u32, Given<A>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Given<A> {
    by: A,
    geolocation_withdrawn: bool,
}

impl<A> Default for Consent<A> {
    fn default() -> Self {
        Self { versions: BTreeMap::new() }
    }
}

impl<A> Consent<A> {
    /// The next in the order is an acceptance of a version. It counts, whatever was withdrawn before it.
    pub fn accept(&mut self, version: u32, by: A) {
        self.versions.insert(version, Given { by, geolocation_withdrawn: false });
    }

    /// The next in the order is a withdrawal.
    pub fn withdraw(&mut self, ends: Ends) {
        match ends {
            Ends::All => self.versions.clear(),
            Ends::Geolocation => {
                self.versions.values_mut().for_each(|given| given.geolocation_withdrawn = true);
            }
        }
    }

    /// The largest version that is accepted; `None` for whoever stands before the door.
    pub fn version(&self) -> Option<u32> {
        self.versions.last_key_value().map(|(version, _)| *version)
    }

    /// The acceptance by which the location may be read, if it ticks the box: that of the largest version. `None` when
    /// nothing is accepted, or geolocation was withdrawn since.
    pub fn for_geolocation(&self) -> Option<(u32, &A)> {
        let (version, given) = self.versions.last_key_value()?;
        (!given.geolocation_withdrawn).then_some((*version, &given.by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::AgreementKind;
    use crate::content::{ConfirmationAnswer, EvidenceLevel, Locale};
    use crate::id::Digest;

    enum Said {
        Accepts(u32),
        Ends(Ends),
    }
    use Said::{Accepts, Ends as E};

    fn fold(said: &[Said]) -> (Option<u32>, Option<(u32, usize)>) {
        let mut consent = Consent::default();
        for (place, said) in said.iter().enumerate() {
            match *said {
                Accepts(version) => consent.accept(version, place),
                E(ends) => consent.withdraw(ends),
            }
        }
        (consent.version(), consent.for_geolocation().map(|(version, place)| (version, *place)))
    }

    #[test]
    fn the_order_decides() {
        let (all, place) = (|| E(Ends::All), || E(Ends::Geolocation));
        for (what, said, version, located) in [
            ("nothing was said", vec![], None, None),
            ("an acceptance", vec![Accepts(1)], Some(1), Some((1, 0))),
            ("the largest version, whichever came last", vec![Accepts(2), Accepts(1)], Some(2), Some((2, 0))),
            ("all is withdrawn, of each version", vec![Accepts(1), Accepts(2), all()], None, None),
            ("the location alone", vec![Accepts(1), place()], Some(1), None),
            ("accepted again", vec![Accepts(1), all(), Accepts(1)], Some(1), Some((1, 2))),
            ("a smaller one accepted again", vec![Accepts(2), all(), Accepts(1)], Some(1), Some((1, 2))),
            ("the location is open again", vec![Accepts(1), place(), Accepts(1)], Some(1), Some((1, 2))),
            ("a later version opens it", vec![Accepts(1), place(), Accepts(2)], Some(2), Some((2, 2))),
            ("an earlier one does not", vec![Accepts(2), place(), Accepts(1)], Some(2), None),
            ("a withdrawal before it is over", vec![all(), place(), Accepts(1)], Some(1), Some((1, 2))),
        ] {
            assert_eq!(fold(&said), (version, located), "{what}");
        }
    }

    #[test]
    fn a_withdrawal_ends_all_or_the_location_or_nothing() {
        let ends = |purposes: &[&str]| {
            let purposes = purposes.iter().map(|purpose| (*purpose).to_owned()).collect();
            ConsentWithdrawn { document: AgreementKind::Subject, purposes, withdrawn_at_ms: 0 }.ends()
        };
        assert_eq!(ends(&[]), Some(Ends::All));
        assert_eq!(ends(&["other", GEOLOCATION]), Some(Ends::Geolocation));
        assert_eq!(ends(&["other"]), None);
    }

    #[test]
    fn flags_take_the_effect() {
        assert!(is_acceptance(&[]) && is_acceptance(&[Flag::TimeInDoubt]));
        for flag in [Flag::NoAuthority, Flag::KeyRevoked, Flag::UnknownSubject] {
            assert!(!is_acceptance(&[flag]));
        }
        assert!(is_withdrawal(&[Flag::UnknownSubject]) && !is_withdrawal(&[Flag::KeyRevoked]));
    }

    #[test]
    fn the_box_must_be_ticked_where_there_is_one() {
        let tick = |number, accepted| ConfirmationAnswer { number, accepted, at_ms: 0 };
        let accepted = AgreementAccepted {
            document: AgreementKind::Specialist,
            version: 1,
            locale: Locale::Kk,
            sha256: Digest::from_bytes([0; 32]),
            confirmations: vec![tick(1, true), tick(2, false)],
            opened_at_ms: 0,
            end_reached_at_ms: 0,
            accepted_at_ms: 0,
            evidence_level: EvidenceLevel::L0,
            app_version: String::new(),
        };
        let lets = [None, Some(1), Some(2), Some(3)].map(|number| accepted.lets_locate(number));
        assert_eq!(lets, [true, true, false, false]);
    }
}
