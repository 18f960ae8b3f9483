//! What crosses from the core to the screens and back. TypeScript is generated from these types
//! (`cargo xtask types`); field names are `snake_case` on both sides, ids are hexadecimal texts, `*_ms` are UTC
//! milliseconds that fit a JavaScript number.
//!
//! # Commands
//! Each is one method of [`crate::App`] and one Tauri command of the same name. Arguments are one object named
//! `request` where there is a type for it. Every command may fail with [`IpcError`].
//!
//! | Command | Request -> answer | What for |
//! |---|---|---|
//! | `app_state` | -> [`AppState`] | where the app stands: start, locked, agreement, home |
//! | `save_preferences` | [`Preferences`] -> `AppState` | language and look; nothing personal |
//! | `read_code_image` | [`CodeImage`] -> `String` | the link in a picture of a QR code |
//! | `inspect_operator` | [`InspectOperator`] -> [`OperatorPreview`] | who answers at that address, before anything is sent |
//! | `enrol` | [`Enrol`] -> `AppState` | makes the device's key, uses the activation code |
//! | `unlock` | [`Unlock`] -> `AppState` | opens an account with its PIN |
//! | `lock` | -> `AppState` | closes it |
//! | `set_aside` | [`SetAside`] -> `AppState` | an account that cannot be opened: its files are kept, the device begins anew |
//! | `asides` | -> `Vec<`[`AsideView`]`>` | what was set aside, and what became of it |
//! | `hand_over_aside` | [`AsideRef`] -> `Vec<AsideView>` | sends it to the operator |
//! | `save_aside` | [`AsideRef`] -> [`SavedFile`] | writes it as a file that can be carried |
//! | `remove_aside` | [`AsideRef`] -> `Vec<AsideView>` | lets it go, once officers opened it |
//! | `change_pin` | [`ChangePin`] -> () | |
//! | `agreements_due` | -> `Vec<`[`AgreementDue`]`>` | texts to read and accept, and announced ones |
//! | `agreement_opened`, `agreement_end_reached` | [`AgreementRef`] -> () | reading evidence; the core takes the time |
//! | `agreement_ticked` | [`Tick`] -> () | one confirmation, ticked or not |
//! | `accept_agreement` | [`AgreementRef`] -> `AppState` | «Кіру» |
//! | `decline_agreement` | -> `AppState` | leaves and keeps nothing personal |
//! | `children` | [`ChildQuery`] -> `Vec<`[`ChildCard`]`>` | specialist: own care teams, most recent first; parent: own children |
//! | `today` | -> [`Today`] | first screen of a specialist |
//! | `services` | -> `Vec<`[`ServiceView`]`>` | names of the coded services, for every role |
//! | `begin_visit` | [`BeginVisit`] -> [`VisitDraft`] | gives the draft id; reads no location |
//! | `register_visit` | [`RegisterVisit`] -> [`RegisteredVisits`] | saved when it returns |
//! | `undo_visit` | [`VisitIds`] -> () | within ten seconds |
//! | `finish_visit` | [`FinishVisit`] -> [`VisitView`] | |
//! | `note_visit` | [`NoteVisit`] -> [`VisitView`] | |
//! | `correct_visit` | [`CorrectVisit`] -> [`VisitView`] | |
//! | `visit` | [`VisitRef`] -> [`VisitDetails`] | one visit with its story |
//! | `visits` | [`VisitQuery`] -> [`VisitPage`] | history, parent's list, coordinator's table |
//! | `visits_csv` | [`VisitQuery`] -> [`CsvFile`] | what is shown, as a file |
//! | `confirm_visit`, `dispute_visit` | [`ConfirmVisit`] / [`DisputeVisit`] -> [`VisitView`] | parent |
//! | `show_code` | [`VisitRef`] -> [`ShownCode`] | the own visit, or the own answer, for a device without network |
//! | `read_code` | [`ReadCode`] -> [`ReadVisit`] | takes what another device shows |
//! | `guests` | [`VisitRef`] -> `Vec<`[`GuestView`]`>` | who has a PIN of the own on this device and may answer to the own visit |
//! | `hand_over` | [`VisitRef`] -> [`AppState`] | gives the device to a guest for that visit: all else is closed; `lock` takes it back |
//! | `handed_over` | -> [`HandOver`] | what the guest sees |
//! | `answer_as_guest` | [`GuestAnswer`] -> `HandOver` | the guest's answer, under the guest's PIN |
//! | `review_visit` | [`ReviewVisit`] -> [`VisitView`] | coordinator |
//! | `adopt_position` | [`VisitRef`] -> [`VisitView`] | coordinator: the place takes the coordinates of an accepted visit |
//! | `check_trust` | -> [`SyncState`] | the operator is asked to prove that its log is one; nothing less brings trust back |
//! | `evidence_file` | -> [`CsvFile`] | all that was found against the operator, for whoever examines it |
//! | `courier` | -> [`CourierView`] | own parcels that went out, and those of others that are carried here |
//! | `seal_for_courier` | -> [`SealedFiles`] | what waits, sealed to the operator, as files that somebody carries |
//! | `take_parcel` | [`ParcelFile`] -> [`CourierView`] | takes in what another device sealed |
//! | `drop_parcel` | [`ParcelRef`] -> [`CourierView`] | gives up what the operator could not take: its author has it |
//! | `location_moments` | -> `Vec<`[`LocationMomentView`]`>` | "when was my location read" |
//! | `directory` | [`DirectoryQuery`] -> [`Directory`] | people, children, places of a coordinator; care team of a parent's child |
//! | `me` | -> [`Me`] | |
//! | `sync_now` | -> [`SyncState`] | |
//! | `sync_state` | -> `SyncState` | |
//!
//! # Events
//! `changed` (no payload): something on screen may be stale, ask again. `sync` ([`SyncState`]). `locked` (no payload).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! ipc {
    ($($(#[$meta:meta])* $vis:vis $keyword:ident $name:ident { $($body:tt)* })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
            #[ts(export)]
            $vis $keyword $name { $($body)* }
        )+
    };
}

