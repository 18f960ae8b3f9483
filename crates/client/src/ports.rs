//! What the use cases need from the machine. Each port has more than one implementation: per platform, and in tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::content::{Fix, UnavailableReason};
use domain::sensitive::Sensitive;
use domain::{Clock, Rng};

/// A proof that a location may be read now: only a registration or a confirmation makes one.
///
/// Clauses A2.1-A2.3, B2.1-B2.2: coordinates only at the moment of registering the fact of service. The field is
/// private to this crate, so no other code can ask a [`LocationSource`] for anything.
#[derive(Debug)]
pub struct VisitMoment {
    pub(crate) _made_by_a_visit: (),
}

#[cfg(any(test, feature = "test-support"))]
impl VisitMoment {
    /// A moment without a visit, for the tests of a [`LocationSource`]; no product build has this feature.
    pub fn for_tests() -> Self {
        Self { _made_by_a_visit: () }
    }
}

/// What a source reports while a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A position; better ones may follow.
    Fix {
        /// As the provider reported it.
        fix: Fix,
        /// How old it was when it came, by a clock that no setting changes, ms; absent when only the provider's own
        /// time is known.
        age_ms: Option<u64>,
    },
    /// There will be none, and why.
    Unavailable(UnavailableReason),
}

impl From<Fix> for Reading {
    fn from(fix: Fix) -> Self {
        Reading::Fix { fix, age_ms: None }
    }
}

/// The system's location service.
#[async_trait]
pub trait LocationSource: Send + Sync {
    /// What can be known without reading a location: permission, service, hardware. `None` when nothing is in the way.
    async fn readiness(&self) -> Option<UnavailableReason>;

    /// Starts the service, sends each reading to `readings` and returns when the receiver is dropped or nothing more
    /// can come. Stops the service before it returns, also when it is cancelled.
    ///
    /// One call is exactly one start and one stop of the platform's client.
    async fn read(&self, moment: &VisitMoment, readings: tokio::sync::mpsc::Sender<Reading>);
}

/// Why the system's key store did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is locked, missing or refuses.
    #[error("the system's key store is not available")]
    Unavailable,
}

/// The system's key store.
pub trait SecretStore: Send + Sync {
    /// The secret of that name; `None` when there is none.
    ///
    /// # Errors
    /// [`SecretError::Unavailable`].
    fn get(&self, name: &str) -> Result<Option<Sensitive<Vec<u8>>>, SecretError>;

    /// Stores a secret and reads it back before it returns.
    ///
    /// # Errors
    /// [`SecretError::Unavailable`], also when it reads back differently.
    fn set(&self, name: &str, secret: &Sensitive<Vec<u8>>) -> Result<(), SecretError>;

    /// Removes a secret; absent is fine.
    ///
    /// # Errors
    /// [`SecretError::Unavailable`].
    fn remove(&self, name: &str) -> Result<(), SecretError>;
}

/// The disk that the profile lies on.
pub trait Disk: Send + Sync {
    /// Bytes that this user may still write there; `None` when the system does not tell.
    fn free_bytes(&self, folder: &Path) -> Option<u64>;
}

/// What kind of device this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// `linux`, `windows`, `macos`, `android`, `ios`.
    pub platform: &'static str,
    /// A phone: PIN of 6 digits; otherwise 8 characters.
    pub is_phone: bool,
    /// Version of the app.
    pub app_version: &'static str,
}

/// Tells the screens; see the events of [`crate::ipc`]. Called from any thread, must not block.
pub trait Events: Send + Sync {
    /// Something on screen may be stale.
    fn changed(&self);

    /// The sync went on.
    fn sync(&self, state: &crate::ipc::SyncState);

    /// The account was locked.
    fn locked(&self);
}

/// Everything that the use cases need from the machine.
#[derive(Clone)]
pub struct Ports {
    /// Folder of this profile; made when it is missing.
    pub profile: PathBuf,
    /// The system's location service.
    pub location: Arc<dyn LocationSource>,
    /// The system's key store.
    pub secrets: Arc<dyn SecretStore>,
    /// The device's clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance of the operating system.
    pub rng: Arc<dyn Rng>,
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// What kind of device it is.
    pub facts: DeviceFacts,
    /// The screens.
    pub events: Arc<dyn Events>,
}
