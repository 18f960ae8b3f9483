//! A filter and an order as SQL.

use std::collections::BTreeSet;

use domain::id::VisitId;
use domain::text::fold;
use rusqlite::types::Value;

use super::search::{Way, Word};
use super::{ReviewState, TransportFilter, VisitFilter, VisitSort};

/// Conditions on visits, with their parameters.
pub(super) struct Conditions {
    /// On who and whom: columns that `visit` and `visit_count` have in common, without their table.
    people: Vec<String>,
    /// Each must be found in the child, the specialist, the place or the service.
    words: Vec<Word>,
    /// On `visit v` alone.
    state: Vec<String>,
    pub(super) values: Vec<Value>,
    /// So many of them belong to words and people.
    shared_count: usize,
    /// A child or a specialist is named.
    is_about_person: bool,
    /// Many of the visits of these people are wanted.
    pub(super) is_long: bool,
}

impl Conditions {
    /// `beside_flagged` are the visits that flags of other visits are about as well.
    pub(super) fn of(filter: &VisitFilter, beside_flagged: &BTreeSet<VisitId>) -> Self {
        let mut all = Self {
            people: Vec::new(),
            words: Vec::new(),
            state: Vec::new(),
            values: Vec::new(),
            shared_count: 0,
            is_about_person: filter.child.is_some()
                || filter.children.is_some()
                || filter.specialist.is_some(),
            is_long: false,
        };
        for word in fold(&filter.search).split(' ').filter(|word| !word.is_empty()) {
            let number = all.bind(word.to_owned());
            all.words.push(Word::of(word, number));
        }
        all.add_people(filter);
        all.shared_count = all.values.len();
        all.add_state(filter);
        if filter.flagged {
            let beside: Vec<String> =
                beside_flagged.iter().map(|visit| all.bind(visit.as_bytes().to_vec())).collect();
            all.add(format!("(v.flags <> '' OR v.id IN ({}))", beside.join(", ")));
        }
        all
    }

    pub(super) fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether a page is soon full when all visits are walked by their start: many are wanted, and nobody's in particular.
    pub(super) fn hold_for_many(&self, way: Way) -> bool {
        (self.is_long || way == Way::Walk) && !self.is_about_person
    }

    /// Whether `visit_count` alone tells how many visits there are.
    pub(super) fn are_counted(&self) -> bool {
        self.state.is_empty()
    }

    /// Asks `visit_count` how many visits there are of these people, how many of them each word finds, and how many all
    /// words together; with its parameters.
    pub(super) fn tally_sql(&self) -> (String, &[Value]) {
        let words: Vec<String> = self.words.iter().map(|word| word.holds("")).collect();
        let named: String = words.iter().enumerate().map(|(n, word)| format!(", {word} AS w{n}")).collect();
        let numbered = || (0..words.len()).map(|n| format!(" * w{n}"));
        let each: String = numbered().map(|word| format!(" coalesce(sum(visits_count{word}), 0),")).collect();
        let all: String = numbered().collect();
        let sql = format!(
            "SELECT coalesce(sum(visits_count), 0),{each} coalesce(sum(visits_count{all}), 0)
               FROM (SELECT visits_count{named} FROM visit_count WHERE {})",
            joined(self.people.iter().cloned())
        );
        (sql, &self.values[..self.shared_count])
    }

    /// Asks no visit for words that every visit of these people holds, by what each word finds.
    pub(super) fn pass_over_common_words(&mut self, all_count: u64, found_counts: &[u64]) {
        for (word, &found_count) in self.words.iter_mut().zip(found_counts) {
            word.is_common = found_count == all_count;
        }
    }

    /// The whole condition on `visit v`, true when there is none.
    pub(super) fn sql(&self, way: Way) -> String {
        let (common, sought): (Vec<&Word>, Vec<&Word>) = self.words.iter().partition(|word| word.is_common);
        let common = common.into_iter().map(Word::is_bound);
        // A plus keeps a term from being what the visits are found by.
        let (people, words) = match way {
            Way::Read => ("v.", sought.iter().map(|word| word.holds("+v.")).collect()),
            Way::LookUp => ("+v.", within_all(&sought, "v.rowid")),
            Way::Walk => ("v.", within_all(&sought, "+v.rowid")),
        };
        let people = self.people.iter().map(|condition| format!("{people}{condition}"));
        joined(people.chain(common).chain(words).chain(self.state.iter().cloned()))
    }

