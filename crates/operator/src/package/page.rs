//! `visit.html`: the package for a person's eyes. One file, no script, nothing from the network; for a screen reader, a
//! phone and a sheet of A4.

use std::fmt::Write as _;

use domain::content::{Content, Locale, LocationOutcome, ReviewDecision};
use domain::flag::Flag;
use domain::id::PersonId;
use domain::visit::{Confirmation, Review, Visit};
use domain::words::{self, Word};
use domain::{service_catalogue, words::in_locale};
use operator_core::package::Reader;
use serde::Serialize;

use super::phrases::{self, Phrase};
use super::story::{Line, Span, Story};

/// UTC+5 all over Kazakhstan.
const KAZAKHSTAN_MIN: i16 = 300;

/// Makes the page in a language.
pub(super) fn page(story: &Story, locale: Locale) -> String {
    let page =
        Page { story, locale, offset_min: story.visit.as_ref().map_or(KAZAKHSTAN_MIN, |v| v.offset_min) };
    let title = page.say(&phrases::TITLE);
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n{}{}{}{}</main>\n\
         </body>\n</html>\n",
        locale.as_str(),
        include_str!("page.css"),
        page.say(&phrases::INTRO),
        page.visit(),
        page.lines(),
        page.meaning(),
        page.check(),
    )
}

struct Page<'a> {
    story: &'a Story,
    locale: Locale,
    offset_min: i16,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The code of an enumeration as it stands in statements.
fn code<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

fn row(rows: &mut String, term: &str, detail: &str) {
    let _ = writeln!(rows, "<dt>{}</dt><dd>{detail}</dd>", escaped(term));
}

