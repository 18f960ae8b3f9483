//! An account that cannot be opened any more: set aside, begun anew, handed over, and let go when officers opened it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::read::opening::OpeningRow;
use wire::recovery::{MAX_PART_BYTES, RecoveryPart};

use crate::errors::{Failure, Result};
use crate::ipc::{AsideView, OpeningView, SavedFile};
use crate::session::{Session, blocking};
use crate::vault::aside::Aside;
use crate::vault::{AccountId, Vault};

/// Ending of a recovery file.
const EXTENSION: &str = "esep-recovery";
/// How often the operator may be behind what was sent before something is wrong.
const MAX_STEPS_BACK: u32 = 3;

/// What was set aside on this device, and what an open account knows of its opening.
///
/// # Errors
/// Those of the files and of the store.
pub(crate) async fn list(vault: &Arc<Vault>, session: Option<&Arc<Session>>) -> Result<Vec<AsideView>> {
    let listing = Arc::clone(vault);
    let asides = blocking(move || listing.asides()).await?;
    let openings = match session {
        Some(session) => session.read(|_, reader| Ok(reader.openings()?)).await?,
        None => Vec::new(),
    };
    Ok(asides.iter().map(|aside| view(aside, &openings)).collect())
}

fn opening_of<'a>(aside: &Aside, openings: &'a [OpeningRow]) -> Option<&'a OpeningRow> {
    let sha256 = aside.sha256?;
    openings.iter().find(|opening| opening.file == sha256)
}

fn view(aside: &Aside, openings: &[OpeningRow]) -> AsideView {
    AsideView {
        id: aside.id.as_str().to_owned(),
        label: aside.label.clone(),
        cause: aside.cause,
        at_ms: aside.at_ms,
        handed_over_at_ms: aside.handed_over_at_ms,
        opened: opening_of(aside, openings).map(opening_view),
    }
}

/// As the person reads it.
pub(crate) fn opening_view(opening: &OpeningRow) -> OpeningView {
    OpeningView {
        at_ms: opening.opened_at_ms,
        officers: opening.officers.clone(),
        reason: opening.reason.clone(),
        taken_count: opening.taken_count,
        known_count: opening.known_count,
        missing_count: opening.missing_count,
    }
}

/// Sends it to the operator, going on where an earlier try ended.
///
/// # Errors
/// [`Failure::Offline`]; [`Failure::NotAllowed`] when it belongs to another operator; [`Failure::DatabaseDamaged`] when
/// its sealed key is gone.
pub(crate) async fn hand_over(vault: &Arc<Vault>, session: &Arc<Session>, id: AccountId) -> Result<()> {
    let (packing, packed) = (Arc::clone(vault), id.clone());
    let (pack, file, recovery_key) = blocking(move || packing.pack(&packed)).await?;
    // Also to a key that was replaced since: its officers kept their shares.
    let said = session.read(|_, reader| Ok(reader.operator_said()?)).await?;
    if !said.iter().any(|stated| stated.recovery_key == recovery_key) {
        return Err(Failure::NotAllowed);
    }
    let pack = Arc::new(pack);
    let length_bytes = pack.length_bytes();
    let ask = RecoveryPart { file, length_bytes, from_bytes: 0, part: Vec::new() };
    let mut have = session.transport.hand_over(&ask).await?.have_bytes;
    let mut steps_back = 0;
    while have < length_bytes {
        let reading = Arc::clone(&pack);
        let part = blocking(move || Ok(reading.part(have, MAX_PART_BYTES)?)).await?;
        let part = RecoveryPart { file, length_bytes, from_bytes: have, part };
        let now = session.transport.hand_over(&part).await?.have_bytes;
        if now <= have {
            steps_back += 1;
            if steps_back > MAX_STEPS_BACK {
                return Err(Failure::Offline);
            }
        }
        have = now;
    }
    let noting = Arc::clone(vault);
    blocking(move || noting.handed_over(&id)).await
}

/// Writes it into a folder, for a person to carry it.
///
/// # Errors
/// Those of the files.
pub(crate) async fn save(vault: &Arc<Vault>, id: AccountId, folder: PathBuf) -> Result<SavedFile> {
    let vault = Arc::clone(vault);
    blocking(move || write(&vault, &id, &folder)).await
}

fn write(vault: &Vault, id: &AccountId, folder: &Path) -> Result<SavedFile> {
    let (pack, sha256, _) = vault.pack(id)?;
    std::fs::create_dir_all(folder)?;
    // The digest names it, so saving twice gives one file; half of it never has that name.
    let name = format!("esep-{}.{EXTENSION}", &sha256.to_string()[..12]);
    let (path, fresh) = (folder.join(&name), folder.join(format!(".{name}.new")));
    let mut file = std::fs::File::create(&fresh)?;
    let written = pack.write_to(&mut file).map_err(Failure::from).and_then(|()| Ok(file.sync_all()?));
    if let Err(failure) = written {
        crate::file::remove(&fresh)?;
        return Err(failure);
    }
    std::fs::rename(&fresh, &path)?;
    crate::file::sync_folder(folder)?;
    Ok(SavedFile { name, path: path.to_string_lossy().into_owned() })
}

/// Lets it go, when a signed statement of the operator says that officers opened this very file.
///
/// # Errors
/// [`Failure::NotAllowed`] before that.
pub(crate) async fn remove(vault: &Arc<Vault>, session: &Arc<Session>, id: AccountId) -> Result<()> {
    let openings = session.read(|_, reader| Ok(reader.openings()?)).await?;
    let vault = Arc::clone(vault);
    blocking(move || {
        let asides = vault.asides()?;
        let aside = asides.iter().find(|aside| aside.id == id).ok_or(Failure::NotFound)?;
        if opening_of(aside, &openings).is_none() {
            return Err(Failure::NotAllowed);
        }
        vault.remove_aside(&id)
    })
    .await
}
