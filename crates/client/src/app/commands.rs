//! One method for each command, each of the same name.

use std::path::PathBuf;
use std::sync::Arc;

use super::{App, Inner};
use crate::agreement;
use crate::enrol;
use crate::errors::{Failure, Result};
use crate::ipc::{
    AgreementDue, AgreementRef, AppState, AsideRef, AsideView, BeginVisit, ChangePin, ChildCard, ChildQuery,
    CodeImage, ConfirmVisit, CorrectVisit, CourierView, CsvFile, Directory, DirectoryQuery, DisputeVisit,
    Enrol, FinishVisit, GuestAnswer, GuestView, HandOver, InspectOperator, IpcError, LocationMomentView, Me,
    NoteVisit, OperatorPreview, ParcelFile, ParcelRef, Preferences, ReadCode, ReadVisit, RegisterVisit,
    RegisteredVisits, ReviewVisit, SavedFile, SealedFiles, ServiceView, SetAside, ShownCode, SyncState, Tick,
    Today, Unlock, VisitDetails, VisitDraft, VisitIds, VisitPage, VisitQuery, VisitRef, VisitView,
};
use crate::pin::Pin;
use crate::session::blocking;
use crate::vault::AccountId;
use crate::{
    account, aside, change_visit, children, code_image, confirm_visit, courier, guest, people, readings,
    register_visit, review_visit, sync_loop, trust, visit_code, visits,
};

type Answer<T> = Result<T, IpcError>;

