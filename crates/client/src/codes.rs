//! The closed lists of the screens and those of the statements, side by side. Written out, so that a new code on one
//! side does not compile until somebody has decided what it is on the other.

use domain::content::{
    CorrectionReason, DisputeReason, LateReason, Locale, LocationMoment, ReviewReason, Role,
    UnavailableReason, VisitOutcome,
};
use domain::geo::Presence;
use sync::wire::push::Refusal;

use crate::ipc::{
    CorrectionCode, DisputeCode, LateCode, LocaleCode, MomentCode, OutcomeCode, PresenceCode, RefusalCode,
    ReviewReasonCode, RoleCode, UnavailableCode,
};

macro_rules! both_ways {
    ($($ipc:ident = $domain:ident { $($variant:ident)+ })+) => {
        $(
            impl From<$domain> for $ipc {
                fn from(value: $domain) -> Self {
                    match value { $($domain::$variant => $ipc::$variant),+ }
                }
            }

            impl From<$ipc> for $domain {
                fn from(value: $ipc) -> Self {
                    match value { $($ipc::$variant => $domain::$variant),+ }
                }
            }
        )+
    };
}

both_ways! {
    LocaleCode = Locale { Kk Ru En }
    RoleCode = Role { Specialist Representative Coordinator }
    OutcomeCode = VisitOutcome { Held NobodyHome }
    LateCode = LateReason { DeviceFailed DeviceForgotten Forgotten ChildNeededCare Other }
    UnavailableCode = UnavailableReason {
        Denied Off NoConsent Unsupported NoAgent Timeout Stale NullIsland Interrupted AfterVisit
    }
    PresenceCode = Presence { Inside Outside Unknown }
    ReviewReasonCode = ReviewReason {
        InOrder Explained FamilyCalled WrongTime WrongService Duplicate WrongPlace NotHeld MoreNeeded
    }
    DisputeCode = DisputeReason { NobodyCame OtherPerson OtherTime OtherPlace OtherService ChildAbsent Other }
    CorrectionCode = CorrectionReason { Undone WrongChild WrongService WrongTime Duplicate Returned Other }
    MomentCode = LocationMoment { Registered Finished Confirmed }
    RefusalCode = Refusal { TooLarge NotAStatement BadSignature UnknownKey WrongContent }
}

/// The text of a code, as the screens' tables know it: what serde writes.
pub(crate) fn text_of(code: &impl serde::Serialize) -> Option<String> {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_alike_on_both_sides() {
        for reason in UnavailableReason::ALL {
            assert_eq!(text_of(&UnavailableCode::from(reason)).as_deref(), Some(reason.as_str()));
        }
        for locale in Locale::ALL {
            assert_eq!(text_of(&LocaleCode::from(locale)).as_deref(), Some(locale.as_str()));
        }
        for reason in [DisputeCode::NobodyCame, DisputeCode::ChildAbsent, DisputeCode::Other] {
            assert_eq!(text_of(&reason), text_of(&DisputeReason::from(reason)));
        }
        for reason in
            [ReviewReasonCode::InOrder, ReviewReasonCode::FamilyCalled, ReviewReasonCode::MoreNeeded]
        {
            assert_eq!(text_of(&reason), text_of(&ReviewReason::from(reason)));
        }
        for reason in [LateCode::DeviceFailed, LateCode::ChildNeededCare] {
            assert_eq!(text_of(&reason), text_of(&LateReason::from(reason)));
        }
    }
}
