//! A specialist and a parent, each on the own device, without a network: both apps are the real ones, and nobody
//! answers at their operator's address.

use std::io::Cursor;

use data_encoding::BASE64;
use domain::content::{DeviceRevoked, RevocationReason, VisitFinished, VisitOutcome, VisitRegistered};
use domain::id::{DeviceId, KeyId, VisitId};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use journal::code::{self, Shown};
use journal::{Draft, Sealed, Statement};

use super::super::operator::key;
use super::super::*;
use super::answering::{visit_id, visit_of, visited};
use super::registering::every_visit;
use crate::ipc::{
    CodeImage, ConfirmVisit, ConfirmationState, DisputeCode, DisputeVisit, ErrorCode, FinishVisit, IpcError,
    ReadCode, ReadVisit, ShownCode, Transport, VisitRef, VisitView,
};

const HOUR_MS: u64 = 3_600_000;
const STRANGER: PersonId = PersonId::from_bytes([0x19; 16]);

impl Scene {
    async fn show(&self, visit: &str) -> ShownCode {
        self.app.show_code(VisitRef { visit: visit.into() }).await.unwrap()
    }

    async fn read(&self, text: &str) -> Result<ReadVisit, IpcError> {
        self.app.read_code(ReadCode { text: text.into() }).await
    }

    /// Looks at the picture as a camera does.
    async fn scan(&self, shown: &ShownCode) -> VisitView {
        let text = self.app.read_code_image(CodeImage { image_base64: picture_of(shown) }).await.unwrap();
        assert_eq!(text, shown.text);
        self.read(&text).await.unwrap().visit
    }

    async fn refusal(&self, text: &str) -> ErrorCode {
        let before = self.app.visits(every_visit()).await.unwrap();
        let error = self.read(text).await.unwrap_err();
        assert_eq!(self.app.visits(every_visit()).await.unwrap(), before, "what is refused leaves nothing");
        error.code
    }

    async fn confirm(&self, visit: &VisitView) -> VisitView {
        let confirm = ConfirmVisit { visit: visit.id.clone(), basis: Some(visit.basis.clone()) };
        self.app.confirm_visit(confirm).await.unwrap()
    }

    /// A visit of an hour that ends now.
    async fn finished_visit(&self) -> VisitView {
        let id = self.visit(&[CHILD]).await.visits[0].id.clone();
        self.clock.advance_ms(HOUR_MS);
        self.app.finish_visit(FinishVisit { visit: id, finished_at_ms: None }).await.unwrap()
    }
}

/// The picture that the screen draws, four pixels a module.
fn picture_of(shown: &ShownCode) -> String {
    let mut picture = GrayImage::from_pixel(shown.side, shown.side, Luma([255]));
    for stroke in shown.path.split('M').skip(1) {
        let numbers: Vec<u32> =
            stroke.split([' ', 'h', 'v']).map_while(|number| number.parse().ok()).collect();
        let [x, y, length, ..] = numbers[..] else { panic!("{stroke}") };
        (x..x + length).for_each(|x| picture.put_pixel(x, y, Luma([0])));
    }
    let side = shown.side * 4;
    let large = image::imageops::resize(&picture, side, side, image::imageops::FilterType::Nearest);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(large).write_to(&mut bytes, ImageFormat::Png).unwrap();
    BASE64.encode(bytes.get_ref())
}

#[tokio::test]
async fn a_visit_and_its_answer_go_from_screen_to_screen() {
    let specialist = Setting::of(SPECIALIST).at_home().await;
    let parent = Setting::of(PARENT).at_home().await;
    let visit = specialist.finished_visit().await;
    parent.clock.advance_ms(HOUR_MS);
    let shown = specialist.show(&visit.id).await;
    assert!(shown.version <= 25, "version {}", shown.version);
    let seen = parent.scan(&shown).await;
    assert_eq!((&seen.id, &seen.basis), (&visit.id, &visit.basis));
    assert_eq!(
        (seen.specialist.name.as_str(), seen.child.name.as_str()),
        ("Қайратова Әсел", "Болатов Нұрлан")
    );
    assert_eq!(seen.finished_at_ms, visit.finished_at_ms);
    assert_eq!(
        seen.transport.state,
        Transport::Saved,
        "the operator has not got it as far as this device knows"
    );
    assert!(seen.can_answer);

    let confirmed = parent.confirm(&seen).await;
    assert_eq!(confirmed.confirmation, ConfirmationState::Confirmed);
    assert!(parent.app.sync_now().await.unwrap().error.is_some(), "nobody answers");
    let answer = parent.show(&visit.id).await;
    let stands = specialist.scan(&answer).await;
    assert_eq!(stands.confirmation, ConfirmationState::Confirmed);
    assert_eq!(stands.answers[0].representative.name, "Болатов Ерлан");

    for (scene, text) in [(&parent, &shown.text), (&specialist, &answer.text)] {
        let again = scene.read(text).await.unwrap_err();
        assert_eq!((again.code, again.detail), (ErrorCode::CodeReadBefore, Some(visit.id.clone())));
    }
    for scene in [&parent, &specialist] {
        let before = scene.app.visits(every_visit()).await.unwrap();
        let session = scene.app.open_session();
        session.store.rebuild().unwrap();
        assert_eq!(scene.app.visits(every_visit()).await.unwrap(), before, "what is shown can be made anew");
        assert_eq!(before.total, 1);
    }
}

