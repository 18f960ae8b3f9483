//! The business identification number (БСН, БИН) of an organisation.
//!
//! # Source
//! Digits 1 to 4 are the month of registration YYMM, digit 5 the kind of holder, digit 6 the kind of unit, 7 to 11
//! a serial number, 12 the control digit shared with the IIN.

use std::fmt;

use crate::identity_number::{IdentityNumber, NumberError};

/// A number that keeps every rule. An organisation's number is public, so `Debug` shows it; it is still never
/// serialised by accident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bin(IdentityNumber);

/// Who holds the number (digit 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A legal entity of Kazakhstan.
    Resident,
    /// A foreign legal entity.
    NonResident,
    /// A joint enterprise of individual entrepreneurs.
    JointEntrepreneurs,
}

/// Which unit of the organisation it is (digit 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The head unit.
    Head,
    /// A branch.
    Branch,
    /// A representative office.
    Representation,
    /// A farm.
    Farm,
}

/// Why something is not a BIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BinError {
    /// Not twelve digits.
    #[error("a BIN has twelve digits")]
    Length,
    /// Something else than digits and spaces.
    #[error("a BIN has only digits")]
    NotDigit,
    /// A digit was mistyped.
    #[error("the control digit does not fit")]
    Checksum,
    /// Digit 5 is 0 to 3: it looks like the number of a person.
    #[error("this is the number of a person, not of an organisation")]
    PersonNumber,
    /// Digit 5 is 7, 8 or 9.
    #[error("the fifth digit names no kind of holder")]
    UnassignedHolder,
    /// Digit 6 is above 3.
    #[error("the sixth digit names no kind of unit")]
    UnassignedUnit,
    /// Digits 3 and 4 are not a month.
    #[error("the third and fourth digits are not a month")]
    ImpossibleMonth,
}

impl From<NumberError> for BinError {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::Length => BinError::Length,
            NumberError::NotDigit => BinError::NotDigit,
            NumberError::Checksum => BinError::Checksum,
        }
    }
}

impl Bin {
    /// Reads a number as typed or pasted; white space is dropped.
    ///
    /// # Errors
    /// [`BinError`] by the first broken rule, in the order of its variants.
    pub fn parse(text: &str) -> Result<Self, BinError> {
        let number = IdentityNumber::parse(text)?;
        match number.digit(5) {
            0..=3 => return Err(BinError::PersonNumber),
            4..=6 => {}
            _ => return Err(BinError::UnassignedHolder),
        }
        if number.digit(6) > 3 {
            return Err(BinError::UnassignedUnit);
        }
        if !(1..=12).contains(&number.pair(3)) {
            return Err(BinError::ImpossibleMonth);
        }
        Ok(Self(number))
    }

    /// Who holds the number.
    pub const fn holder(&self) -> Holder {
        match self.0.digit(5) {
            4 => Holder::Resident,
            5 => Holder::NonResident,
            _ => Holder::JointEntrepreneurs,
        }
    }

    /// Which unit of the organisation it is.
    pub const fn unit(&self) -> Unit {
        match self.0.digit(6) {
            0 => Unit::Head,
            1 => Unit::Branch,
            2 => Unit::Representation,
            _ => Unit::Farm,
        }
    }

    /// Month of registration as (last two digits of the year, month); the number names no century.
    pub const fn registered(&self) -> (u8, u8) {
        (self.0.pair(1), self.0.pair(3))
    }

    /// The twelve digits, leading zeros included.
    pub fn as_digits(&self) -> String {
        self.0.as_digits()
    }

    /// The form for lists that shows no whole number: `1106••••2582`.
    pub fn masked(&self) -> String {
        self.0.masked()
    }
}

impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bin({})", self.as_digits())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identity_number::testing::complete;

    #[test]
    fn the_operator_of_the_agreements_is_a_resident_head_unit_of_june_2011() {
        let bin = Bin::parse("110640022582").expect("the operator");
        assert_eq!((bin.holder(), bin.unit(), bin.registered()), (Holder::Resident, Unit::Head, (11, 6)));
        assert_eq!(bin.masked(), "1106••••2582");
    }

    #[test]
    fn synthetic_organisations_of_both_passes() {
        for (first_pass, second_pass, holder, unit) in [
            ("260140999993", "260140999292", Holder::Resident, Unit::Head),
            ("260141999999", "260141999895", Holder::Resident, Unit::Branch),
            ("260150999998", "260150999793", Holder::NonResident, Unit::Head),
            ("260160999992", "260160999194", Holder::JointEntrepreneurs, Unit::Head),
        ] {
            for digits in [first_pass, second_pass] {
                let bin = Bin::parse(digits).expect(digits);
                assert_eq!((bin.holder(), bin.unit(), bin.registered()), (holder, unit, (26, 1)), "{digits}");
                assert_eq!(bin.as_digits(), digits);
            }
        }
    }

    #[test]
    fn each_broken_rule_has_its_own_error() {
        for first_eleven in ["26014099922", "26014199986", "26015099977", "26016099911"] {
            for last in 0..10 {
                assert_eq!(Bin::parse(&format!("{first_eleven}{last}")), Err(BinError::Checksum));
            }
        }
        let with_head = |digits: [u8; 6]| {
            (0..100u8)
                .find_map(|n| {
                    let [a, b, c, d, e, f] = digits;
                    complete([a, b, c, d, e, f, 0, 0, 9, n / 10, n % 10])
                })
                .expect("some serial has a control digit")
        };
        assert_eq!(Bin::parse("180709599993"), Err(BinError::PersonNumber));
        assert_eq!(Bin::parse("123456789021"), Err(BinError::Checksum), "the number of a test certificate");
        assert_eq!(Bin::parse(&with_head([2, 6, 0, 1, 7, 0])), Err(BinError::UnassignedHolder));
        assert_eq!(Bin::parse(&with_head([2, 6, 0, 1, 4, 4])), Err(BinError::UnassignedUnit));
        assert_eq!(Bin::parse(&with_head([2, 6, 1, 3, 4, 0])), Err(BinError::ImpossibleMonth));
        assert_eq!(Bin::parse(&with_head([2, 6, 0, 0, 4, 0])), Err(BinError::ImpossibleMonth));
        assert_eq!(Bin::parse("26014099999"), Err(BinError::Length));
        assert_eq!(Bin::parse("26014099999з"), Err(BinError::NotDigit));
    }

    proptest! {
        #[test]
        fn no_number_is_both_a_persons_and_an_organisations(eleven in prop::array::uniform11(0u8..10)) {
            if let Some(number) = complete(eleven) {
                prop_assert!(Bin::parse(&number).is_err() || crate::iin::Iin::parse(&number).is_err());
            }
        }
    }
}
