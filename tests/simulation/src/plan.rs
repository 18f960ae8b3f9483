//! What may happen in a run: some faults leave less to check, so not every run has them.
//!
//! A seed is tied to what it draws. So that old seeds stay the runs that they were, what came later has seeds of its own:
//! from [`OTHER_HANDS`] on statements also go through other hands, by courier, guest and collecting, and from
//! [`IMPATIENT`] on the office once lets a log go on without waiting for everybody.

use crate::chance::Chance;

/// The seeds behind this one have couriers, guests, and an operator whose devices hand back what it lost.
pub const OTHER_HANDS: u64 = 1_000_000;

/// The seeds behind this one have besides an office that waits for nobody: the log goes on without a content that its
/// author still holds.
pub const IMPATIENT: u64 = 2_000_000;

/// What a run does.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Steps.
    pub steps_count: u64,
    /// A device is put back to an older copy of its file.
    pub device_restored: bool,
    /// The operator is put back to an older copy of its folder.
    pub operator_restored: bool,
    /// A device is revoked.
    pub revoked: bool,
    /// The operator calls statements registered that are not.
    pub lied_to: bool,
    /// The same of statements of others, to who carries them.
    pub lied_to_carriers: bool,
    /// Also what registered a visit is erased.
    pub erases_visits: bool,
    /// Disks run full.
    pub full: bool,
    /// Clocks are turned.
    pub clocks: bool,
    /// Statements also go through other hands.
    pub other_hands: bool,
    /// The operator loses its disk and collects.
    pub collects: bool,
    /// At which step the office does not wait.
    pub impatient_at: Option<u64>,
    /// Most statements on a page of a pull.
    pub page_items: u32,
    /// The next page of a pull is there before the one before is judged: several are stored at once. The sync stores
    /// fewer once that took long, so on a machine that stands still such a seed may be another run.
    pub is_prompt: bool,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64, chance: &mut Chance) -> Self {
        // By no chance: the seeds that found something once stay what they were.
        let page_items = match seed % 11 {
            4 => 1,
            5 => 3,
            9 => 8,
            _ => u32::MAX,
        };
        let has_small_pages = page_items < u32::MAX;
        let is_prompt = has_small_pages && seed.is_multiple_of(2);
        let plan = Self {
            steps_count: 25 + chance.below(25),
            device_restored: chance.one_in(3),
            operator_restored: chance.one_in(5),
            revoked: chance.one_in(4),
            lied_to: chance.one_in(5),
            lied_to_carriers: has_small_pages,
            erases_visits: has_small_pages,
            full: chance.one_in(3) || is_prompt,
            clocks: chance.one_in(2),
            other_hands: seed > OTHER_HANDS,
            collects: false,
            impatient_at: None,
            page_items,
            is_prompt,
        };
        if !plan.other_hands {
            return plan;
        }
        let is_impatient = seed > IMPATIENT;
        let collects = chance.one_in(2) || is_impatient;
        let impatient_at = is_impatient.then(|| 15 + chance.below(20));
        // One disaster at a time: a log that was cut off silently leaves nothing that could be put together.
        Self {
            steps_count: plan.steps_count + 15,
            operator_restored: plan.operator_restored && !collects,
            collects,
            impatient_at,
            ..plan
        }
    }
}
