//! A filter and an order as SQL.

use std::collections::BTreeSet;

use domain::content::Locale;
use domain::id::VisitId;
use domain::service_catalogue::SERVICES;
use domain::text::{fold, matches};
use rusqlite::types::Value;

use super::{ReviewState, TransportFilter, VisitFilter, VisitSort};

/// Conditions on `visit v`, with their parameters.
pub(super) struct Conditions {
    conditions: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// `beside_flagged` are the visits that flags of other visits are about as well.
    pub(super) fn of(filter: &VisitFilter, beside_flagged: &BTreeSet<VisitId>) -> Self {
        let mut all = Self { conditions: Vec::new(), values: Vec::new() };
        all.add_words(&filter.search);
        all.add_people(filter);
        all.add_state(filter);
        if filter.flagged {
            let beside: Vec<String> =
                beside_flagged.iter().map(|visit| all.bind(visit.as_bytes().to_vec())).collect();
            all.add(format!("(v.flags <> '' OR v.id IN ({}))", beside.join(", ")));
        }
        all
    }

    /// The whole condition, true when there is none.
    pub(super) fn sql(&self) -> String {
        if self.conditions.is_empty() { "1".into() } else { self.conditions.join(" AND ") }
    }

    /// Adds a parameter and gives its name.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn add(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// Each word must be found in the child, the specialist, the place or the service. The people, of whom there are
    /// few, are searched once for each word, not once for each visit.
    fn add_words(&mut self, search: &str) {
        for word in fold(search).split(' ').filter(|word| !word.is_empty()) {
            let services: Vec<String> = SERVICES
                .iter()
                .filter(|service| Locale::ALL.iter().any(|&locale| matches(word, service.name(locale))))
                .map(|service| format!("'{}'", service.code))
                .collect();
            let word = self.bind(word.to_owned());
            let found = |column: &str, table: &str| {
                format!(
                    "SELECT rowid FROM visit WHERE {column} IN (SELECT id FROM {table} WHERE instr(search, {word}) > 0)"
                )
            };
            let mut found =
                vec![found("child", "child"), found("specialist", "person"), found("place", "place")];
            if !services.is_empty() {
                found.push(format!("SELECT rowid FROM visit WHERE service IN ({})", services.join(", ")));
            }
            self.add(format!("v.rowid IN ({})", found.join(" UNION ALL ")));
        }
    }

    fn add_people(&mut self, filter: &VisitFilter) {
        if let Some(child) = filter.child {
            let child = self.bind(child.as_bytes().to_vec());
            self.add(format!("v.child = {child}"));
        }
        if let Some(children) = &filter.children {
            let children: Vec<String> =
                children.iter().map(|child| self.bind(child.as_bytes().to_vec())).collect();
            self.add(format!("v.child IN ({})", children.join(", ")));
        }
        if let Some(specialist) = filter.specialist {
            let specialist = self.bind(specialist.as_bytes().to_vec());
            self.add(format!("v.specialist = {specialist}"));
        }
        if let Some(organisations) = &filter.organisations {
            let organisations: Vec<String> = organisations
                .iter()
                .map(|organisation| self.bind(organisation.as_bytes().to_vec()))
                .collect();
            self.add(format!("v.organisation IN ({})", organisations.join(", ")));
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
        VisitSort::Started => (None, "v.started_at_ms"),
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
