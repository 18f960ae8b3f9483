//! What opened an account, and its key sealed anew when the operator has another recovery key: two officers hold the
//! shares of that one, and what is set aside from now on opens with theirs.

use std::sync::Arc;

use domain::content::OperatorKey;
use domain::sensitive::Sensitive;
use store::Store;

use crate::errors::Result;
use crate::pin::Pin;
use crate::session::{Session, blocking};
use crate::vault::wrap::DataKey;
use crate::vault::{AccountId, Vault};

/// An account's key beside the file that holds it wrapped. It is in memory while the account is open, as the key of the
/// open database is anyway.
pub(crate) struct Lock {
    /// Where it is wrapped.
    pub(crate) vault: Arc<Vault>,
    /// Which account's.
    pub(crate) id: AccountId,
    /// The key.
    pub(crate) key: DataKey,
}

impl Lock {
    /// Opens an account's key with its PIN.
    ///
    /// # Errors
    /// Those of [`Vault::open`].
    pub(crate) fn open(vault: Arc<Vault>, id: AccountId, pin: &Pin) -> Result<Self> {
        let key = vault.open(&id, pin)?;
        Ok(Self { vault, id, key })
    }

    /// Opens the account's database.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn store(&self) -> Result<Store> {
        Ok(Store::open(&self.vault.database(&self.id), &Sensitive::new(*self.key.expose()))?)
    }

    fn reseal(&self, stated: &OperatorKey) -> Result<()> {
        if self.vault.reseal(&self.id, &self.key, &stated.recovery_key)? {
            let name = recovery::share::key_name(&stated.recovery_key);
            tracing::info!(recovery_key = name, "the account is sealed to another recovery key");
        }
        Ok(())
    }
}

/// Seals to the recovery key that this device knows to be in force.
///
/// # Errors
/// Those of store and vault; then the old seal stays, and the next sync tries again.
pub(crate) async fn as_known(session: &Arc<Session>) -> Result<()> {
    let session = Arc::clone(session);
    blocking(move || {
        let stated = session.store.read(|reader| reader.operator_in_force())?;
        session.lock.reseal(&stated)
    })
    .await
}

/// As [`as_known`], of a guest: its account does not sync by itself, the host's does.
///
/// # Errors
/// As [`as_known`].
pub(crate) fn as_host_knows(guest: &Session, host: &Session) -> Result<()> {
    let own = guest.store.read(|reader| reader.operator_in_force())?;
    let hosts = host.store.read(|reader| reader.operator_in_force())?;
    guest.lock.reseal(if hosts.valid_from_ms > own.valid_from_ms { &hosts } else { &own })
}

#[cfg(test)]
mod tests {
    use recovery::{Opener, Pack, Share};

    use super::*;
    use crate::ipc::{AsideCause, SetAside};
    use crate::scene::{PARENT, Setting};
    use crate::testing::SeededRng;

    /// What the account would be opened with, were it set aside now.
    fn sealed(vault: &Vault, id: &AccountId) -> recovery::SealedKey {
        let bytes = std::fs::read(vault.database(id).with_file_name("account.json")).unwrap();
        let account: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        serde_json::from_value(account["recovery"].clone()).unwrap()
    }

    #[tokio::test]
    async fn a_device_seals_to_the_new_recovery_key_when_it_hears_of_it_and_is_set_aside_under_it() {
        let [first, second] = Share::make(&SeededRng::new(3));
        let scene = Setting::of(PARENT)
            .with(|operator| operator.renew_recovery_key(first.recovery_key()))
            .enrolled()
            .await;
        let vault = Vault::new(
            scene.folder.path(),
            scene.secrets.clone(),
            scene.clock.clone(),
            Arc::new(SeededRng::new(4)),
        );
        let id = &scene.account;
        assert_eq!(sealed(&vault, id).recovery_key, [9; 32], "the key of the enrolment");
        scene.unlock().await;
        // It is offline here: what the store knows is enough.
        let is_sealed_anew = || async { sealed(&vault, id).recovery_key == first.recovery_key() };
        scene.until(is_sealed_anew).await;
        let key = *scene.app.open_session().lock.key.expose();
        scene.app.lock().await.unwrap();
        scene.unlock().await;
        scene.app.lock().await.unwrap();
        let request = SetAside { account: id.as_str().to_owned(), cause: AsideCause::PinForgotten };
        scene.app.set_aside(request).await.unwrap();
        let (pack, ..): (Pack, _, _) = vault.pack(id).unwrap();
        let mut bytes = Vec::new();
        pack.write_to(&mut bytes).unwrap();
        let head = recovery::pack::read_head(&mut &bytes[..]).unwrap();
        let opened = Opener::of(&first, &second).unwrap().open(&head.key, &head.account);
        assert_eq!(*opened.unwrap(), key, "the new shares open what was set aside");
    }
}
