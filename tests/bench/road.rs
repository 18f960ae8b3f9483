//! From the device to the operator and to another device.

use std::time::{Duration, Instant};

use wire::pull::MAX_ITEMS;

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

/// A fresh device of the coordinator, who sees each visit of the organisation.
pub(crate) async fn pull(page: &mut Page, world: &World, visits: usize, limits: &Limits) {
    let device = world.coordinator().await;
    device.counted.take();
    // The app pulls by itself as soon as the agreement is accepted, so the acceptance is part of the time.
    let began = Instant::now();
    let device = device.ready().await;
    let took = began.elapsed();
    let (up, down) = device.counted.take();
    let limit = limits.pull + limits.checks;
    let ratio = took.as_secs_f64() / limit.as_secs_f64();
    page.row(
        &format!("first pull of {} visits", thousands(visits)),
        &ms(took),
        &format!("{} = {} + {} of checks", ms(limit), ms(limits.pull), ms(limits.checks)),
        &format!("{ratio:.2}"),
    );
    let (up, down) = (each(up, visits), each(down, visits));
    page.row("bytes a visit, first pull, up / down", &format!("{up:.0} / {down:.0}"), "", "");
}

/// The longest that a first sync may take in a village.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fresh devices of the coordinator at the end of a bad line: one that stays, one that is cut in the middle.
pub(crate) async fn village(page: &mut Page, world: &World, visits: usize) {
    page.note("first sync in a village");
    let device = world.coordinator_in_a_village("village").await;
    device.counted.take();
    let began = Instant::now();
    let device = device.ready().await;
    let took = began.elapsed();
    let (_, whole) = device.counted.take();
    let ratio = took.as_secs_f64() / PATIENCE.as_secs_f64();
    page.row(
        &format!("first sync of {} visits, 2 Mbit/s, 300 ms", thousands(visits)),
        &ms(took),
        &ms(PATIENCE),
        &format!("{ratio:.2}"),
    );
    drop(device);

    let device = world.coordinator_in_a_village("village-cut").await;
    device.counted.take();
    device.counted.cut_after(whole / 2);
    device.person.accept_all().await;
    while device.counted.is_to_be_cut() {
        // The cut ends the sync in which it comes, with an error.
        device.try_to_sync().await;
    }
    device.sync_all().await;
    let (_, with_cut) = device.counted.take();
    let page_bytes = whole / (2 * visits as u64).div_ceil(u64::from(MAX_ITEMS)).max(1);
    let again = with_cut.saturating_sub(whole);
    page.row(
        "bytes that come again after a cut",
        &again.to_string(),
        &format!("{page_bytes} = one page"),
        &format!("{:.2}", crate::figures::ratio(again as usize, page_bytes as usize)),
    );
}
