//! What can go wrong in a use case, and the one place that turns it into the closed list of the screens.

use store::{OpenError, StoreError};
use sync::{OutboxError, SyncError, TransportError};
use wire::problem::ProblemCode;

use crate::ipc::{ErrorCode, IpcError};
use crate::ports::SecretError;
use crate::visit_code::Refusal;

/// Why a use case stopped. Lower errors are kept whole here and lose their details at the window.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the operator does not answer")]
    Offline,
    #[error("what answers is not an operator of this system")]
    NotAnOperator,
    #[error("the operator's key is not the one that the link names")]
    WrongFingerprint,
    #[error("neither https nor this computer")]
    InsecureAddress,
    #[error("not an address")]
    BadAddress,
    #[error("not an activation code or link")]
    BadCode,
    #[error("the operator does not know this code")]
    UnknownCode,
    #[error("the code was used")]
    UsedCode,
    #[error("the code has expired")]
    ExpiredCode,
    #[error("too many tries")]
    TooManyTries { wait_s: u32 },
    #[error("no code in the picture")]
    NoCodeInImage,
    #[error("code: {0}")]
    Code(Refusal),
    #[error("not a parcel")]
    NotAParcel,
    #[error("a parcel for another operator")]
    ParcelOfOtherOperator,
    #[error("too many parcels wait")]
    TooManyParcels,
    #[error("nothing waits")]
    NothingToSeal,
    #[error("the PIN is wrong")]
    WrongPin { wait_s: u32 },
    #[error("ten wrong PINs")]
    PinLocked,
    #[error("the PIN is too weak")]
    WeakPin,
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the account's key is gone from the key store")]
    KeyLost,
    #[error("the account's files are damaged")]
    DatabaseDamaged,
    #[error("the account's files are of a newer version")]
    DatabaseTooNew,
    #[error("the operator has not proven that its log is one")]
    TrustEnded,
    #[error("the operator's officer left this device out")]
    Disbelieved,
    #[error("no account is open")]
    Locked,
    #[error("the agreement must be accepted first")]
    AgreementRequired,
    #[error("not read to the end, or not all confirmed")]
    AgreementIncomplete,
    #[error("the agreement's text does not fit its digest")]
    AgreementAltered,
    #[error("not there")]
    NotFound,
    #[error("not allowed to this person")]
    NotAllowed,
    #[error("another app has this profile open")]
    AlreadyOpen,
    #[error("it changed since it was shown")]
    Stale,
    #[error("too late to undo")]
    UndoOver,
    #[error("bad input: {0}")]
    BadInput(&'static str),
    #[error("file: {}", .0.kind())]
    File(#[from] std::io::Error),
    #[error("store: {0}")]
    Store(#[source] StoreError),
    #[error("file of the store: {0}")]
    Open(#[source] OpenError),
    #[error("operator: {0}")]
    Operator(#[source] TransportError),
    #[error("mistake of the program: {0}")]
    Bug(&'static str),
}

/// Result of a use case.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged => Failure::DatabaseDamaged,
            other => Failure::Store(other),
        }
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Store(source) => match source.downcast::<StoreError>() {
                Ok(error) => Failure::from(*error),
                Err(_) => Failure::Bug("the store failed without a reason"),
            },
            OutboxError::TrustEnded | OutboxError::Unproven | OutboxError::SplitView => Failure::TrustEnded,
            OutboxError::Overtaken | OutboxError::Protocol(_) => {
                Failure::Bug("an answer where none was read")
            }
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            // The key was opened by the right PIN: a file that it does not open is damaged or gone.
            OpenError::NotADatabase | OpenError::Damaged | OpenError::Missing => Failure::DatabaseDamaged,
            OpenError::TooNew { .. } => Failure::DatabaseTooNew,
            OpenError::Io(error) => Failure::File(error),
            other => Failure::Open(other),
        }
    }
}

impl From<recovery::pack::PackError> for Failure {
    fn from(error: recovery::pack::PackError) -> Self {
        match error {
            recovery::pack::PackError::Io(error) => Failure::File(error),
            // The database or the key beside it is gone: there is nothing that officers could open.
            recovery::pack::PackError::NotAPack => Failure::DatabaseDamaged,
            recovery::pack::PackError::TooLarge => Failure::BadInput("recovery-file"),
        }
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Offline => Failure::Offline,
            // Before there is an account, a web page at an address is a mistyped address.
            TransportError::NotAnOperator | TransportError::SignInNeeded => Failure::NotAnOperator,
            TransportError::InsecureAddress => Failure::InsecureAddress,
            TransportError::BadAddress => Failure::BadAddress,
            TransportError::WrongOperator => Failure::WrongFingerprint,
            TransportError::Altered => Failure::AgreementAltered,
            TransportError::Problem { code, retry_after_s } => match code {
                ProblemCode::UnknownCode => Failure::UnknownCode,
                ProblemCode::UsedCode => Failure::UsedCode,
                ProblemCode::ExpiredCode => Failure::ExpiredCode,
                ProblemCode::TooManyRequests => {
                    Failure::TooManyTries { wait_s: retry_after_s.unwrap_or(DEFAULT_WAIT_S) }
                }
                ProblemCode::Revoked | ProblemCode::UnknownKey => Failure::NotAllowed,
                ProblemCode::Disbelieved => Failure::Disbelieved,
                // The operator is in trouble; it passes, and the screen can only say "later".
                ProblemCode::Internal
                | ProblemCode::Unavailable
                | ProblemCode::StorageFull
                | ProblemCode::Incomplete => Failure::Offline,
                _ => Failure::Operator(error),
            },
            TransportError::Request => Failure::Operator(error),
        }
    }
}

