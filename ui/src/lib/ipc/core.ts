import type {
  AgreementDue, AgreementRef, AppState, AsideRef, AsideView, BeginVisit, ChangePin, ChildCard, ChildQuery, CodeImage, ConfirmVisit,
  CorrectVisit, CourierView, CsvFile,
  Directory, DirectoryQuery, DisputeVisit, Enrol, FinishVisit, GuestAnswer, GuestView, HandOver, InspectOperator, LocationMomentView, Me, NoteVisit, OperatorPreview,
  ParcelFile, ParcelRef, Preferences, ReadCode, ReadVisit, RegisteredVisits, RegisterVisit, ReviewVisit, SavedFile, SealedFiles, ServiceView, SetAside, ShownCode, SyncState, Tick,
  Today, Unlock, VisitDetails,
  VisitDraft, VisitIds, VisitPage, VisitQuery, VisitRef, VisitView,
} from './types';

/**
 * Everything that the screens can ask of the core: one method for each command of crates/client/src/ipc.rs.
 * A command that fails rejects with a {@link CoreError}.
 */
export interface Core {
  appState(): Promise<AppState>;
  savePreferences(request: Preferences): Promise<AppState>;

  readCodeImage(request: CodeImage): Promise<string>;
  inspectOperator(request: InspectOperator): Promise<OperatorPreview>;
  enrol(request: Enrol): Promise<AppState>;
  unlock(request: Unlock): Promise<AppState>;
  lock(): Promise<AppState>;
  setAside(request: SetAside): Promise<AppState>;
  asides(): Promise<AsideView[]>;
  handOverAside(request: AsideRef): Promise<AsideView[]>;
  saveAside(request: AsideRef): Promise<SavedFile>;
  removeAside(request: AsideRef): Promise<AsideView[]>;
  changePin(request: ChangePin): Promise<void>;

  agreementsDue(): Promise<AgreementDue[]>;
  agreementOpened(request: AgreementRef): Promise<void>;
  agreementEndReached(request: AgreementRef): Promise<void>;
  agreementTicked(request: Tick): Promise<void>;
  acceptAgreement(request: AgreementRef): Promise<AppState>;
  declineAgreement(): Promise<AppState>;

  children(request: ChildQuery): Promise<ChildCard[]>;
  today(): Promise<Today>;
  services(): Promise<ServiceView[]>;
  beginVisit(request: BeginVisit): Promise<VisitDraft>;
  registerVisit(request: RegisterVisit): Promise<RegisteredVisits>;
  undoVisit(request: VisitIds): Promise<void>;
  finishVisit(request: FinishVisit): Promise<VisitView>;
  noteVisit(request: NoteVisit): Promise<VisitView>;
  correctVisit(request: CorrectVisit): Promise<VisitView>;

  visit(request: VisitRef): Promise<VisitDetails>;
  visits(request: VisitQuery): Promise<VisitPage>;
  visitsCsv(request: VisitQuery): Promise<CsvFile>;
  confirmVisit(request: ConfirmVisit): Promise<VisitView>;
  disputeVisit(request: DisputeVisit): Promise<VisitView>;
  showCode(request: VisitRef): Promise<ShownCode>;
  readCode(request: ReadCode): Promise<ReadVisit>;
  guests(request: VisitRef): Promise<GuestView[]>;
  handOver(request: VisitRef): Promise<AppState>;
  handedOver(): Promise<HandOver>;
  answerAsGuest(request: GuestAnswer): Promise<HandOver>;
  reviewVisit(request: ReviewVisit): Promise<VisitView>;
  adoptPosition(request: VisitRef): Promise<VisitView>;

  locationMoments(): Promise<LocationMomentView[]>;
  directory(request: DirectoryQuery): Promise<Directory>;
  me(): Promise<Me>;
  syncNow(): Promise<SyncState>;
  syncState(): Promise<SyncState>;
  courier(): Promise<CourierView>;
  sealForCourier(): Promise<SealedFiles>;
  takeParcel(request: ParcelFile): Promise<CourierView>;
  dropParcel(request: ParcelRef): Promise<CourierView>;
  checkTrust(): Promise<SyncState>;
  evidenceFile(): Promise<CsvFile>;

  /** One look through a phone's camera. */
  scan(): Promise<Scan>;

  /** Calls back on each event until the returned function is called. */
  on<E extends keyof CoreEvents>(event: E, handle: (payload: CoreEvents[E]) => void): () => void;
}

/** The text of a code, or why there is none. */
export type Scan = { text: string } | { without: 'cancelled' | 'denied' | 'failed' };

export type CoreEvents = {
  /** Something on screen may be stale. */
  changed: undefined;
  sync: SyncState;
  /** The account was locked, by hand or after a time in the background. */
  locked: undefined;
};