    /// Adds a parameter and gives its name.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn add(&mut self, condition: impl Into<String>) {
        self.state.push(condition.into());
    }

    fn add_people(&mut self, filter: &VisitFilter) {
        if let Some(child) = filter.child {
            let child = self.bind(child.as_bytes().to_vec());
            self.people.push(format!("child = {child}"));
        }
        if let Some(children) = &filter.children {
            let children: Vec<String> =
                children.iter().map(|child| self.bind(child.as_bytes().to_vec())).collect();
            self.people.push(format!("child IN ({})", children.join(", ")));
        }
        if let Some(specialist) = filter.specialist {
            let specialist = self.bind(specialist.as_bytes().to_vec());
            self.people.push(format!("specialist = {specialist}"));
        }
        if let Some(organisations) = &filter.organisations {
            let organisations: Vec<String> = organisations
                .iter()
                .map(|organisation| self.bind(organisation.as_bytes().to_vec()))
                .collect();
            self.people.push(format!("organisation IN ({})", organisations.join(", ")));
        }
    }

    fn add_state(&mut self, filter: &VisitFilter) {
        if let Some(from_ms) = filter.from_ms {
            let from_ms = self.bind(from_ms);
            self.add(format!("v.started_at_ms >= {from_ms}"));
        }
        if let Some(to_ms) = filter.to_ms {
            let to_ms = self.bind(to_ms);
            self.add(format!("v.started_at_ms < {to_ms}"));
        }
        if let Some(review) = filter.review {
            self.add(match review {
                ReviewState::Open => "v.review = 'open'",
                ReviewState::Accepted => "v.review = 'accepted'",
                ReviewState::Returned => "v.review = 'returned'",
            });
        }
        if let Some(confirmation) = filter.confirmation {
            self.add(format!("v.confirmation = '{}'", confirmation.as_str()));
        }
        if let Some(transport) = filter.transport {
            self.add(transport_condition(transport));
        }
        if filter.unfinished {
            self.add("v.finished_at_ms IS NULL AND v.outcome = 'held' AND v.cancelled IS NULL");
        }
        if filter.needs_specialist {
            let refused = within("'refused'");
            self.add(format!(
                "v.rowid IN (SELECT rowid FROM visit WHERE review = 'returned' AND cancelled IS NULL
                   UNION ALL SELECT rowid FROM visit
                      WHERE confirmation = 'disputed' AND review <> 'accepted' AND cancelled IS NULL
                   UNION ALL SELECT rowid FROM visit WHERE id IN {refused})"
            ));
        }
        if let Some(cancelled) = filter.cancelled {
            self.add(if cancelled { "v.cancelled IS NOT NULL" } else { "v.cancelled IS NULL" });
        }
    }
}

fn joined(conditions: impl Iterator<Item = String>) -> String {
    let conditions: Vec<String> = conditions.collect();
    if conditions.is_empty() { "1".into() } else { conditions.join(" AND ") }
}

/// The row number is among those that every word finds.
fn within_all(words: &[&Word], number: &str) -> Vec<String> {
    let numbers: Vec<String> = words.iter().map(|word| word.numbers()).collect();
    if numbers.is_empty() {
        Vec::new()
    } else {
        vec![format!("{number} IN ({})", numbers.join(" INTERSECT "))]
    }
}

/// Visits about which something of those states waits.
fn within(states: &str) -> String {
    format!(
        "(SELECT o.subject FROM outbox x JOIN own_statement o ON o.seq = x.seq WHERE x.state IN ({states}))"
    )
}

/// The outbox is short, so visits are looked up from it, and the worst state counts, as in a row.
fn transport_condition(transport: TransportFilter) -> String {
    match transport {
        TransportFilter::Refused => format!("v.id IN {}", within("'refused'")),
        TransportFilter::Saved => {
            format!("v.id IN {} AND v.id NOT IN {}", within("'saved'"), within("'refused'"))
        }
        TransportFilter::Sent => {
            format!("v.id IN {} AND v.id NOT IN {}", within("'sent'"), within("'refused', 'saved'"))
        }
        TransportFilter::Registered => format!("v.id NOT IN {}", within("'refused', 'saved', 'sent'")),
    }
}

/// The order as SQL. What has no value stands last, whichever way it is sorted.
pub(super) fn order_by(sort: VisitSort, descending: bool) -> String {
    let way = if descending { "DESC" } else { "ASC" };
    let (missing, column) = match sort {
        VisitSort::Started => return format!("v.started_at_ms {way}, v.id"),
        VisitSort::Child => (Some("c.sort_key IS NULL"), "c.sort_key"),
        VisitSort::Specialist => (Some("s.sort_key IS NULL"), "s.sort_key"),
        VisitSort::Service => (None, "v.service_sort_key"),
        VisitSort::Distance => (Some("v.distance_m IS NULL"), "v.distance_m"),
        VisitSort::Review => (None, "CASE v.review WHEN 'open' THEN 0 WHEN 'returned' THEN 1 ELSE 2 END"),
        VisitSort::Confirmation => {
            let order = "CASE v.confirmation WHEN 'disputed' THEN 0 WHEN 'none' THEN 1
                              WHEN 'confirmed-on-device' THEN 2 ELSE 3 END";
            (None, order)
        }
    };
    let missing = missing.map_or_else(String::new, |missing| format!("{missing}, "));
    format!("{missing}{column} {way}, v.started_at_ms DESC, v.id")
}