/// What the state of the sync says about a failed try.
pub(crate) fn sync_code(error: &SyncError) -> ErrorCode {
    match error {
        SyncError::Transport(TransportError::SignInNeeded) => ErrorCode::SignInNeeded,
        SyncError::Transport(TransportError::Problem {
            code:
                ProblemCode::TooManyRequests
                | ProblemCode::Internal
                | ProblemCode::Unavailable
                | ProblemCode::StorageFull
                | ProblemCode::Incomplete,
            ..
        }) => ErrorCode::OperatorBusy,
        SyncError::Transport(error) => code(&Failure::from(*error)),
        SyncError::Outbox(OutboxError::Store(source)) => match source.downcast_ref::<StoreError>() {
            Some(StoreError::DiskFull) => ErrorCode::DiskFull,
            Some(StoreError::Damaged) => ErrorCode::DatabaseDamaged,
            _ => ErrorCode::Internal,
        },
        // The log contradicts itself, or its proofs do not hold.
        SyncError::Outbox(OutboxError::Unproven | OutboxError::SplitView | OutboxError::TrustEnded) => {
            ErrorCode::TrustEnded
        }
        SyncError::Outbox(OutboxError::Overtaken | OutboxError::Protocol(_)) | SyncError::Protocol(_) => {
            ErrorCode::Internal
        }
    }
}

/// Seconds to wait when the operator does not say how long.
const DEFAULT_WAIT_S: u32 = 60;

impl From<Failure> for IpcError {
    fn from(failure: Failure) -> Self {
        let code = code(&failure);
        if code == ErrorCode::Internal {
            // No variant carries personal data into its message; see the rule on errors in docs/ARCHITECTURE.md.
            tracing::error!(%failure, "a use case failed");
        }
        Self { code, detail: detail(&failure) }
    }
}

