//! The parser of agreements against texts of both shapes.
//!
//! Official texts are used as well where they are found: in the folder that `ESEP_OFFICIAL_TEXTS` names, or in
//! `../shared/agreements` beside the workspace. Nothing here needs them.

mod editions;
mod properties;
mod refusals;
mod shapes;

use domain::agreement::AgreementText;

/// Everything that a structured text says, in reading order and without white space. It equals the bytes it came
/// from without white space exactly when no character was lost, added or moved.
fn written(text: &AgreementText) -> String {
    let mut all = text.title.concat();
    for section in &text.sections {
        if let Some(number) = &section.number {
            all += &format!("{number}.");
        }
        all += section.heading.as_deref().unwrap_or_default();
        for clause in &section.clauses {
            if let Some(number) = &clause.number {
                all += &format!("{number}.");
            }
            all += &clause.text;
            for item in &clause.items {
                all += &item.marker;
                all += &item.text;
            }
            all += clause.tail.as_deref().unwrap_or_default();
        }
    }
    all += text.confirmations_heading.as_deref().unwrap_or_default();
    all += text.confirmations_lead.as_deref().unwrap_or_default();
    for confirmation in &text.confirmations {
        all += &format!("{}.{}", confirmation.number, confirmation.text);
    }
    without_white_space(&all)
}

fn without_white_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
