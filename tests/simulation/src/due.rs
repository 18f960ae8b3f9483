//! What must have happened somewhere in many seeds, by words of the trace: a simulation without it proves less than it
//! seems to.
//!
//! What happens in the seeds of an ordinary run is known, so of those everything is demanded. Of others only what so many
//! cannot have missed by chance; `--tally` counts how often each happens.

use crate::plan::{IMPATIENT, OTHER_HANDS};

/// Seeds of an ordinary run.
pub const ORDINARY: u64 = 300;

/// Seeds of which one has it, whichever they are: ten times as many as one has it in, so that a run without it comes by
/// chance less than once in twenty thousand.
type Among = usize;

/// In one of five.
const OFTEN: Among = 50;
/// In one of twenty.
const SOMETIMES: Among = 200;
/// In one of a hundred.
const SELDOM: Among = 1_000;
/// In one of five hundred.
const RARELY: Among = 5_000;

/// In any seeds, and how often in regular ones.
const REGULAR: [(&str, Among); 29] = [
    ("RequestLost", OFTEN),
    ("ReplyLost", OFTEN),
    ("Doubled", OFTEN),
    ("Late", OFTEN),
    ("Damaged", SOMETIMES),
    ("Lie", SOMETIMES),
    ("Mangled", SOMETIMES),
    ("has the log proven: Ok(true)", SOMETIMES),
    ("the operator ended", OFTEN),
    ("ended: killed", OFTEN),
    ("power cut, Everything", OFTEN),
    ("power cut, Some", OFTEN),
    ("ended again at its start", OFTEN),
    ("is turned by", SOMETIMES),
    ("is full: true", SOMETIMES),
    ("goes on from an older copy", SOMETIMES),
    ("the operator goes on from an older copy", SELDOM),
    ("the office revokes", SOMETIMES),
    ("the office erases a note: true", SOMETIMES),
    ("the office erases a visit: true", SELDOM),
    ("the office ends a place in the care team", OFTEN),
    ("the office ends a representation", OFTEN),
    ("a late request arrives", SOMETIMES),
    ("not saved", OFTEN),
    ("on a branch", RARELY),
    ("pages at once: stored", SOMETIMES),
    ("pages at once: ended", SELDOM),
    ("pages at once: no room", SELDOM),
    ("pages at once: one does not fit", SELDOM),
];

/// Besides where statements go through other hands.
const OTHER: [(&str, Among); 17] = [
    ("seals 1 parcels", OFTEN),
    ("seals 3 parcels", SOMETIMES),
    ("takes a parcel of", OFTEN),
    ("has a parcel of", OFTEN),
    ("parcel Ok(Taken)", OFTEN),
    ("parcel Ok(Early)", SELDOM),
    ("parcel Doubled", SELDOM),
    ("is brought by hand: Some(Taken)", OFTEN),
    ("is brought by hand: Some(Early)", SELDOM),
    ("the office renews the courier key: true", OFTEN),
    ("the grandmother confirms", OFTEN),
    ("the grandmother disputes", OFTEN),
    ("carry Late", SOMETIMES),
    ("carry Lie", SOMETIMES),
    ("the operator loses its disk, ", OFTEN),
    ("the operator loses its disk and its mark", OFTEN),
    ("resumes: the log goes on", OFTEN),
];

/// Besides where the office does not wait.
const WITHOUT_WAITING: [(&str, Among); 2] =
    [("the office does not wait: the log goes on", OFTEN), ("content comes back", SOMETIMES)];

/// Everything that may be due.
pub fn all() -> Vec<&'static str> {
    let all = REGULAR.iter().chain(&OTHER).chain(&WITHOUT_WAITING);
    all.map(|(what, _)| *what).collect()
}

/// What must have happened in these seeds.
pub fn due(seeds: &[u64]) -> Vec<&'static str> {
    let count = |is_of_it: fn(u64) -> bool| seeds.iter().filter(|seed| is_of_it(**seed)).count();
    let regular_count = count(|seed| seed <= OTHER_HANDS);
    let other_count = count(|seed| seed > OTHER_HANDS && seed <= IMPATIENT);
    let impatient_count = count(|seed| seed > IMPATIENT);
    let of = |list: &[(&'static str, Among)], count: usize| -> Vec<&'static str> {
        list.iter().filter(|(_, among)| *among <= count).map(|(what, _)| *what).collect()
    };
    [of(&REGULAR, regular_count), of(&OTHER, other_count), of(&WITHOUT_WAITING, impatient_count)].concat()
}