macro_rules! codes {
    ($($(#[$meta:meta])* pub enum $name:ident { $($body:tt)* })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
            #[serde(rename_all = "kebab-case")]
            #[ts(export)]
            pub enum $name { $($body)* }
        )+
    };
}

/// Text as the system shows it, for preferences that were kept before they held a size.
fn usual_text_scale() -> u16 {
    100
}

codes! {
    /// What went wrong. Closed: a code exists only if a screen acts on it.
    pub enum ErrorCode {
        /// No network, or the operator does not answer.
        Offline,
        /// Something answers, but it is not an operator of this system.
        NotAnOperator,
        /// The operator's key is not the one that the link or QR names.
        WrongFingerprint,
        /// Neither https nor this computer itself.
        InsecureAddress,
        /// The address cannot be read.
        BadAddress,
        /// The code has the wrong shape.
        BadCode,
        /// The operator does not know this code.
        UnknownCode,
        /// The code was used already.
        UsedCode,
        /// The code is too old.
        ExpiredCode,
        /// Too many wrong tries; wait. `detail` holds the seconds.
        TooManyTries,
        /// No code was found in the picture.
        NoCodeInImage,
        /// Some other QR code: a link, another app's, or of a newer version.
        CodeOfOtherKind,
        /// The code was changed, or is not signed by whom it names.
        CodeAltered,
        /// The code is of another operator.
        CodeOfOtherOperator,
        /// The code is signed by a key that does not speak for that person.
        CodeOfUnknownKey,
        /// The code is about a child of another family, or the answer of somebody else's parent.
        CodeOfOtherFamily,
        /// The code answers another visit.
        CodeOfOtherVisit,
        /// The code is older than a day.
        CodeTooOld,
        /// The code was read and answered before. `detail` holds the visit.
        CodeReadBefore,
        /// A newer version of the visit is known here. `detail` holds the visit.
        CodeOutdated,
        /// The person's own code: the other one must read it.
        CodeIsOwn,
        /// Too many corrections for one picture.
        CodeTooLarge,
        /// Not a parcel of another device, or of a newer version.
        NotAParcel,
        /// The parcel is for another operator.
        ParcelOfOtherOperator,
        /// Too many parcels wait here: deliver some first.
        TooManyParcels,
        /// Nothing waits that could be sealed.
        NothingToSeal,
        /// The PIN is wrong. `detail` holds the seconds until the next try.
        WrongPin,
        /// Ten wrong PINs: locked, nothing is erased.
        PinLocked,
        /// The PIN is too short or too simple.
        WeakPin,
        /// The system's key store is closed or missing.
        KeyringUnavailable,
        /// The key of this account is gone from the system's key store.
        KeyLost,
        /// The account's file is damaged; it stays as it is until the account is set aside.
        DatabaseDamaged,
        /// The account's file was made by a newer version of the app.
        DatabaseTooNew,
        /// The disk is full.
        DiskFull,
        /// No place was chosen for a file that the person takes away, or the place took nothing.
        NotSaved,
        /// A check of the operator's log failed: nothing is sent or fetched until a person acts.
        TrustEnded,
        /// A web page answers: the network wants somebody to sign in.
        SignInNeeded,
        /// The operator answers that it cannot now; it is asked again after the time that it named.
        OperatorBusy,
        /// The operator was restored, and an officer takes from this device only what a receipt proves.
        Disbelieved,
        /// The account is locked.
        Locked,
        /// The agreement must be accepted first.
        AgreementRequired,
        /// The end of the text was not reached or a confirmation is missing.
        AgreementIncomplete,
        /// The agreement's text does not fit its published digest.
        AgreementAltered,
        /// It is not there, or not for this person.
        NotFound,
        /// This person may not do that.
        NotAllowed,
        /// Another window of the app has this profile open.
        AlreadyOpen,
        /// The visit changed since it was shown; look again.
        Stale,
        /// Too late to undo; correct it instead.
        UndoOver,
        /// A field is missing or out of range. `detail` names it.
        BadInput,
        /// A mistake of the program. `detail` is a reference for support, without personal data.
        Internal,
    }
    /// Where the app stands.
    pub enum Stage { Start, Locked, Agreement, Home, HandedOver }
    /// A role of the person.
    pub enum RoleCode { Specialist, Representative, Coordinator }
    /// A language.
    pub enum LocaleCode { Kk, Ru, En }
    /// The look.
    pub enum Theme { System, Light, Dark, Contrast }
    /// Where a record is on its way.
    pub enum Transport {
        /// Saved on this device.
        Saved,
        /// Sent, the answer has not come.
        Sent,
        /// Registered by the operator.
        Registered,
        /// Refused; the reason stands beside.
        Refused,
    }
    /// Why the operator refused bytes.
    pub enum RefusalCode { TooLarge, NotAStatement, BadSignature, UnknownKey, WrongContent }
    /// Held or not.
    pub enum OutcomeCode { Held, NobodyHome }
    /// Why an entry is late.
    pub enum LateCode { DeviceFailed, DeviceForgotten, Forgotten, ChildNeededCare, Other }
    /// Why there is no position.
    pub enum UnavailableCode {
        Denied, Off, NoConsent, Unsupported, NoAgent, Timeout, Stale, NullIsland, Interrupted, AfterVisit,
    }
    /// Where a parcel of another device is on its way.
    pub enum ParcelStateCode {
        /// Not delivered yet.
        Waiting,
        /// The operator misses an earlier parcel of the same device; delivered again.
        Early,
        /// The same for weeks: delivered again only when the person asks for a sync.
        Aside,
        /// The operator has all of it.
        Taken,
        /// The operator takes nothing of it; the reason stands beside.
        Refused,
    }
    /// Why the operator refused a parcel.
    pub enum ParcelRefusalCode {
        NotAParcel, TooLarge, OtherOperator, UnknownKey, TooOld, Altered, UnknownAuthor, BadSignature,
    }
    /// Outcome of the reading as far as this reader may see it.
    pub enum LocationState {
        /// No reading belongs to it (late entry).
        NotDue,
        /// Being read now.
        Pending,
        /// A position.
        Fix,
        /// None; the reason stands beside.
        Unavailable,
        /// Not for this reader.
        Hidden,
    }
    /// At the place or not.
    pub enum PresenceCode { Inside, Outside, Unknown }
    /// Where the review stands.
    pub enum ReviewState { Open, Accepted, Returned }
    /// Why a coordinator decided so.
    pub enum ReviewReasonCode {
        InOrder, Explained, FamilyCalled, WrongTime, WrongService, Duplicate, WrongPlace, NotHeld, MoreNeeded,
    }
    /// The confirmation as a whole.
    pub enum ConfirmationState { None, ConfirmedOnDevice, Confirmed, Disputed }
    /// Why a representative disputes.
    pub enum DisputeCode { NobodyCame, OtherPerson, OtherTime, OtherPlace, OtherService, ChildAbsent, Other }
    /// Why something is corrected.
    pub enum CorrectionCode { Undone, WrongChild, WrongService, WrongTime, Duplicate, Returned, Other }
    /// What to sort the table by.
    pub enum SortColumn { Started, Child, Specialist, Service, Distance, Review, Confirmation }
    /// Which act a reading of the location belongs to.
    pub enum MomentCode { Registered, Finished, Confirmed }
    /// One entry of a visit's story.
    pub enum StoryKind {
        Registered, Located, Noted, Finished, Confirmed, Disputed, Reviewed, Corrected, OperatorRegistered,
    }
    /// Which check of the operator's log failed.
    pub enum FindingCode {
        /// Two signed heads were not proven to be one history.
        SplitView,
        /// Another statement at a place that was delivered before.
        OtherLeaf,
        /// A receipt or a head that does not verify.
        Unproven,
    }
    /// Whether a visit more finds room on this device.
    pub enum RoomCode {
        /// Yes.
        Enough,
        /// Little is left; a visit is kept all the same, in room that was set aside for it.
        Low,
        /// What was set aside is used up: it may not be saved.
        None,
    }
    /// Why an account was set aside.
    pub enum AsideCause { KeyLost, PinForgotten, Damaged }
    /// What the sync is doing.
    pub enum SyncPhase { Idle, Pushing, Pulling, Offline, Waiting }
}

ipc! {
    /// What a failed command answers.
    pub struct IpcError {
        pub code: ErrorCode,
        /// Seconds, a field's name or a reference, as the code says.
        pub detail: Option<String>,
    }

    /// Language and look.
    pub struct Preferences {
        pub locale: LocaleCode,
        pub theme: Theme,
        /// Size of all text in percent: 100, 125, 150 or 200.
        #[serde(default = "usual_text_scale")]
        #[ts(type = "number")]
        pub text_scale: u16,
    }

    /// An account on this device; nothing of it is readable without the PIN but what stands here.
    pub struct AccountSummary {
        pub id: String,
        /// What the person called it, or "1", "2"...: no name is kept outside the encrypted file.
        pub label: String,
        /// Seconds until a PIN is taken again.
        pub wait_s: u32,
        pub locked_for_good: bool,
        /// Of a representative without a phone, on the specialist's device.
        pub is_guest: bool,
    }

    /// Where the app stands.
    pub struct AppState {
        pub stage: Stage,
        pub preferences: Preferences,
        pub accounts: Vec<AccountSummary>,
        /// Open account.
        pub account: Option<String>,
        /// At home only those whose agreement was accepted; what the others need is due.
        pub roles: Vec<RoleCode>,
        /// "Айгерім Б." of the open account.
        pub display_name: Option<String>,
        /// `linux`, `windows`, `macos`, `android`, `ios`.
        pub platform: String,
        pub app_version: String,
        /// Minutes east of UTC of this device: the web view's own table of zones may be years old.
        #[ts(type = "number")]
        pub offset_min: i16,
        /// Shortest PIN on this device: 6 digits on phones, 8 characters on laptops.
        #[ts(type = "number")]
        pub pin_min_length: u32,
        pub pin_digits_only: bool,
        /// Address offered on the start screen, if this build has one.
        pub default_address: Option<String>,
    }

    /// A picture of a QR code.
    pub struct CodeImage {
        /// PNG or JPEG, base64.
        pub image_base64: String,
    }

    /// Either a link (from a QR code, pasted) or address and code as typed.
    pub struct InspectOperator {
        pub link: Option<String>,
        pub address: Option<String>,
        pub code: Option<String>,
    }

    /// Who answers.
    pub struct OperatorPreview {
        pub preview_id: String,
        pub address: String,
        pub name_kk: String,
        pub name_ru: String,
        pub bin: String,
        /// Words to compare with those on the activation sheet.
        pub fingerprint_words: Vec<String>,
        /// The link named this very key, so there is nothing to compare.
        pub confirmed_by_link: bool,
        /// The code, normalised.
        pub code: String,
    }

    pub struct Enrol {
        pub preview_id: String,
        pub pin: String,
        /// How the account is called on the unlock screen; empty for a number.
        pub label: String,
    }

    pub struct Unlock {
        pub account: String,
        pub pin: String,
    }

    pub struct SetAside {
        pub account: String,
        pub cause: AsideCause,
    }

    pub struct AsideRef {
        pub id: String,
    }

    /// An account that could not be opened; its files wait on this device.
    pub struct AsideView {
        pub id: String,
        /// What the person called it, or its number.
        pub label: String,
        pub cause: AsideCause,
        #[ts(type = "number")]
        pub at_ms: i64,
        /// When the operator had all of it.
        #[ts(type = "number | null")]
        pub handed_over_at_ms: Option<i64>,
        /// What the operator's statement says of its opening; only then it may go.
        pub opened: Option<OpeningView>,
    }

    /// Two officers opened a file of this person.
    pub struct OpeningView {
        #[ts(type = "number")]
        pub at_ms: i64,
        pub officers: Vec<String>,
        pub reason: String,
        /// Registered from it.
        pub taken_count: u32,
        /// Registered before.
        pub known_count: u32,
        /// Not readable any more.
        pub missing_count: u32,
    }

    /// The courier: what was sealed here and what is carried here, the latest first.
    pub struct CourierView {
        pub sealed: Vec<SealedParcelView>,
        pub carried: Vec<CarriedParcelView>,
    }

    /// Own statements that went out sealed.
    pub struct SealedParcelView {
        pub name: String,
        #[ts(type = "number")]
        pub sealed_at_ms: i64,
        #[ts(type = "number")]
        pub length_bytes: u32,
        #[ts(type = "number")]
        pub statement_count: u32,
        /// Of these, not confirmed by the operator yet.
        #[ts(type = "number")]
        pub waiting_count: u32,
    }

    /// A parcel of somebody else: nothing more is known of it.
    pub struct CarriedParcelView {
        /// Its digest in hexadecimal.
        pub id: String,
        pub name: String,
        /// By its author's clock.
        #[ts(type = "number")]
        pub sealed_at_ms: i64,
        #[ts(type = "number")]
        pub taken_in_at_ms: i64,
        #[ts(type = "number")]
        pub length_bytes: u32,
        pub state: ParcelStateCode,
        pub refusal: Option<ParcelRefusalCode>,
        #[ts(type = "number | null")]
        pub answered_at_ms: Option<i64>,
    }

    /// Parcels as files, and the list with them in it.
    pub struct SealedFiles {
        pub files: Vec<SavedFile>,
        pub courier: CourierView,
    }

    /// A parcel that is carried here.
    pub struct ParcelRef {
        pub id: String,
    }

    /// A parcel as the page read it.
    pub struct ParcelFile {
        /// Its bytes in base64.
        pub base64: String,
    }

    /// Where a file was written.
    pub struct SavedFile {
        pub name: String,
        pub path: String,
    }

    pub struct ChangePin {
        pub old_pin: String,
        pub new_pin: String,
    }

    /// A text to read.
    pub struct AgreementDue {
        /// `subject` or `specialist`.
        pub document: String,
        #[ts(type = "number")]
        pub version: u32,
        pub locale: LocaleCode,
        /// The wanted language is missing; the authoritative Kazakh is shown.
        pub locale_missing: bool,
        /// Languages that this version has.
        pub locales: Vec<LocaleCode>,
        pub sha256: String,
        #[ts(type = "number")]
        pub effective_from_ms: i64,
        /// Not binding yet: may be read and accepted early, hinders nothing.
        pub announced: bool,
        pub text: AgreementView,
        /// Numbers that must be ticked.
        pub required_confirmations: Vec<u8>,
        /// The one about geolocation, if it is optional: its consequence (B2.3) is shown beside it.
        pub optional_geolocation: Option<u8>,
        /// Ticked so far, kept over a restart.
        pub ticked: Vec<u8>,
        pub end_reached: bool,
        /// The person withdrew all that was accepted of this agreement; accepting it again is the way back.
        #[ts(type = "number | null")]
        pub withdrawn_at_ms: Option<i64>,
    }

    /// A structured text.
    pub struct AgreementView {
        pub title: Vec<String>,
        pub sections: Vec<SectionView>,
        pub confirmations_lead: Option<String>,
        pub confirmations: Vec<ConfirmationView>,
    }

    pub struct SectionView {
        pub number: Option<String>,
        pub heading: Option<String>,
        pub clauses: Vec<ClauseView>,
    }

    pub struct ClauseView {
        pub number: Option<String>,
        pub anchor: String,
        pub text: String,
        pub items: Vec<ItemView>,
        pub tail: Option<String>,
    }

    pub struct ItemView {
        pub marker: String,
        pub text: String,
    }

    pub struct ConfirmationView {
        pub number: u8,
        pub text: String,
    }

    pub struct AgreementRef {
        pub document: String,
        #[ts(type = "number")]
        pub version: u32,
        pub locale: LocaleCode,
    }

    pub struct Tick {
        pub document: String,
        #[ts(type = "number")]
        pub version: u32,
        pub number: u8,
        pub accepted: bool,
    }

    pub struct ChildQuery {
        /// Folded search; empty for all.
        pub search: String,
        #[ts(type = "number")]
        pub offset: u32,
        #[ts(type = "number")]
        pub limit: u32,
        /// As what a person with several roles asks; absent: the first of the roles.
        #[serde(default)]
        #[ts(optional)]
        pub role: Option<RoleCode>,
    }

    pub struct ChildCard {
        pub id: String,
        pub name: String,
        /// `YYYY-MM-DD`.
        pub birth_date: Option<String>,
        pub place_label: Option<String>,
        #[ts(type = "number | null")]
        pub last_visit_ms: Option<i64>,
        /// Other children of the list at the same place.
        pub siblings: Vec<SiblingView>,
        /// Code of the service given last to this child by this person.
        pub last_service: Option<String>,
        /// A visit that has begun and is not finished.
        pub open_visit: Option<String>,
    }

    pub struct SiblingView {
        pub id: String,
        pub name: String,
    }

    /// A service of the coded list.
    pub struct ServiceView {
        pub code: String,
        pub kk: String,
        pub ru: String,
        pub en: String,
    }

    pub struct Today {
        pub children: Vec<ChildCard>,
        #[ts(type = "number")]
        pub children_count: u32,
        /// Begun today or earlier and not finished: the reminder.
        pub open_visits: Vec<VisitView>,
        /// Registered today.
        pub visits_today: Vec<VisitView>,
        /// Returned by the coordinator, disputed and not accepted, or refused by the operator: need the specialist.
        pub needs_me: Vec<VisitView>,
        pub location: LocationReadiness,
        pub services: Vec<ServiceView>,
    }

    /// What can be known without reading a location.
    pub struct LocationReadiness {
        pub ready: bool,
        /// Why not: shown with the warning of clause B2.3.
        pub reason: Option<UnavailableCode>,
    }

    pub struct BeginVisit {
        pub children: Vec<String>,
    }

    pub struct VisitDraft {
        pub draft_id: String,
        pub children: Vec<ChildCard>,
        pub service: String,
        pub location: LocationReadiness,
        /// Said before the tap as well.
        pub room: RoomCode,
    }

    /// A tap on «Келуді тіркеу». Sent twice with one draft id it is one visit.
    pub struct RegisterVisit {
        pub draft_id: String,
        pub children: Vec<String>,
        pub service: String,
        pub outcome: OutcomeCode,
        /// For the care team; only with one child, so that it lands in no sibling's record.
        pub note: Option<String>,
        pub late: Option<LateEntry>,
    }

    pub struct LateEntry {
        pub reason: LateCode,
        #[ts(type = "number")]
        pub started_at_ms: i64,
        #[ts(type = "number")]
        pub finished_at_ms: i64,
        /// Needed for the reason `other`.
        pub text: Option<String>,
    }

    pub struct RegisteredVisits {
        /// As they can be shown; one that cannot be read now is missing here and saved all the same.
        pub visits: Vec<VisitView>,
        #[ts(type = "number")]
        pub saved_count: u32,
        #[ts(type = "number")]
        pub undo_until_ms: i64,
        /// Milliseconds left to undo, so that the screen needs no clock.
        #[ts(type = "number")]
        pub undo_left_ms: u32,
    }

    pub struct VisitRef {
        pub visit: String,
    }

    /// A QR code as a picture and as a text.
    pub struct ShownCode {
        /// What the picture holds, to paste where there is no camera.
        pub text: String,
        /// Width and height in modules, with the white border.
        pub side: u32,
        /// The dark modules as the path of an SVG of that size.
        pub path: String,
        /// Version of the code, 1 to 30.
        pub version: u32,
    }

    pub struct ReadCode {
        /// What a picture holds.
        pub text: String,
    }

    /// A visit that another device showed, or answered.
    pub struct ReadVisit {
        pub visit: VisitView,
        /// Its specialist accompanies the child, as far as this device knows.
        pub in_care_team: bool,
    }

    pub struct VisitIds {
        pub visits: Vec<String>,
    }

    pub struct FinishVisit {
        pub visit: String,
        /// Absent: now. After twelve hours "now" is refused, because the end was most likely forgotten.
        #[ts(type = "number | null")]
        pub finished_at_ms: Option<i64>,
    }

    pub struct NoteVisit {
        pub visit: String,
        pub text: String,
    }

    pub struct CorrectVisit {
        pub visit: String,
        /// `basis` of the [`VisitView`] on screen.
        pub basis: String,
        pub reason: CorrectionCode,
        pub text: Option<String>,
        pub cancelled: bool,
        pub service: Option<String>,
        pub outcome: Option<OutcomeCode>,
        #[ts(type = "number | null")]
        pub started_at_ms: Option<i64>,
        #[ts(type = "number | null")]
        pub finished_at_ms: Option<i64>,
    }

    pub struct ConfirmVisit {
        pub visit: String,
        /// `basis` of the [`VisitView`] on screen; absent: as the visit stands.
        #[serde(default)]
        #[ts(optional)]
        pub basis: Option<String>,
    }

    pub struct DisputeVisit {
        pub visit: String,
        pub basis: String,
        pub reason: DisputeCode,
        pub text: Option<String>,
    }

    /// A representative without a phone who has a PIN of the own on this device.
    pub struct GuestView {
        pub account: String,
        pub name: String,
        /// Seconds until a PIN is taken again.
        pub wait_s: u32,
        pub locked_for_good: bool,
        /// The answer to the visit as it stands; absent while there is none.
        pub confirmed: Option<bool>,
    }

    /// A visit before whom it concerns, and nothing else.
    pub struct HandOver {
        pub visit: String,
        pub basis: String,
        pub child: String,
        pub specialist: PersonCard,
        pub place_label: Option<String>,
        pub service: String,
        pub outcome: OutcomeCode,
        #[ts(type = "number")]
        pub started_at_ms: i64,
        #[ts(type = "number | null")]
        pub finished_at_ms: Option<i64>,
        pub offset_min: i16,
        pub guests: Vec<GuestView>,
    }

    pub struct GuestAnswer {
        pub account: String,
        pub pin: String,
        /// `basis` of the [`HandOver`] on screen.
        pub basis: String,
        /// Why it was not so; absent: it was so.
        pub dispute: Option<DisputeCode>,
        pub text: Option<String>,
    }

    pub struct ReviewVisit {
        pub visit: String,
        pub basis: String,
        /// `flags` of the [`VisitView`] on screen: the review names them as seen.
        pub flags: Vec<String>,
        /// `confirmation` of the [`VisitView`] on screen.
        pub confirmation: ConfirmationState,
        pub accepted: bool,
        pub reason: ReviewReasonCode,
        pub text: Option<String>,
    }

    /// A person as others see them (clause B3.3).
    pub struct PersonCard {
        pub id: String,
        pub name: String,
        pub position_kk: Option<String>,
        pub position_ru: Option<String>,
        pub organisation_kk: Option<String>,
        pub organisation_ru: Option<String>,
    }

    pub struct TransportView {
        pub state: Transport,
        pub refusal: Option<RefusalCode>,
    }

    pub struct LocationView {
        pub state: LocationState,
        pub reason: Option<UnavailableCode>,
        /// Degrees, for display only: "51.16050".
        pub latitude: Option<String>,
        pub longitude: Option<String>,
        pub accuracy_m: Option<u32>,
        /// To the registered place.
        pub distance_m: Option<u32>,
        pub presence: Option<PresenceCode>,
        /// The place has no known coordinates.
        pub place_unknown: bool,
    }

    pub struct AnswerView {
        pub representative: PersonCard,
        pub confirmed: bool,
        pub reason: Option<DisputeCode>,
        #[ts(type = "number")]
        pub answered_at_ms: i64,
        /// Given to the visit as it stands now.
        pub current: bool,
        pub mine: bool,
        /// Given on the specialist's device: weaker evidence.
        pub on_specialists_device: bool,
    }

    /// A visit in a list.
    pub struct VisitView {
        pub id: String,
        pub basis: String,
        pub child: SiblingView,
        pub specialist: PersonCard,
        pub place_label: Option<String>,
        pub service: String,
        pub outcome: OutcomeCode,
        #[ts(type = "number")]
        pub started_at_ms: i64,
        #[ts(type = "number | null")]
        pub finished_at_ms: Option<i64>,
        #[ts(type = "number")]
        pub offset_min: i16,
        pub late: Option<LateCode>,
        pub cancelled: Option<CorrectionCode>,
        pub transport: TransportView,
        pub location: LocationView,
        pub review: ReviewState,
        pub review_reason: Option<ReviewReasonCode>,
        pub confirmation: ConfirmationState,
        pub answers: Vec<AnswerView>,
        /// Codes of [`domain::flag::Flag`].
        pub flags: Vec<String>,
        pub note: Option<String>,
        pub can_undo_ms: u32,
        pub can_finish: bool,
        pub can_correct: bool,
        pub can_answer: bool,
        pub can_review: bool,
        pub can_adopt_position: bool,
    }

    /// One statement in the story of a visit.
    pub struct StoryEntry {
        pub kind: StoryKind,
        pub statement: String,
        #[ts(type = "number")]
        pub at_ms: i64,
        pub who: Option<PersonCard>,
        /// Code that explains it: reason of dispute, review, correction, unavailability.
        pub code: Option<String>,
        pub text: Option<String>,
        /// The statement is there, its content is not for this reader.
        pub withheld: bool,
        /// What it said was erased by law; nobody is shown it any more.
        pub erased: bool,
        /// An answer that was given on the specialist's device.
        pub on_specialists_device: bool,
        pub transport: TransportView,
    }

    /// The span in which a visit was registered, proven without the device's clock. An absent end is not proven.
    pub struct ProofView {
        #[ts(type = "number | null")]
        pub not_before_ms: Option<i64>,
        #[ts(type = "number | null")]
        pub not_after_ms: Option<i64>,
        /// The clocks and the log cannot all be right.
        pub contradiction: bool,
    }

    /// What a flag is about, in numbers. The words are the screen's.
    pub struct ReasonView {
        /// Code of [`domain::flag::Flag`].
        pub flag: String,
        pub distance_m: Option<u32>,
        /// How long it took, ran or waited.
        #[ts(type = "number | null")]
        pub lasted_ms: Option<i64>,
        /// The other visit, when it is about two.
        pub other: Option<SiblingView>,
        #[ts(type = "number | null")]
        pub other_started_at_ms: Option<i64>,
    }

    pub struct VisitDetails {
        pub visit: VisitView,
        pub story: Vec<StoryEntry>,
        pub proof: ProofView,
        /// One or more for each flag, in the order of the flags.
        pub reasons: Vec<ReasonView>,
    }

    /// Filters of a list; absent means any.
    pub struct VisitQuery {
        pub search: String,
        pub review: Option<ReviewState>,
        pub confirmation: Option<ConfirmationState>,
        pub transport: Option<Transport>,
        /// Only visits with at least one flag.
        pub flagged: bool,
        pub child: Option<String>,
        #[ts(type = "number | null")]
        pub from_ms: Option<i64>,
        #[ts(type = "number | null")]
        pub to_ms: Option<i64>,
        pub sort: SortColumn,
        pub descending: bool,
        #[ts(type = "number")]
        pub offset: u32,
        #[ts(type = "number")]
        pub limit: u32,
        /// As what a person with several roles asks; absent: the first of the roles.
        #[serde(default)]
        #[ts(optional)]
        pub role: Option<RoleCode>,
    }

    pub struct VisitPage {
        pub visits: Vec<VisitView>,
        #[ts(type = "number")]
        pub total: u32,
        /// Visits known to this device that were erased by law: they are in no list.
        #[ts(type = "number")]
        pub erased: u32,
    }

    pub struct CsvFile {
        pub name: String,
        /// UTF-8; a table with byte order mark and semicolons, evidence as JSON.
        pub text: String,
        /// Where it was saved, when the platform has a folder for it.
        pub path: Option<String>,
    }

    pub struct LocationMomentView {
        #[ts(type = "number")]
        pub at_ms: i64,
        pub moment: MomentCode,
        pub visits: Vec<String>,
        pub location: LocationView,
    }

    pub struct MemberView {
        pub person: PersonCard,
        pub roles: Vec<RoleCode>,
        pub phone: Option<String>,
    }

    pub struct CareTeamView {
        pub person: PersonCard,
        pub function: String,
        #[ts(type = "number")]
        pub from_ms: i64,
        #[ts(type = "number | null")]
        pub to_ms: Option<i64>,
    }

    pub struct ChildRecord {
        pub child: ChildCard,
        pub care_team: Vec<CareTeamView>,
        pub representatives: Vec<RepresentativeView>,
    }

    /// A legal representative, with the phone as far as this reader may see it.
    pub struct RepresentativeView {
        pub person: PersonCard,
        pub phone: Option<String>,
    }

    pub struct DirectoryQuery {
        /// As what a person with several roles asks; absent: all that the roles let see together.
        #[serde(default)]
        #[ts(optional)]
        pub role: Option<RoleCode>,
    }

    pub struct PlaceView {
        pub id: String,
        pub label: String,
        pub region: String,
        pub has_position: bool,
        pub radius_m: Option<u32>,
    }

    pub struct Directory {
        pub members: Vec<MemberView>,
        pub children: Vec<ChildRecord>,
        pub places: Vec<PlaceView>,
    }

    pub struct AcceptanceView {
        pub document: String,
        #[ts(type = "number")]
        pub version: u32,
        pub locale: LocaleCode,
        pub sha256: String,
        #[ts(type = "number")]
        pub accepted_at_ms: i64,
        /// `L0`, `L1`, `L2`.
        pub evidence_level: String,
        pub transport: TransportView,
        pub text: AgreementView,
        pub ticked: Vec<u8>,
        /// Its statement: one version may be accepted several times.
        pub statement: String,
        /// False: the operator refused it, or its flags say that it accepts nothing.
        pub counts: bool,
        /// All of it was withdrawn.
        #[ts(type = "number | null")]
        pub withdrawn_at_ms: Option<i64>,
        /// The consent to a reading of the location was, alone.
        #[ts(type = "number | null")]
        pub geolocation_withdrawn_at_ms: Option<i64>,
    }

    pub struct Me {
        pub card: PersonCard,
        pub roles: Vec<RoleCode>,
        pub phone: Option<String>,
        pub operator_name_kk: String,
        pub operator_name_ru: String,
        pub operator_bin: String,
        pub address: String,
        pub device_key: String,
        #[ts(type = "number")]
        pub enrolled_at_ms: i64,
        pub acceptances: Vec<AcceptanceView>,
        pub label: String,
        /// Files of this person that officers opened.
        pub openings: Vec<OpeningView>,
        /// Changes of the key that opens what is set aside, the latest first.
        pub renewals: Vec<RenewalView>,
    }

    /// The operator has another recovery key since then.
    pub struct RenewalView {
        #[ts(type = "number")]
        pub at_ms: i64,
        /// Both shares of the key before were there; otherwise nothing proves that an officer agreed.
        pub approved: bool,
        pub reason: String,
        /// From when it may approve an erasing, where it came without both shares and nobody objected.
        #[ts(type = "number | null")]
        pub erases_from_ms: Option<i64>,
    }

    /// What waits and why.
    pub struct SyncState {
        pub phase: SyncPhase,
        /// Done of all, while pushing or pulling.
        #[ts(type = "number")]
        pub done_count: u32,
        #[ts(type = "number")]
        pub total_count: u32,
        /// Statements that the operator has not registered yet.
        #[ts(type = "number")]
        pub waiting_count: u32,
        /// Refused ones.
        #[ts(type = "number")]
        pub refused_count: u32,
        /// When something that waits was last sealed for somebody to carry; absent when nothing of it waits.
        #[ts(type = "number | null")]
        pub sealed_at_ms: Option<i64>,
        #[ts(type = "number | null")]
        pub last_success_ms: Option<i64>,
        /// Why the last try failed.
        pub error: Option<ErrorCode>,
        #[ts(type = "number | null")]
        pub next_try_in_s: Option<u32>,
        /// Why the operator is not trusted; absent while it is.
        pub distrust: Option<DistrustView>,
    }

    /// A check of the operator's log that failed; stays until a person acts.
    pub struct DistrustView {
        pub finding: FindingCode,
        #[ts(type = "number | null")]
        pub found_at_ms: Option<i64>,
    }
}
