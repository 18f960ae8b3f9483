//! What may happen in a run: some faults leave less to check, so not every run has them.

use crate::chance::Chance;

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
    /// Disks run full.
    pub full: bool,
    /// Clocks are turned.
    pub clocks: bool,
}

impl Plan {
    /// The plan that chance makes.
    pub fn of(chance: &mut Chance) -> Self {
        Self {
            steps_count: 25 + chance.below(25),
            device_restored: chance.one_in(3),
            operator_restored: chance.one_in(5),
            revoked: chance.one_in(4),
            lied_to: chance.one_in(5),
            full: chance.one_in(3),
            clocks: chance.one_in(2),
        }
    }
}
