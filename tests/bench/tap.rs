//! From the tap to the disk.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::figures::{Page, Spread, ms};
use crate::raw::RawFile;
use crate::steps::Steps;
use crate::world::{self, Device};

/// Registers `taps` visits one by one; after each, one raw signature and commit of the same size.
pub(crate) async fn measure(
    page: &mut Page,
    device: &Device,
    steps: &'static Steps,
    name: &str,
    taps: usize,
    folder: &Path,
) {
    let beside = folder.join(name.replace(' ', "-"));
    std::fs::create_dir(&beside).expect("a folder for the limit");
    let mut raw = RawFile::create(&beside.join("raw.db"));
    let (mut durable, mut shown, mut limit) = (Vec::new(), Vec::new(), Vec::new());
    // The first ones fill the caches of both files.
    let warm_up = taps / 10 + 1;
    for round in 0..taps + warm_up {
        world::flush(device.profile());
        world::flush(&beside);
        steps.clear();
        let tap = device.tap(round).await;
        let saved = steps.nth("committed", 0);
        // The position is the second statement; it must not run into the next tap.
        tokio::task::block_in_place(|| steps.nth("located", 0));
        tokio::time::sleep(Duration::from_millis(2)).await;
        let began = Instant::now();
        raw.sign_and_commit();
        let raw_took = began.elapsed();
        if round >= warm_up {
            durable.push(saved - tap.began);
            shown.push(tap.took);
            limit.push(raw_took);
        }
    }
    let (durable, shown, limit) = (Spread::of(durable), Spread::of(shown), Spread::of(limit));
    for (what, spread) in [("on disk", &durable), ("answered", &shown)] {
        for (part, label) in [(0.5, "p50"), (0.99, "p99")] {
            let (ours, floor) = (spread.at(part), limit.at(part));
            let ratio = ours.as_secs_f64() / floor.as_secs_f64();
            page.row(&format!("tap {what}, {name}, {label}"), &ms(ours), &ms(floor), &format!("{ratio:.2}"));
        }
    }
}
