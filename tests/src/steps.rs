//! The steps of the core, told as trace events of target `esep::step`: where a test kills, and what the bench times.

use tracing::field::{Field, Visit};

struct Name(Option<String>);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "step" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// The step that the core passes with this event; `None` for an event of another kind.
pub fn passed(event: &tracing::Event<'_>) -> Option<String> {
    if event.metadata().target() != "esep::step" {
        return None;
    }
    let mut name = Name(None);
    event.record(&mut name);
    name.0
}