fn code(failure: &Failure) -> ErrorCode {
    match failure {
        Failure::Offline => ErrorCode::Offline,
        Failure::NotAnOperator => ErrorCode::NotAnOperator,
        Failure::WrongFingerprint => ErrorCode::WrongFingerprint,
        Failure::InsecureAddress => ErrorCode::InsecureAddress,
        Failure::BadAddress => ErrorCode::BadAddress,
        Failure::BadCode => ErrorCode::BadCode,
        Failure::UnknownCode => ErrorCode::UnknownCode,
        Failure::UsedCode => ErrorCode::UsedCode,
        Failure::ExpiredCode => ErrorCode::ExpiredCode,
        Failure::TooManyTries { .. } => ErrorCode::TooManyTries,
        Failure::NoCodeInImage => ErrorCode::NoCodeInImage,
        Failure::Code(refusal) => refusal_code(*refusal),
        Failure::NotAParcel => ErrorCode::NotAParcel,
        Failure::ParcelOfOtherOperator => ErrorCode::ParcelOfOtherOperator,
        Failure::TooManyParcels => ErrorCode::TooManyParcels,
        Failure::NothingToSeal => ErrorCode::NothingToSeal,
        Failure::WrongPin { .. } => ErrorCode::WrongPin,
        Failure::PinLocked => ErrorCode::PinLocked,
        Failure::WeakPin => ErrorCode::WeakPin,
        Failure::Secret(SecretError::Unavailable) => ErrorCode::KeyringUnavailable,
        Failure::KeyLost => ErrorCode::KeyLost,
        Failure::DatabaseDamaged => ErrorCode::DatabaseDamaged,
        Failure::DatabaseTooNew => ErrorCode::DatabaseTooNew,
        Failure::TrustEnded => ErrorCode::TrustEnded,
        Failure::Disbelieved => ErrorCode::Disbelieved,
        Failure::Locked => ErrorCode::Locked,
        Failure::AgreementRequired => ErrorCode::AgreementRequired,
        Failure::AgreementIncomplete => ErrorCode::AgreementIncomplete,
        Failure::AgreementAltered => ErrorCode::AgreementAltered,
        Failure::NotFound => ErrorCode::NotFound,
        Failure::NotAllowed => ErrorCode::NotAllowed,
        Failure::AlreadyOpen => ErrorCode::AlreadyOpen,
        Failure::Stale => ErrorCode::Stale,
        Failure::UndoOver => ErrorCode::UndoOver,
        Failure::BadInput(_) => ErrorCode::BadInput,
        Failure::File(error) if is_disk_full(error) => ErrorCode::DiskFull,
        Failure::Store(StoreError::DiskFull) | Failure::Open(OpenError::DiskFull) => ErrorCode::DiskFull,
        Failure::File(_) | Failure::Store(_) | Failure::Open(_) | Failure::Operator(_) | Failure::Bug(_) => {
            ErrorCode::Internal
        }
    }
}

fn refusal_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::OtherKind => ErrorCode::CodeOfOtherKind,
        Refusal::Altered => ErrorCode::CodeAltered,
        Refusal::OtherOperator => ErrorCode::CodeOfOtherOperator,
        Refusal::UnknownKey => ErrorCode::CodeOfUnknownKey,
        Refusal::OtherFamily => ErrorCode::CodeOfOtherFamily,
        Refusal::OtherVisit => ErrorCode::CodeOfOtherVisit,
        Refusal::TooOld => ErrorCode::CodeTooOld,
        Refusal::Read(_) => ErrorCode::CodeReadBefore,
        Refusal::Outdated(_) => ErrorCode::CodeOutdated,
        Refusal::Own => ErrorCode::CodeIsOwn,
        Refusal::TooLarge => ErrorCode::CodeTooLarge,
    }
}

fn detail(failure: &Failure) -> Option<String> {
    match failure {
        Failure::TooManyTries { wait_s } | Failure::WrongPin { wait_s } => Some(wait_s.to_string()),
        Failure::Code(Refusal::Read(visit) | Refusal::Outdated(visit)) => Some(visit.to_string()),
        Failure::BadInput(field) => Some((*field).to_owned()),
        Failure::Bug(place) => Some((*place).to_owned()),
        Failure::File(error) => Some(format!("file:{:?}", error.kind())),
        Failure::Store(_) => Some("store".into()),
        Failure::Open(_) => Some("open".into()),
        Failure::Operator(_) => Some("operator".into()),
        _ => None,
    }
}

fn is_disk_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_and_field_names_reach_the_screen() {
        let answer = |failure: Failure| IpcError::from(failure);
        assert_eq!(
            answer(Failure::WrongPin { wait_s: 15 }),
            IpcError { code: ErrorCode::WrongPin, detail: Some("15".into()) }
        );
        assert_eq!(
            answer(Failure::BadInput("service")),
            IpcError { code: ErrorCode::BadInput, detail: Some("service".into()) }
        );
        assert_eq!(answer(Failure::Stale), IpcError { code: ErrorCode::Stale, detail: None });
    }

    #[test]
    fn a_full_disk_is_told_apart_from_a_mistake() {
        let full = Failure::File(std::io::ErrorKind::StorageFull.into());
        assert_eq!(IpcError::from(full).code, ErrorCode::DiskFull);
        let other = Failure::File(std::io::ErrorKind::PermissionDenied.into());
        assert_eq!(IpcError::from(other).code, ErrorCode::Internal);
    }
}