impl Page<'_> {
    fn say(&self, phrase: &Phrase) -> &'static str {
        in_locale(phrase, self.locale)
    }

    fn head(&self, code: &str) -> String {
        words::word(words::HEADS, code, self.locale)
    }

    fn word<T: Serialize>(&self, words: &'static [Word], value: &T) -> String {
        escaped(&words::word(words, &code(value), self.locale))
    }

    fn pick<'t>(&self, kk: &'t str, ru: &'t str) -> &'t str {
        let (first, second) = if self.locale == Locale::Kk { (kk, ru) } else { (ru, kk) };
        if first.is_empty() { second } else { first }
    }

    fn moment(&self, at_ms: i64) -> String {
        let local = at_ms.saturating_add(i64::from(self.offset_min) * 60_000);
        let time = chrono::DateTime::from_timestamp_millis(local);
        let text = time.map_or_else(|| at_ms.to_string(), |time| time.format("%d.%m.%Y %H:%M").to_string());
        let machine = chrono::DateTime::from_timestamp_millis(at_ms).map(|time| time.to_rfc3339());
        format!("<time datetime=\"{}\">{text}</time>", machine.unwrap_or_default())
    }

    fn name(&self, id: [u8; 16]) -> String {
        match self.story.name(id) {
            Some(name) => escaped(&name),
            None => self.say(&phrases::HIDDEN).to_owned(),
        }
    }

    fn flags(&self, flags: &[Flag]) -> String {
        let flag = |flag: &Flag| format!("<span class=\"flag\">{}</span>", self.word(words::FLAGS, flag));
        flags.iter().map(flag).collect()
    }

    fn service(&self, code: &str) -> String {
        escaped(service_catalogue::find(code).map_or(code, |service| service.name(self.locale)))
    }

    fn location(&self, outcome: &LocationOutcome) -> String {
        match outcome {
            LocationOutcome::Unavailable(reason) => self.word(words::UNAVAILABLE, reason),
            LocationOutcome::Fix(fix) => {
                let degrees = |e7: i32| f64::from(e7) / 1e7;
                let mut text = format!("{:.5}, {:.5}", degrees(fix.lat_e7), degrees(fix.lon_e7));
                if let Some(accuracy_dm) = fix.accuracy_dm.filter(|accuracy_dm| *accuracy_dm > 0) {
                    let metres = accuracy_dm.div_ceil(10);
                    let (accuracy, unit) = (self.say(&phrases::ACCURACY), self.say(&phrases::METRES));
                    let _ = write!(text, ", {accuracy} {metres} {unit}");
                }
                text
            }
        }
    }

    fn visit(&self) -> String {
        let mut rows = String::new();
        let mut alert = String::new();
        match &self.story.visit {
            Some(visit) => {
                if visit.cancelled.is_some() {
                    alert = format!("<p class=\"alert\">{}</p>\n", self.say(&phrases::CANCELLED));
                }
                self.facts(visit, &mut rows);
            }
            None => row(&mut rows, self.say(&phrases::VISIT), self.say(&phrases::ERASED)),
        }
        let mut flags: Vec<Flag> = self.story.lines.iter().flat_map(|line| line.flags.clone()).collect();
        flags.sort_unstable();
        flags.dedup();
        let shown =
            if flags.is_empty() { self.say(&phrases::NO_FLAGS).to_owned() } else { self.flags(&flags) };
        row(&mut rows, &self.head("flags"), &shown);
        row(&mut rows, &self.head("record"), &format!("<code>{}</code>", self.story.visit_id));
        format!("{alert}<section>\n<h2>{}</h2>\n<dl>\n{rows}</dl>\n</section>\n", self.say(&phrases::VISIT))
    }

    fn facts(&self, visit: &Visit, rows: &mut String) {
        let name = |id: &[u8; 16]| self.name(*id);
        row(rows, &self.head("child"), &name(visit.child.as_bytes()));
        let mut specialist = name(visit.specialist.as_bytes());
        if let Some(position) = self.position(visit.specialist) {
            let _ = write!(specialist, ", {position}");
        }
        row(rows, &self.head("specialist"), &specialist);
        if let Some(stated) = &self.story.organisation {
            let name = escaped(self.pick(&stated.name_kk, &stated.name_ru));
            row(rows, &self.head("organisation"), &name);
        }
        row(rows, &self.head("service"), &self.service(&visit.service));
        row(rows, &self.head("outcome"), &self.word(words::OUTCOMES, &visit.outcome));
        row(rows, &self.head("start"), &self.moment(visit.started_at_ms));
        if let Some(at_ms) = visit.finished_at_ms {
            row(rows, &self.head("end"), &self.moment(at_ms));
        }
        if let Some(late) = &visit.late {
            row(rows, &self.head("late"), &self.word(words::LATE, late));
        }
        if let Some(place) = visit.place {
            row(rows, &self.head("place"), &name(place.as_bytes()));
        }
        if let Some(location) = &visit.location {
            row(rows, &self.head("location"), &self.location(location));
        }
        let confirmation = visit.confirmation();
        let mut shown = self.word(words::CONFIRMATION, &confirmation.as_str());
        if confirmation == Confirmation::ByGuest {
            shown = format!("<span class=\"weak\">{shown}</span>");
        }
        row(rows, &self.head("parent"), &shown);
        let (review, reason) = match visit.review {
            Review::Open => ("open", None),
            Review::Accepted(reason) => ("accepted", Some(reason)),
            Review::Returned(reason) => ("returned", Some(reason)),
        };
        let mut decision = self.word(words::REVIEW, &review);
        if let Some(reason) = reason {
            let _ = write!(decision, ". {}", self.word(words::REVIEW_REASONS, &reason));
        }
        row(rows, &self.head("decision"), &decision);
    }

    fn position(&self, person: PersonId) -> Option<String> {
        let mut of_person = self.story.members.iter().filter(|(member, _)| *member == person);
        let (_, member) = of_person.next_back()?;
        Some(escaped(self.pick(&member.position_kk, &member.position_ru))).filter(|text| !text.is_empty())
    }

    fn lines(&self) -> String {
        let mut list = String::new();
        for line in &self.story.lines {
            let kind = line.kind.as_str().trim_start_matches("visit-");
            let mut rows = String::new();
            let who = line.author.map_or_else(
                || self.say(&phrases::HIDDEN).to_owned(),
                |author| self.name(*author.as_bytes()),
            );
            row(&mut rows, self.say(&phrases::WHO), &who);
            if line.by_guest {
                let where_signed = format!("<span class=\"weak\">{}</span>", self.say(&phrases::BY_GUEST));
                row(&mut rows, self.say(&phrases::SIGNED_ON), &where_signed);
            }
            row(&mut rows, self.say(&phrases::PROVEN), &self.span(line));
            if !line.flags.is_empty() {
                row(&mut rows, &self.head("flags"), &self.flags(&line.flags));
            }
            row(
                &mut rows,
                self.say(&phrases::RECORD),
                &format!("{}<br><code>{}</code>", line.leaf_index, line.id),
            );
            let title = words::word(words::STORY, kind, self.locale);
            let _ = writeln!(
                list,
                "<li><h3>{} · {}</h3>\n{}<dl>\n{rows}</dl></li>",
                self.moment(line.claimed_s.saturating_mul(1_000)),
                escaped(&title),
                self.said(line),
            );
        }
        let (title, hint) = (self.say(&phrases::STORY), self.say(&phrases::STORY_HINT));
        format!("<section>\n<h2>{title}</h2>\n<p>{hint}</p>\n<ol>\n{list}</ol>\n</section>\n")
    }

    fn said(&self, line: &Line) -> String {
        let Some(content) = &line.content else {
            return format!("<p class=\"said\">{}</p>\n", self.say(&phrases::ERASED));
        };
        let text = match content {
            Content::VisitRegistered(visit) => format!(
                "{}. {}: {}",
                self.service(&visit.service),
                escaped(&self.head("start")),
                self.moment(visit.started_at_ms)
            ),
            Content::VisitFinished(finished) => {
                format!("{}: {}", escaped(&self.head("end")), self.moment(finished.finished_at_ms))
            }
            Content::VisitLocated(located) => self.location(&located.outcome),
            Content::VisitNoted(note) => escaped(&note.text),
            Content::VisitDisputed(disputed) => self.word(words::DISPUTES, &disputed.reason),
            Content::VisitReviewed(reviewed) => {
                let decision = match reviewed.decision {
                    ReviewDecision::Accepted => "accepted",
                    ReviewDecision::Returned => "returned",
                };
                let reason = self.word(words::REVIEW_REASONS, &reviewed.reason);
                format!("{}. {reason}", self.word(words::REVIEW, &decision))
            }
            Content::VisitCorrected(corrected) => self.word(words::CORRECTIONS, &corrected.reason),
            _ => return String::new(),
        };
        format!("<p class=\"said\">{text}</p>\n")
    }

    fn span(&self, line: &Line) -> String {
        let Span { not_before_s, not_after_s } = line.span;
        let moment = |at_s: Option<i64>| match at_s {
            Some(at_s) => self.moment(at_s.saturating_mul(1_000)),
            None => self.say(&phrases::UNPROVEN).to_owned(),
        };
        let (before, after) = (self.say(&phrases::NOT_BEFORE), self.say(&phrases::NOT_AFTER));
        let mut text = format!("{before}: {}; {after}: {}", moment(not_before_s), moment(not_after_s));
        let is_outside = not_before_s.is_some_and(|at_s| line.claimed_s < at_s)
            || not_after_s.is_some_and(|at_s| line.claimed_s > at_s);
        if is_outside {
            let _ = write!(text, ". {}", self.say(&phrases::OUTSIDE));
        }
        text
    }

    fn meaning(&self) -> String {
        let items = |list: &[Phrase]| -> String {
            list.iter().map(|phrase| format!("<li>{}</li>\n", self.say(phrase))).collect()
        };
        format!(
            "<section>\n<h2>{}</h2>\n<ul>\n{}</ul>\n</section>\n<section>\n<h2>{}</h2>\n<ul>\n{}</ul>\n</section>\n",
            self.say(&phrases::PROVES),
            items(&phrases::PROVES_LIST),
            self.say(&phrases::PROVES_NOT),
            items(&phrases::PROVES_NOT_LIST),
        )
    }

    fn check(&self) -> String {
        let story = self.story;
        let mut rows = String::new();
        if let Some((kk, ru)) = &story.operator {
            row(&mut rows, self.say(&phrases::OPERATOR), &escaped(self.pick(kk, ru)));
        }
        let reader = match story.reader {
            Reader::Person(person) => self.name(*person.as_bytes()),
            Reader::Organisation(_) => self.say(&phrases::FOR_ORGANISATION).to_owned(),
            Reader::Everything => self.say(&phrases::FOR_EVERYTHING).to_owned(),
        };
        row(&mut rows, self.say(&phrases::READER), &reader);
        row(&mut rows, self.say(&phrases::MADE), &self.moment(story.made_at_ms));
        row(&mut rows, self.say(&phrases::RECORDS), &story.statements.to_string());
        row(&mut rows, self.say(&phrases::LOG), &story.tree_size.to_string());
        let key = story.operator_key;
        let words = wire::activation::fingerprint_words(&key).join(" ");
        row(&mut rows, self.say(&phrases::KEY), &format!("{}<br><code>{key}</code>", escaped(&words)));
        format!(
            "<section>\n<h2>{}</h2>\n<p>{}</p>\n<pre><code>python3 -m verifier FOLDER --operator-key={key}</code></pre>\n\
             <dl>\n{rows}</dl>\n</section>\n",
            self.say(&phrases::CHECK),
            self.say(&phrases::CHECK_HINT),
        )
    }
}
