//! docs/INTEGRITY.md, made from the corpus. What the cases say is what they do: the other tests play them.

use std::fmt::Write as _;
use std::path::Path;

use super::{Case, End, FAMILIES, Family, read};

const HEAD: &str = "# What the flags see, and what they do not

Made by `ESEP_WRITE=1 cargo test -p operator-core --test rules corpus` from the cases in [tests/corpus](../tests/corpus/README.md),
and compared with them by the same test without `ESEP_WRITE`. Each case goes through the operator's real push; any other outcome fails the tests.

A flag asks a person to look and decides nothing. *Caught*: somebody cheats, and the person is told the right reason;
*otherwise*: is told another one. *Missed*: somebody cheats,
and nothing says so; the reasons stand below. *Quiet*: an honest case without a word. *Fact*: an honest case with a flag that says what is true
(no signal, entered later). *False alarm*: an honest case with a flag that suggests something else.
The limits and their reasons are in `crates/domain/src/flag/limit.rs`.
";

fn document() -> String {
    let families: Vec<Family> = FAMILIES.iter().map(|name| read(name)).collect();
    let mut text = format!(
        "{HEAD}\n| Family | Cases | Caught | Otherwise | Missed | Quiet | Fact | False alarm |\n|---|---|---|---|---|---|---|---|\n"
    );
    for family in &families {
        row(&mut text, &family.title, family.case.iter().map(|case| case.end(family)));
    }
    row(
        &mut text,
        "**Together**",
        families.iter().flat_map(|family| family.case.iter().map(|case| case.end(family))),
    );
    list(&mut text, "Missed", &families, |case| case.missed.as_ref());
    list(&mut text, "False alarms", &families, |case| case.false_alarm.as_ref());
    text
}

fn row(text: &mut String, title: &str, ends: impl Iterator<Item = End>) {
    let ends: Vec<End> = ends.collect();
    let count = |wanted: End| ends.iter().filter(|end| **end == wanted).count();
    let (caught, otherwise, missed) = (count(End::Caught), count(End::Otherwise), count(End::Missed));
    let quiet = count(End::Quiet);
    let (fact, alarm) = (count(End::Fact), count(End::FalseAlarm));
    writeln!(
        text,
        "| {title} | {} | {caught} | {otherwise} | {missed} | {quiet} | {fact} | {alarm} |",
        ends.len()
    )
    .unwrap();
}

fn list(text: &mut String, title: &str, families: &[Family], why: impl Fn(&Case) -> Option<&String>) {
    write!(text, "\n## {title}\n\n").unwrap();
    for family in families {
        for case in &family.case {
            if let Some(why) = why(case) {
                writeln!(text, "- **{}**: {}. {why}", family.title, case.says()).unwrap();
            }
        }
    }
}

#[test]
fn the_page_about_integrity_is_the_corpus() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/INTEGRITY.md");
    let made = document();
    if std::env::var_os("ESEP_WRITE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, made, "write it anew with ESEP_WRITE=1");
}
