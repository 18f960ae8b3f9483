//! From the device to the operator and to another device.

use std::time::{Duration, Instant};

use crate::figures::{Page, Spread, ms, ratio_of, thousands};
use crate::raw::Reference;
use crate::world::{Device, World};

#[expect(clippy::cast_precision_loss, reason = "figures are read by people")]
fn each(bytes: u64, visits: usize) -> f64 {
    bytes as f64 / visits as f64
}

/// So often a push is measured, in turns with its limit; the middle counts.
pub(crate) const PUSHES: usize = 3;

/// Hands in what waits, once for each round; what waits next is registered between.
pub(crate) struct Pushes<'a> {
    visits: usize,
    reference: &'a Reference,
    took: Vec<Duration>,
    limits: Vec<Duration>,
    bytes: (u64, u64),
}

impl<'a> Pushes<'a> {
    pub(crate) const fn new(visits: usize, reference: &'a Reference) -> Self {
        Self { visits, reference, took: Vec::new(), limits: Vec::new(), bytes: (0, 0) }
    }

    pub(crate) async fn round(&mut self, page: &Page, device: &Device) {
        self.limits.push(tokio::task::block_in_place(|| self.reference.push()));
        assert_eq!(device.waiting_count().await, 2 * self.visits, "the app sent nothing by itself");
        device.counted.take();
        let began = Instant::now();
        device.sync_all().await;
        self.took.push(began.elapsed());
        self.bytes = device.counted.take();
        page.note(&format!("push {:?} beside {:?}", self.took.last(), self.limits.last()));
    }

    pub(crate) fn write(self, page: &mut Page) {
        let Self { visits, took, limits, bytes: (up, down), .. } = self;
        let (took, limit) = (Spread::of(took).at(0.5), Spread::of(limits).at(0.5));
        page.row(
            &format!("push of {} visits", thousands(visits)),
            &ms(took),
            &ms(limit),
            &ratio_of(took, limit),
        );
        let (up, down) = (each(up, visits), each(down, visits));
        page.row("bytes a visit, push, up / down", &format!("{up:.0} / {down:.0}"), "", "");
    }
}

/// How often the time of a pull without the product a first pull may take, the checks of its signatures apart.
const PULL_FACTOR: f64 = 2.5;

/// Fresh devices of coordinators, who see each visit of the organisation; one after the other, in turns with their limit.
/// The middle counts.
pub(crate) async fn pull(page: &mut Page, world: &World, visits: usize, reference: &Reference) {
    let (mut all, mut bare, mut insert, mut checks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut bytes = (0, 0);
    for number in 0..world.coordinators_count() {
        bare.push(reference.pull().await);
        tokio::task::block_in_place(|| {
            insert.push(reference.insert());
            checks.push(reference.checks());
        });
        let mut device = world.coordinator(number).await;
        device.counted.take();
        // The app pulls by itself as soon as the agreement is accepted, so the acceptance is part of the time.
        let took = device.accept_and_wait().await;
        bytes = device.counted.take();
        assert!(device.visits_count().await >= visits, "everything is there when the app says so");
        page.note(&format!("pull {took:?} beside {:?} and checks of {:?}", bare.last(), checks.last()));
        all.push(took);
    }
    let middle = |durations| Spread::of(durations).at(0.5);
    let (took, bare, insert, checks) = (middle(all), middle(bare), middle(insert), middle(checks));
    let limit = bare.mul_f64(PULL_FACTOR) + checks;
    page.row(
        &format!("first pull of {} visits", thousands(visits)),
        &ms(took),
        &format!("{} = {PULL_FACTOR} x {} + {} of checks", ms(limit), ms(bare), ms(checks)),
        &ratio_of(took, limit),
    );
    page.row(
        "of that reference, rows at hand into one transaction",
        &ms(insert),
        &ms(bare),
        &ratio_of(insert, bare),
    );
    let (up, down) = (each(bytes.0, visits), each(bytes.1, visits));
    page.row("bytes a visit, first pull, up / down", &format!("{up:.0} / {down:.0}"), "", "");
}

/// The longest that a first sync may take in a village.
const PATIENCE: Duration = Duration::from_secs(20);

/// At the end of a bad line: a fresh device of the coordinator, once more with the line cut in the middle.
pub(crate) async fn pull_in_a_village(page: &mut Page, world: &World, visits: usize) {
    page.note("first sync in a village");
    // The coordinator accepted on the first device, so this one pulls as soon as it is bound.
    let began = Instant::now();
    let device = world.coordinator_in_a_village("village", 0).await.ready().await;
    let what = format!("code to lists, first pull of {}", in_a_village(visits));
    patience(page, &what, began.elapsed());
    let (_, whole) = device.counted.take();
    drop(device);
    let device = world.coordinator_in_a_village("village-cut", whole / 2).await;
    through_a_cut(&device).await;
    let (_, with_cut) = device.counted.take();
    again(page, "pull", visits, whole, with_cut, u64::from(wire::pull::MAX_ITEMS));
}

/// There a specialist hands in everything, once more with the line cut in the middle.
pub(crate) async fn push_from_a_village(page: &mut Page, world: &mut World, visits: usize) {
    page.note("handing in from a village");
    let device = world.specialist_in_a_village().await.ready().await;
    away(world, &device, visits).await;
    assert_eq!(device.waiting_count().await, 2 * visits, "the app sent nothing by itself");
    let began = Instant::now();
    device.sync_all().await;
    patience(page, &format!("push of {}", in_a_village(visits)), began.elapsed());
    let (whole, _) = device.counted.take();
    away(world, &device, visits).await;
    device.counted.cut_after(whole / 2);
    through_a_cut(&device).await;
    let (with_cut, _) = device.counted.take();
    again(page, "push", visits, whole, with_cut, wire::push::MAX_ITEMS as u64);
}

fn in_a_village(visits: usize) -> String {
    format!("{} visits, 2 Mbit/s, 300 ms", thousands(visits))
}

/// Registers visits while nobody answers; all of them wait when somebody does.
pub(crate) async fn away(world: &mut World, device: &Device, visits: usize) {
    world.operator.kill();
    device.fill(visits, 1).await;
    // The last change makes the app try once more, a second after the try before.
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.operator.restart();
    device.counted.take();
}

/// Syncs until nothing waits, on a line that is cut once.
async fn through_a_cut(device: &Device) {
    while device.counted.is_to_be_cut() {
        // The cut ends the sync in which it comes, with an error.
        device.try_to_sync().await;
    }
    device.sync_all().await;
}

fn patience(page: &mut Page, what: &str, took: Duration) {
    page.row(what, &ms(took), &ms(PATIENCE), &ratio_of(took, PATIENCE));
}

/// What travelled twice because of the cut, beside one batch. Requests that ended early make it less.
fn again(page: &mut Page, way: &str, visits: usize, whole: u64, with_cut: u64, max_items: u64) {
    let batches = (2 * visits as u64).div_ceil(max_items).max(1);
    let (batch, again) = (whole / batches, with_cut.saturating_sub(whole));
    page.row(
        &format!("bytes that a cut repeats, {way}"),
        &again.to_string(),
        &format!("{batch} = one batch"),
        &format!("{:.2}", each(again, usize::try_from(batch).unwrap_or(usize::MAX))),
    );
}
