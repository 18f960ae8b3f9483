//! From the device to the operator and to another device.

use std::time::{Duration, Instant};

use crate::figures::{Page, ms, thousands};
use crate::raw::Limits;
use crate::world::{Device, World};

#[expect(clippy::cast_precision_loss, reason = "figures are read by people")]
fn each(bytes: u64, visits: usize) -> f64 {
    bytes as f64 / visits as f64
}

/// Hands in everything that waits.
pub(crate) async fn push(page: &mut Page, device: &Device, visits: usize, limits: &Limits) {
    device.counted.take();
    let began = Instant::now();
    device.sync_all().await;
    let took = began.elapsed();
    let (up, down) = device.counted.take();
    let ratio = took.as_secs_f64() / limits.push.as_secs_f64();
    page.row(
        &format!("push of {} visits", thousands(visits)),
        &ms(took),
        &ms(limits.push),
        &format!("{ratio:.2}"),
    );
    let (up, down) = (each(up, visits), each(down, visits));
    page.row("bytes a visit, push, up / down", &format!("{up:.0} / {down:.0}"), "", "");
}

/// How often the time of a pull without the product a first pull may take, the checks of its signatures apart.
const PULL_FACTOR: f64 = 2.5;

/// A fresh device of the coordinator, who sees each visit of the organisation.
pub(crate) async fn pull(page: &mut Page, world: &World, visits: usize, limits: &Limits) {
    let mut device = world.coordinator().await;
    device.counted.take();
    // The app pulls by itself as soon as the agreement is accepted, so the acceptance is part of the time.
    let took = device.accept_and_wait().await;
    let (up, down) = device.counted.take();
    assert!(device.visits_count().await >= visits, "everything is there when the app says so");
    let limit = limits.pull.mul_f64(PULL_FACTOR) + limits.checks;
    let ratio = took.as_secs_f64() / limit.as_secs_f64();
    page.row(
        &format!("first pull of {} visits", thousands(visits)),
        &ms(took),
        &format!("{} = {PULL_FACTOR} x {} + {} of checks", ms(limit), ms(limits.pull), ms(limits.checks)),
        &format!("{ratio:.2}"),
    );
    page.row(
        "of that reference, rows at hand into one transaction",
        &ms(limits.insert),
        &ms(limits.pull),
        &format!("{:.2}", limits.insert.as_secs_f64() / limits.pull.as_secs_f64()),
    );
    let (up, down) = (each(up, visits), each(down, visits));
    page.row("bytes a visit, first pull, up / down", &format!("{up:.0} / {down:.0}"), "", "");
}

/// The longest that a first sync may take in a village.
const PATIENCE: Duration = Duration::from_secs(20);

/// At the end of a bad line: a fresh device of the coordinator, and one of the specialist that hands in everything. Each
/// once more with the line cut in the middle.
pub(crate) async fn village(page: &mut Page, world: &mut World, visits: usize) {
    let what = format!("{} visits, 2 Mbit/s, 300 ms", thousands(visits));
    page.note("first sync in a village");
    // The coordinator accepted on the first device, so this one pulls as soon as it is bound.
    let began = Instant::now();
    let device = world.coordinator_in_a_village("village", 0).await.ready().await;
    patience(page, &format!("code to lists, first pull of {what}"), began.elapsed());
    let (_, whole) = device.counted.take();
    drop(device);
    let device = world.coordinator_in_a_village("village-cut", whole / 2).await;
    through_a_cut(&device).await;
    let (_, with_cut) = device.counted.take();
    again(page, "pull", visits, whole, with_cut, u64::from(wire::pull::MAX_ITEMS));
    drop(device);

    page.note("handing in from a village");
    let device = world.specialist_in_a_village().await.ready().await;
    away(world, &device, visits).await;
    let began = Instant::now();
    device.sync_all().await;
    patience(page, &format!("push of {what}"), began.elapsed());
    let (whole, _) = device.counted.take();
    away(world, &device, visits).await;
    device.counted.cut_after(whole / 2);
    through_a_cut(&device).await;
    let (with_cut, _) = device.counted.take();
    again(page, "push", visits, whole, with_cut, wire::push::MAX_ITEMS as u64);
}

/// Registers visits while nobody answers.
async fn away(world: &mut World, device: &Device, visits: usize) {
    world.operator.kill();
    device.fill(visits, 1).await;
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
    let ratio = took.as_secs_f64() / PATIENCE.as_secs_f64();
    page.row(what, &ms(took), &ms(PATIENCE), &format!("{ratio:.2}"));
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
