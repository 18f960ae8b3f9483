//! Every threshold of the flags, each with its reason. A flag asks a person to look, so a limit lies where an honest
//! visit hardly ever crosses it; what hides below it is listed in docs/INTEGRITY.md.

/// Worse than 100 m is coarse: a street away cannot be told from the place.
pub const LOW_ACCURACY_DM: u32 = 1_000;

/// How far a device's clock may be off before a person should look: phones that set their clock by hand are minutes
/// off, not hours.
pub const SKEW_MS: i64 = 10 * 60_000;

/// A visit that begins this long before or after its statement was made was entered after the fact, whatever it says.
pub const TAP_MS: i64 = 5 * 60_000;

/// How far the wall clock may move against the clock that counts sleep between two statements. A quartz of 100 ppm
/// drifts nine seconds a day and the network puts that right; five minutes take a hand.
pub const CLOCK_MS: i64 = 5 * 60_000;

/// A statement that reached the operator later than this: a week is a tour of villages without a network.
pub const LATE_SYNC_MS: i64 = 7 * 86_400_000;

/// Faster than this between two readings, as the crow flies, no car goes: the highest limit on motorways of Kazakhstan
/// is 140 km/h (class I-a, traffic rules), roads are longer than the straight line, and somebody is always late.
pub const ROAD_KMH: u32 = 160;

/// An airliner at cruising speed with the wind behind it.
pub const FLIGHT_KMH: u32 = 900;

/// Nobody flies less far between two visits.
pub const FLIGHT_FROM_M: u32 = 200_000;

/// No flight, from the door of one child to that of another, takes less: check-in alone is 40 minutes.
pub const FLIGHT_MS: i64 = 2 * 3_600_000;

/// What two readings may differ beyond both stated accuracies: these are radii of 68 %, and houses reflect.
pub const JUMP_M: u32 = 1_000;

/// A reading is signed within its window of 90 s, so what two statements say about the time between two fixes may be
/// short by about a minute.
pub const SIGNING_MS: i64 = 60_000;

/// One answer of the provider may serve two readings: the window of 90 s and the 60 s that a fix may be older than it.
pub const HELD_FIX_MS: i64 = 3 * 60_000;

/// Two visits may run into each other this far: taps at two doors of a stairwell, an end written by heart.
pub const TOGETHER_MS: i64 = 5 * 60_000;

/// Two visits of one child that begin within this time are one visit entered twice; a session takes longer.
pub const DUPLICATE_MS: i64 = 10 * 60_000;

/// Visits are compared with those that began at most this long before: nobody is with a child longer.
pub const LONGEST_VISIT_MS: i64 = 24 * 3_600_000;

/// This many answers within [`HASTE_MS`] were not read: four seconds each.
pub const HASTY_ANSWERS: usize = 5;

/// See [`HASTY_ANSWERS`].
pub const HASTE_MS: i64 = 20_000;

/// Answers within this time are looked at together.
pub const SITTING_MS: i64 = 3_600_000;

/// More children than this in one sitting: a large family with siblings in one service has fewer.
pub const CHILDREN_OF_ONE: usize = 4;

/// More specialists than this in one sitting: a full team of a child (speech, movement, psychology, teaching, social
/// work, medicine).
pub const SPECIALISTS_OF_ONE: usize = 6;

/// A visit that no representative has answered for so long: a week holds the day on which a parent looks.
pub const UNCONFIRMED_MS: i64 = 7 * 86_400_000;