/// The commands; what each is for stands in [`crate::ipc`].
#[expect(clippy::missing_errors_doc, reason = "every command fails with an IpcError, described there")]
impl App {
    /// See [`crate::ipc`].
    pub async fn app_state(&self) -> Answer<AppState> {
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn save_preferences(&self, request: Preferences) -> Answer<AppState> {
        self.0.hold.take()?;
        self.0.preferences.set(request)?;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn read_code_image(&self, request: CodeImage) -> Answer<String> {
        Ok(blocking(move || code_image::read(&request.image_base64)).await?)
    }

    /// See [`crate::ipc`].
    pub async fn inspect_operator(&self, request: InspectOperator) -> Answer<OperatorPreview> {
        let Inner { previews, options, ports, .. } = &*self.0;
        Ok(enrol::inspect(previews, options, &*ports.rng, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn enrol(&self, request: Enrol) -> Answer<AppState> {
        let Inner { vault, previews, ports, options, .. } = &*self.0;
        let _door = self.0.door.lock().await;
        self.0.hold.take()?;
        let session = enrol::enrol(vault, previews, ports, options, request).await?;
        self.admit(session);
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn unlock(&self, request: Unlock) -> Answer<AppState> {
        let Inner { vault, ports, options, .. } = &*self.0;
        let _door = self.0.door.lock().await;
        self.0.hold.take()?;
        let id = AccountId::parse(&request.account).ok_or(Failure::NotFound)?;
        let is_open = self.0.session.read().as_ref().is_some_and(|session| session.id == id);
        if is_open {
            // One file has one writer: the same account is closed before it is opened again.
            self.leave_quietly().await;
        }
        let session = account::unlock(vault, ports, options, id, Pin::typed(request.pin)).await?;
        self.admit(session);
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn lock(&self) -> Answer<AppState> {
        let _door = self.0.door.lock().await;
        self.leave_quietly().await;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn set_aside(&self, request: SetAside) -> Answer<AppState> {
        let _door = self.0.door.lock().await;
        self.0.hold.take()?;
        let id = AccountId::parse(&request.account).ok_or(Failure::NotFound)?;
        let is_open = self.0.session.read().as_ref().is_some_and(|session| session.id == id);
        if is_open {
            self.leave_quietly().await;
        }
        let vault = Arc::clone(&self.0.vault);
        blocking(move || vault.set_aside(&id, request.cause)).await?;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn asides(&self) -> Answer<Vec<AsideView>> {
        Ok(aside::list(&self.0.vault, self.session().ok().as_ref()).await?)
    }

    /// See [`crate::ipc`].
    pub async fn hand_over_aside(&self, request: AsideRef) -> Answer<Vec<AsideView>> {
        let id = AccountId::parse(&request.id).ok_or(Failure::NotFound)?;
        aside::hand_over(&self.0.vault, &self.session()?, id).await?;
        self.asides().await
    }

    /// See [`crate::ipc`].
    pub async fn save_aside(&self, request: AsideRef, folder: PathBuf) -> Answer<SavedFile> {
        self.0.hold.take()?;
        let id = AccountId::parse(&request.id).ok_or(Failure::NotFound)?;
        Ok(aside::save(&self.0.vault, id, folder).await?)
    }

    /// See [`crate::ipc`].
    pub async fn remove_aside(&self, request: AsideRef) -> Answer<Vec<AsideView>> {
        let id = AccountId::parse(&request.id).ok_or(Failure::NotFound)?;
        aside::remove(&self.0.vault, &self.session()?, id).await?;
        self.asides().await
    }

    /// See [`crate::ipc`].
    pub async fn change_pin(&self, request: ChangePin) -> Answer<()> {
        let session = self.session()?;
        let _door = self.0.door.lock().await;
        let (old, new) = (Pin::typed(request.old_pin), Pin::chosen(request.new_pin, &self.0.ports.facts)?);
        let vault = Arc::clone(&self.0.vault);
        Ok(blocking(move || vault.change_pin(&session.id, &old, &new)).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreements_due(&self) -> Answer<Vec<AgreementDue>> {
        Ok(agreement::due(&self.session()?, self.0.preferences.get().locale.into()).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreement_opened(&self, request: AgreementRef) -> Answer<()> {
        Ok(agreement::opened(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreement_end_reached(&self, request: AgreementRef) -> Answer<()> {
        Ok(agreement::end_reached(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreement_ticked(&self, request: Tick) -> Answer<()> {
        Ok(agreement::ticked(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn accept_agreement(&self, request: AgreementRef) -> Answer<AppState> {
        agreement::accept(&self.session()?, request).await?;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn decline_agreement(&self) -> Answer<AppState> {
        let session = self.session()?;
        let _door = self.0.door.lock().await;
        let may_forget = session.read(agreement::may_forget).await?;
        let id = session.id.clone();
        drop(session);
        self.leave_quietly().await;
        if may_forget {
            let vault = Arc::clone(&self.0.vault);
            blocking(move || vault.remove(&id)).await?;
        }
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn children(&self, request: ChildQuery) -> Answer<Vec<ChildCard>> {
        Ok(children::list(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn today(&self) -> Answer<Today> {
        Ok(children::today(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn services(&self) -> Answer<Vec<ServiceView>> {
        Ok(children::services())
    }

    /// See [`crate::ipc`].
    pub async fn begin_visit(&self, request: BeginVisit) -> Answer<VisitDraft> {
        Ok(register_visit::begin(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn register_visit(&self, request: RegisterVisit) -> Answer<RegisteredVisits> {
        Ok(register_visit::register(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn undo_visit(&self, request: VisitIds) -> Answer<()> {
        Ok(change_visit::undo(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn finish_visit(&self, request: FinishVisit) -> Answer<VisitView> {
        Ok(change_visit::finish(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn note_visit(&self, request: NoteVisit) -> Answer<VisitView> {
        Ok(change_visit::note(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn correct_visit(&self, request: CorrectVisit) -> Answer<VisitView> {
        Ok(change_visit::correct(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn visit(&self, request: VisitRef) -> Answer<VisitDetails> {
        Ok(visits::details(&self.session()?, visits::visit_id(&request.visit)?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn visits(&self, request: VisitQuery) -> Answer<VisitPage> {
        Ok(visits::page(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn visits_csv(&self, request: VisitQuery) -> Answer<CsvFile> {
        Ok(visits::csv(&self.session()?, &self.0.preferences, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn confirm_visit(&self, request: ConfirmVisit) -> Answer<VisitView> {
        Ok(confirm_visit::confirm(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn dispute_visit(&self, request: DisputeVisit) -> Answer<VisitView> {
        Ok(confirm_visit::dispute(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn show_code(&self, request: VisitRef) -> Answer<ShownCode> {
        Ok(visit_code::show(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn read_code(&self, request: ReadCode) -> Answer<ReadVisit> {
        Ok(visit_code::read(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn guests(&self, request: VisitRef) -> Answer<Vec<GuestView>> {
        Ok(guest::list(&self.0.vault, &self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn hand_over(&self, request: VisitRef) -> Answer<AppState> {
        let _door = self.0.door.lock().await;
        let (handed, shown) = guest::hand_over(&self.0.vault, self.session()?, request).await?;
        if shown.guests.is_empty() {
            return Err(Failure::NotFound.into());
        }
        *self.0.handed_over.lock() = Some(handed);
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn handed_over(&self) -> Answer<HandOver> {
        let handed = self.in_guests_hands()?;
        Ok(guest::show(&self.0.vault, &handed.host, handed.visit).await?)
    }

    /// See [`crate::ipc`].
    pub async fn answer_as_guest(&self, request: GuestAnswer) -> Answer<HandOver> {
        let Inner { vault, ports, options, .. } = &*self.0;
        {
            let _door = self.0.door.lock().await;
            let handed = self.in_guests_hands()?;
            guest::answer(vault, ports, options, &handed, request).await?;
        }
        self.handed_over().await
    }

    /// See [`crate::ipc`].
    pub async fn review_visit(&self, request: ReviewVisit) -> Answer<VisitView> {
        Ok(review_visit::review(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn adopt_position(&self, request: VisitRef) -> Answer<VisitView> {
        Ok(review_visit::adopt_position(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn location_moments(&self) -> Answer<Vec<LocationMomentView>> {
        Ok(readings::list(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn directory(&self, request: DirectoryQuery) -> Answer<Directory> {
        Ok(people::directory(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn me(&self) -> Answer<Me> {
        let session = self.session()?;
        let label = self.0.vault.label(&session.id)?;
        Ok(people::me(&session, label).await?)
    }

    /// See [`crate::ipc`].
    pub async fn check_trust(&self) -> Answer<SyncState> {
        let session = self.session()?;
        trust::check(&session).await?;
        sync_loop::run_once(&session).await;
        Ok(sync_loop::state(&session).await?)
    }

    /// See [`crate::ipc`].
    pub async fn courier(&self) -> Answer<CourierView> {
        Ok(courier::list(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn seal_for_courier(&self, folder: PathBuf) -> Answer<SealedFiles> {
        Ok(courier::seal(&self.session()?, folder).await?)
    }

    /// See [`crate::ipc`].
    pub async fn take_parcel(&self, request: ParcelFile) -> Answer<CourierView> {
        Ok(courier::take_in(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn drop_parcel(&self, request: ParcelRef) -> Answer<CourierView> {
        Ok(courier::give_up(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn evidence_file(&self) -> Answer<CsvFile> {
        Ok(trust::file(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn sync_now(&self) -> Answer<SyncState> {
        let session = self.session()?;
        sync_loop::run_once(&session).await;
        Ok(sync_loop::state(&session).await?)
    }

    /// See [`crate::ipc`].
    pub async fn sync_state(&self) -> Answer<SyncState> {
        Ok(sync_loop::state(&self.session()?).await?)
    }
}
