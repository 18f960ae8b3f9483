//! One run: a world by its seed, steps with faults, healing, checks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::mistake::Mistake;
use crate::world::World;

/// Syncs of each device after which everything must have arrived.
const HEALING_ROUNDS: usize = 4;

/// What a run gave.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What happened.
    pub trace: Vec<String>,
    /// What does not hold.
    pub wrong: Vec<String>,
}

/// Runs a seed.
pub fn run(seed: u64, mistake: Option<Mistake>) -> Report {
    // The clock of a sync stands still: how busy this machine is decides nothing.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(1).enable_time().start_paused(true).build();
    let runtime = runtime.expect("there are threads");
    let mut world = World::new(seed, mistake);
    let ran = catch_unwind(AssertUnwindSafe(|| runtime.block_on(live(&mut world))));
    let mut wrong = match ran {
        Ok(wrong) => wrong,
        Err(panic) => vec![format!("panic: {}", words(panic.as_ref()))],
    };
    wrong.append(&mut world.wrong);
    let trace = std::mem::take(&mut world.trace);
    // What a panic left open is closed as well as it can be.
    drop(catch_unwind(AssertUnwindSafe(|| drop(world))));
    Report { seed, trace, wrong }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

async fn live(world: &mut World) -> Vec<String> {
    if world.plan.other_hands {
        world.open_the_guest().await;
    }
    for step in 0..world.plan.steps_count {
        if world.plan.impatient_at == Some(step) {
            world.go_on_without_waiting().await;
        }
        world.step().await;
    }
    heal(world).await;
    world.nobody_holds_what_is_lost().await;
    let server = world.server.lock().await;
    let branches = crate::check::branches(&server);
    drop(server);
    world.tell(
        format!("-- {branches} statements on a branch")
            .replace("-- 0 statements on a branch", "-- no branch"),
    );
    world.check().await
}

/// Faults end: disks have room, readings end, and each device syncs until nothing more can come.
async fn heal(world: &mut World) {
    world.tell("-- healing");
    world.is_bad = false;
    world.network.lock().heal();
    let server = world.server.lock().await;
    server.disk.set_full(false);
    server.disk.spare();
    drop(server);
    for device in &world.devices {
        device.disk.set_full(false);
        device.write_interrupted();
    }
    world.collect_to_the_end().await;
    for _ in 0..HEALING_ROUNDS {
        if world.plan.other_hands {
            // What was early rests for a moment.
            world.time_passes().await;
        }
        for number in 0..world.devices.len() {
            if let Err(error) = world.synchronise(number).await
                && world.lost_log.is_none()
                && !world.was_lied_to(number)
            {
                let name = world.name(number);
                world.wrong.push(format!("I1: {name} cannot sync although all is well: {error}"));
            }
        }
    }
}

/// The seeds that found something once.
///
/// # Panics
/// When a line of the list begins with no number.
pub fn regressions() -> Vec<u64> {
    let lines = include_str!("../regressions.txt").lines().filter(|line| !line.starts_with('#'));
    let number = |line: &str| line.split(' ').next().and_then(|number| number.parse().ok());
    lines.map(|line| number(line).expect("a seed and why")).collect()
}

/// Calls `each` with every seed, on all cores, until one call answers `false`.
pub fn in_parallel(seeds: &[u64], each: impl Fn(u64) -> bool + Sync) {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stopped.load(Ordering::Relaxed)
                    && let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    if !each(seed) {
                        stopped.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
}