#[tokio::test]
async fn a_dispute_goes_the_same_way_and_an_end_asks_again() {
    let specialist = Setting::of(SPECIALIST).at_home().await;
    let parent = Setting::of(PARENT).at_home().await;
    let id = specialist.visit(&[CHILD]).await.visits[0].id.clone();
    let running = specialist.show(&id).await;
    let seen = parent.scan(&running).await;
    let dispute = DisputeVisit {
        visit: id.clone(),
        basis: seen.basis.clone(),
        reason: DisputeCode::OtherTime,
        text: None,
    };
    parent.app.dispute_visit(dispute).await.unwrap();
    let answer = parent.show(&id).await;
    assert_eq!(specialist.scan(&answer).await.confirmation, ConfirmationState::Disputed);

    specialist.clock.advance_ms(HOUR_MS);
    let finish = FinishVisit { visit: id.clone(), finished_at_ms: None };
    let finished = specialist.app.finish_visit(finish).await.unwrap();
    assert_eq!(finished.confirmation, ConfirmationState::None, "the answer was to a visit without an end");
    let seen = parent.scan(&specialist.show(&id).await).await;
    assert_eq!(seen.confirmation, ConfirmationState::None);
    assert_eq!(parent.refusal(&running.text).await, ErrorCode::CodeOutdated);
    parent.confirm(&seen).await;
    assert_eq!(specialist.scan(&parent.show(&id).await).await.confirmation, ConfirmationState::Confirmed);
}

#[tokio::test]
async fn codes_that_are_not_for_this_person_each_say_why() {
    let specialist = Setting::of(SPECIALIST).at_home().await;
    let parent = Setting::of(PARENT).at_home().await;
    let visit = specialist.finished_visit().await;
    let shown = specialist.show(&visit.id).await;
    let link = "esep://enrol?a=aHR0cHM6Ly9lc2VwLmV4YW1wbGU&c=ABCD-EFGH-JKMN-PQRS&f=AAAA";
    assert_eq!(parent.refusal(link).await, ErrorCode::CodeOfOtherKind);
    assert_eq!(specialist.refusal(&shown.text).await, ErrorCode::CodeIsOwn);
    assert_eq!(parent.refusal(&shown.text[..shown.text.len() - 3]).await, ErrorCode::CodeAltered);
    let mut bytes = base45::decode(&shown.text[5..]).unwrap();
    let text = |bytes: &[u8]| format!("ESEP:{}", base45::encode(bytes));
    for at in [120, 400, bytes.len() - 20] {
        bytes[at] ^= 1;
        assert_eq!(parent.refusal(&text(&bytes)).await, ErrorCode::CodeAltered, "byte {at}");
        bytes[at] ^= 1;
    }
    bytes[5] ^= 1;
    assert_eq!(parent.refusal(&text(&bytes)).await, ErrorCode::CodeOfOtherOperator);

    parent.read(&shown.text).await.unwrap();
    parent.confirm(&parent.look(&visit.id).await).await;
    let answer = parent.show(&visit.id).await;
    assert_eq!(
        parent.refusal(&answer.text).await,
        ErrorCode::CodeOfOtherVisit,
        "an answer is for the specialist"
    );
    let colleague = Setting::of(SPECIALIST).at_home().await;
    assert_eq!(
        colleague.refusal(&answer.text).await,
        ErrorCode::CodeOfOtherVisit,
        "this device knows no such visit"
    );
}

#[tokio::test]
async fn a_code_lives_a_day_by_the_later_of_two_clocks() {
    let specialist = Setting::of(SPECIALIST).at_home().await;
    let parent = Setting::of(PARENT).at_home().await;
    let visit = specialist.finished_visit().await;
    let shown = specialist.show(&visit.id).await;
    parent.clock.advance_ms(26 * HOUR_MS);
    assert_eq!(parent.refusal(&shown.text).await, ErrorCode::CodeTooOld);
    parent.clock.advance_wall_ms(-(HOUR_MS as i64) * 2);
    parent.read(&shown.text).await.unwrap();
    specialist.clock.advance_ms(25 * HOUR_MS);
    let late = specialist.app.show_code(VisitRef { visit: visit.id }).await.unwrap_err();
    assert_eq!(late.code, ErrorCode::CodeTooOld, "said before anybody stands there with two phones");
}

