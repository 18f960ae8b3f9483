//! From the device to the operator and to another device.

use std::time::Instant;

use crate::figures::{Page, ms};
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
    let thousands = crate::figures::thousands(visits);
    page.row(&format!("push of {thousands} visits"), &ms(took), &ms(limits.push), &format!("{ratio:.2}"));
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
    let thousands = crate::figures::thousands(visits);
    page.row(
        &format!("first pull of {thousands} visits"),
        &ms(took),
        &format!("{} = {} + {} of checks", ms(limit), ms(limits.pull), ms(limits.checks)),
        &format!("{ratio:.2}"),
    );
    let (up, down) = (each(up, visits), each(down, visits));
    page.row("bytes a visit, first pull, up / down", &format!("{up:.0} / {down:.0}"), "", "");
}
