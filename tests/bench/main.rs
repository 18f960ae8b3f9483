//! `cargo xtask bench`: what the main job costs, each figure beside a limit that was measured in the same run.
//!
//! ```text
//! esep-bench [OUT.md]    with ESEP_BENCH_SCALE=0.01 for a quick look; the figures of a small run say little
//!                        with ESEP_BENCH_PARTS=tap,road,village,full,log for some of its parts
//! ```
//!
//! | Module | Holds |
//! |---|---|
//! | `figures` | medians, percentiles, the page that is written |
//! | `raw` | the limits: what the same bytes cost without the product |
//! | `steps` | when the core passes its steps |
//! | `lists` | from the start to the first list, search |
//! | `log` | the whole log verified, a proof out of it |
//! | `tap` | from the tap to the disk |
//! | `line` | a network line that counts its bytes, and may be narrow, long or cut |
//! | `road` | push, first pull, bytes |
//! | `world` | an organisation, and a device whose clock can stand in the past |

mod figures;
mod line;
mod lists;
mod log;
mod raw;
mod road;
mod steps;
mod tap;
mod world;

use std::path::Path;

use figures::Page;
use world::{Device, World};

/// Visits of the sync figures.
const SYNCED: f64 = 10_000.0;
/// Visits on the device for the second look at the tap.
const FULL: f64 = 100_000.0;
/// Children of the specialist for the lists.
const CHILDREN: f64 = 10_000.0;
/// Statements of the log that is verified.
const LOG: f64 = 1_000_000.0;
/// Searches that are measured.
const SEARCHES: f64 = 400.0;
/// Taps that are measured each time.
const TAPS: f64 = 400.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of visits")]
fn scaled(count: f64) -> usize {
    let scale = std::env::var("ESEP_BENCH_SCALE").ok().and_then(|text| text.parse::<f64>().ok());
    (count * scale.unwrap_or(1.0)).ceil() as usize
}

/// Whether a part of the bench is wanted: all of them, or those that `ESEP_BENCH_PARTS` names with commas.
fn is_wanted(part: &str) -> bool {
    std::env::var("ESEP_BENCH_PARTS").map_or(true, |parts| parts.split(',').any(|wanted| wanted == part))
}

#[tokio::main]
async fn main() {
    // What a compiler wrote before is still on its way to the disk, and for minutes every other write waits with it.
    let synced = std::process::Command::new("sync").status();
    assert!(synced.is_ok_and(|status| status.success()), "sync is part of every system");
    let steps = steps::watch();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut page = Page::new();
    let mut world = World::new(folder.path());

    let device = world.specialist(0).await.ready().await;
    // An empty device at the door: nobody answers.
    world.operator.kill();
    if is_wanted("tap") {
        page.note("tap, empty device");
        tap::measure(&mut page, &device, steps, "empty device", scaled(TAPS), folder.path()).await;
    }
    let synced =
        if is_wanted("road") { road(&mut page, &mut world, &device, folder.path()).await } else { 0 };
    let full = scaled(FULL);
    if is_wanted("full") {
        page.note("filling the device");
        world.operator.kill();
        device.fill(full.saturating_sub(synced), world::CHILDREN).await;
        world.operator.restart();
        device.sync_all().await;
        world.operator.kill();
        page.note("tap, full device");
        let name = format!("{} visits on the device", figures::thousands(full));
        tap::measure(&mut page, &device, steps, &name, scaled(TAPS), folder.path()).await;
        page.row(
            "bytes on disk a visit, device",
            &format!("{:.0}", figures::ratio(device.disk_bytes(), full + 2 * scaled(TAPS))),
            "",
            "",
        );
        lists(&mut page, &mut world, device, full).await;
    } else {
        drop(device);
    }
    if is_wanted("log") {
        log::measure(&mut page, &world, scaled(LOG));
    }
    page.print(std::env::args().nth(1).as_deref());
}

/// Push, first pull, a village; how many visits the device then has.
async fn road(page: &mut Page, world: &mut World, device: &Device, folder: &Path) -> usize {
    page.note("registering what is to be synced");
    // What was tapped before is no part of the push.
    world.operator.restart();
    device.sync_all().await;
    let synced = scaled(SYNCED);
    let reference = raw::Reference::new(synced, folder);
    let mut pushes = road::Pushes::new(synced, &reference);
    road::away(world, device, synced).await;
    pushes.round(page, device).await;
    road::pull(page, world, synced, &reference).await;
    if is_wanted("village") {
        road::pull_in_a_village(page, world, synced).await;
    }
    // What is pulled are so many visits and no more, so the other pushes come after it.
    for number in 1..road::PUSHES {
        let device = world.specialist(number).await.ready().await;
        road::away(world, &device, synced).await;
        pushes.round(page, &device).await;
    }
    pushes.write(page);
    if is_wanted("village") {
        road::push_from_a_village(page, world, synced).await;
    }
    synced
}

/// The lists of a device with many visits and many children.
async fn lists(page: &mut Page, world: &mut World, device: Device, full: usize) {
    page.note("many children");
    let many = scaled(CHILDREN);
    world.add_children(many);
    world.operator.restart();
    device.sync_all().await;
    world.operator.kill();
    let size = format!("{} visits, {} children", figures::thousands(full), figures::thousands(many));
    let device = lists::cold_start(page, device, &size, 5).await;
    lists::search(page, &device, &size, scaled(SEARCHES)).await;
}