/// A specialist's second device shows what the first one registered, in the operator's copy.
#[tokio::test]
async fn a_copy_with_a_spoiled_signature_is_noticed_before_anybody_reads_its_code() {
    for is_spoiled in [false, true] {
        let registered = |operator: &mut Operator| {
            let version = visited(operator, NOW_MS, Some(NOW_MS));
            if is_spoiled {
                operator.spoil_signature_before_last();
            }
            version
        };
        let scene = Setting::of(SPECIALIST).with(registered).at_home().await;
        scene.clock.advance_wall_ms(-(HOUR_MS as i64));
        let visits = scene.app.visits(every_visit()).await.unwrap();
        assert_eq!(visits.total, 1, "what follows it proves what was signed");
        let shown = scene.app.show_code(VisitRef { visit: visits.visits[0].id.clone() }).await;
        assert_eq!(shown.map_err(|error| error.code).err(), is_spoiled.then_some(ErrorCode::CodeAltered));
    }
}

/// A visit as some device may have signed it, in a code.
struct Forged {
    operator: Operator,
    shown: Vec<Sealed>,
}

impl Forged {
    /// The key is bound to `bound`, and the visit is in the name of `named`.
    fn visit(bound: PersonId, named: PersonId, child: ChildId) -> Self {
        Self::visit_under(visit_id(), bound, named, child)
    }

    fn visit_under(id: VisitId, bound: PersonId, named: PersonId, child: ChildId) -> Self {
        let mut operator = Operator::new();
        let device = key(0x33);
        let binding = operator.bind(&device, bound);
        let registered = VisitRegistered {
            child,
            specialist: named,
            organisation: ORGANISATION,
            place: None,
            service: "speech-therapy".into(),
            outcome: VisitOutcome::Held,
            started_at_ms: NOW_MS,
            finished_at_ms: None,
            offset_min: 300,
            late: None,
            capture: None,
            warned: None,
        };
        let registered = operator.state_by(&device, Some(bound), &Draft::new(id, registered));
        Self { operator, shown: vec![binding, registered] }
    }

    fn text(&self, operator: KeyId) -> String {
        let shown: Vec<Shown> = self
            .shown
            .iter()
            .map(|sealed| Shown {
                statement: Statement::decode(&sealed.bytes).unwrap(),
                content: sealed.content.clone(),
            })
            .collect();
        format!("ESEP:{}", base45::encode(code::encode(operator, &shown).unwrap()))
    }
}

#[tokio::test]
async fn a_strangers_key_another_family_and_a_lost_phone_are_told_apart() {
    let operator = key(0x77).id();
    let parent = Setting::of(PARENT).at_home().await;
    // The clock of this operator stands a day back: what it signs is just fresh enough.
    parent.clock.advance_wall_ms(-(HOUR_MS as i64));
    let good = Forged::visit(SPECIALIST, SPECIALIST, CHILD);
    let in_others_name = Forged::visit(STRANGER, SPECIALIST, CHILD);
    let elsewhere = Forged::visit(SPECIALIST, SPECIALIST, ChildId::from_bytes([0x99; 16]));
    assert_eq!(parent.refusal(&in_others_name.text(operator)).await, ErrorCode::CodeOfUnknownKey);
    assert_eq!(parent.refusal(&elsewhere.text(operator)).await, ErrorCode::CodeOfOtherFamily);
    // An answer to it would be one to the visit of whoever has this id.
    let taken = Forged::visit_under(visit_of(&key(0x44)), SPECIALIST, SPECIALIST, CHILD);
    assert_eq!(parent.refusal(&taken.text(operator)).await, ErrorCode::CodeAltered);

    // A statement of another visit beside the first one makes no visit code.
    let mut mixed = Forged::visit(SPECIALIST, SPECIALIST, CHILD);
    let other = VisitId::from_bytes([0x5f; 16]);
    let finished = Draft::new(other, VisitFinished { finished_at_ms: NOW_MS });
    let sealed = mixed.operator.state_by(&key(0x33), Some(SPECIALIST), &finished);
    mixed.shown.push(sealed);
    assert_eq!(parent.refusal(&mixed.text(operator)).await, ErrorCode::CodeOfOtherKind);

    let revoked = |operator: &mut Operator| {
        let device = key(0x33);
        operator.bind(&device, SPECIALIST);
        let revoked =
            DeviceRevoked { key: device.id(), reason: RevocationReason::Lost, revoked_at_ms: NOW_MS };
        let draft = Draft::new(DeviceId::from_bytes([device.id().as_bytes()[0]; 16]), revoked);
        // It reaches whoever verifies statements of that key, as the operator addresses it.
        operator.state_by(&key(0x77), Some(SPECIALIST), &draft);
    };
    let warned = Setting::of(PARENT).with(revoked).at_home().await;
    warned.clock.advance_wall_ms(-(HOUR_MS as i64));
    assert_eq!(warned.refusal(&good.text(operator)).await, ErrorCode::CodeOfUnknownKey);

    let read = parent.read(&good.text(operator)).await.unwrap();
    assert!(read.in_care_team && read.visit.can_answer);
    let substitute = Forged::visit(STRANGER, STRANGER, CHILD);
    let other = Setting::of(PARENT).at_home().await;
    other.clock.advance_wall_ms(-(HOUR_MS as i64));
    let read = other.read(&substitute.text(operator)).await.unwrap();
    assert!(!read.in_care_team, "whom the plan does not know is shown with a warning");
}
