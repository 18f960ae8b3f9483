//! What a search finds: how many visits, counted without looking at them, and the way by which a page of them is read.

use domain::content::Locale;
use domain::service_catalogue::SERVICES;
use domain::text::matches;
use rusqlite::params_from_iter;

use super::VisitSort;
use super::filter::Conditions;
use crate::{Reader, StoreError};

/// So many visits are looked up one by one; each may be a page of the file.
const FEW: u64 = 2_000;
/// One of so many visits is found by a search: then a page is soon full.
const DENSE: u64 = 4;

/// How the visits with all words are come by. What is found is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// All visits of these people are read until the page is full.
    Read,
    /// Those that the indexes find are looked up.
    LookUp,
    /// The index by start is walked, and those that the other indexes find are read.
    Walk,
}

/// One word of a search.
pub(super) struct Word {
    /// Its parameter.
    number: String,
    /// Codes of the services whose name holds it, as SQL.
    services: String,
    /// Every visit in question holds it.
    pub(super) is_common: bool,
}

impl Word {
    pub(super) fn of(word: &str, number: String) -> Self {
        let services: Vec<String> = SERVICES
            .iter()
            .filter(|service| Locale::ALL.iter().any(|&locale| matches(word, service.name(locale))))
            .map(|service| format!("'{}'", service.code))
            .collect();
        Self { number, services: services.join(", "), is_common: false }
    }

    /// Where it may be found: a column, and the values of it that hold the word. The people, of whom there are few, are
    /// searched once for each word, not once for each visit.
    fn places(&self) -> Vec<(&str, String)> {
        let named = |table: &str| format!("SELECT id FROM {table} WHERE instr(search, {}) > 0", self.number);
        let mut places =
            vec![("child", named("child")), ("specialist", named("person")), ("place", named("place"))];
        if !self.services.is_empty() {
            places.push(("service", self.services.clone()));
        }
        places
    }

    /// Whether the columns behind a prefix hold it.
    pub(super) fn holds(&self, prefix: &str) -> String {
        let places = self.places();
        let any: Vec<String> =
            places.iter().map(|(column, values)| format!("{prefix}{column} IN ({values})")).collect();
        format!("({})", any.join(" OR "))
    }

    /// True: a parameter that nothing names is one too many.
    pub(super) fn is_bound(&self) -> String {
        format!("{} IS NOT NULL", self.number)
    }

    /// Row numbers of the visits that hold it, from indexes alone.
    pub(super) fn numbers(&self) -> String {
        let places = self.places();
        let any: Vec<String> = places
            .iter()
            .map(|(column, values)| {
                // At a place were few children, and which visits of theirs were there the same index tells.
                let whose = match *column {
                    "place" => {
                        format!("child IN (SELECT child FROM visit_count WHERE place IN ({values})) AND ")
                    }
                    _ => String::new(),
                };
                format!("SELECT rowid FROM visit WHERE {whose}{column} IN ({values})")
            })
            .collect();
        format!("SELECT rowid FROM ({})", any.join(" UNION ALL "))
    }
}

/// What the counts say of a search, before any visit is looked at.
pub(super) struct Tally {
    /// Visits of these people.
    all_count: u64,
    /// Visits of these people with all words.
    pub(super) found_count: u64,
    /// How a page of them is best read.
    pub(super) way: Way,
}

impl Tally {
    /// Whether so many of the visits of these people are many of them.
    pub(super) fn is_long(&self, count: u64) -> bool {
        count.saturating_mul(DENSE) >= self.all_count
    }
}

impl Reader<'_> {
    /// Counts, and lets the conditions pass over the words that every visit holds.
    pub(super) fn tally(&self, conditions: &mut Conditions, sort: VisitSort) -> Result<Tally, StoreError> {
        let (sql, values) = conditions.tally_sql();
        let mut select = self.conn.prepare_cached(&sql)?;
        let columns = select.column_count();
        let counts: Vec<u64> =
            select.query_row(params_from_iter(values), |row| (0..columns).map(|at| row.get(at)).collect())?;
        let [all_count, each @ .., found_count] = counts.as_slice() else {
            return Err(StoreError::Row("visit_count"));
        };
        conditions.pass_over_common_words(*all_count, each);
        // What the counts do not know is looked at in each visit anyway.
        let is_walked = sort == VisitSort::Started && conditions.are_counted();
        let way = way(*all_count, *found_count, is_walked);
        Ok(Tally { all_count: *all_count, found_count: *found_count, way })
    }
}

fn way(all_count: u64, found_count: u64, is_walked: bool) -> Way {
    if all_count <= FEW.max(found_count.saturating_mul(DENSE)) {
        Way::Read
    } else if found_count <= FEW || !is_walked {
        Way::LookUp
    } else {
        Way::Walk
    }
}

#[cfg(test)]
mod tests;
