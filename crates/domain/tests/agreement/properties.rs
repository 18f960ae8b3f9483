//! For any text: an answer, and if it is accepted, every character of it and none besides.

use domain::agreement::{AgreementKind, parse};
use proptest::prelude::*;

use crate::{without_white_space, written};

/// Words as agreements have them; some end as sentences do, some hold hyphens, dashes and digits.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[а-яәғқңөұүһі]{1,12}",
        1 => "[а-яәғқңөұүһі]{1,6}-[а-яәғқңөұүһі]{1,6}",
        1 => "[A-Z]{1,5}",
        1 => Just("№".to_owned()),
        1 => Just("94-V".to_owned()),
        1 => Just("2013".to_owned()),
        1 => Just("«Кіру»".to_owned()),
    ]
}

/// A sentence that begins with a capital and ends with the given mark.
fn sentence(end: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..25).prop_map(move |words| format!("Осы {}{end}", words.join(" ")))
}

#[derive(Debug, Clone)]
struct WrittenClause {
    text: String,
    items: Vec<String>,
}

fn clause() -> impl Strategy<Value = WrittenClause> {
    prop_oneof![
        3 => sentence(".").prop_map(|text| WrittenClause { text, items: Vec::new() }),
        1 => (sentence(":"), prop::collection::vec(sentence(";"), 1..4), sentence(".")).prop_map(
            |(text, mut items, last)| {
                items.push(last);
                WrittenClause { text, items }
            }
        ),
    ]
}

/// Wraps a paragraph at a width, breaking words at their hyphens, with blank lines where the seed says.
fn wrap(paragraph: &str, width: usize, seed: &mut u64, out: &mut String) {
    let mut column = 0;
    for word in paragraph.split(' ') {
        // A line that begins with a digit could be a number; word processors make such lines, the texts under
        // test in `shapes` hold them.
        if column + word.chars().count() > width
            && column > 0
            && !word.starts_with(|c: char| c.is_ascii_digit())
        {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            out.push_str(if *seed >> 60 == 0 { " \n\n" } else { " \n" });
            column = 0;
        }
        if column > 0 {
            out.push(' ');
        }
        match word.split_once('-') {
            Some((head, rest)) if column > width / 2 && rest.starts_with(char::is_alphabetic) => {
                out.push_str(&format!("{head}-\n{rest}"));
                column = rest.chars().count();
            }
            _ => {
                out.push_str(word);
                column += word.chars().count() + 1;
            }
        }
    }
    out.push('\n');
}

proptest! {
    #[test]
    fn a_numbered_text_is_found_again_however_it_was_wrapped(
        sections in prop::collection::vec(prop::collection::vec(clause(), 1..4), 1..5),
        confirmations in prop::collection::vec(sentence("."), 1..6),
        width in 20usize..120, mut seed in any::<u64>(),
    ) {
        let mut text = String::from("\nҮЛГІ КЕЛІСІМ \n \n");
        for (section, clauses) in (1..).zip(&sections) {
            text += &format!(" \n{section}. БӨЛІМНІҢ АТЫ \n");
            for (number, clause) in (1..).zip(clauses) {
                wrap(&format!("{section}.{number}. {}", clause.text), width, &mut seed, &mut text);
                for item in &clause.items {
                    wrap(&format!("• {item}"), width, &mut seed, &mut text);
                }
            }
        }
        text += "\nРастау: \n«Кіру» батырмасын басу арқылы:\n\n";
        for (number, confirmation) in (1..).zip(&confirmations) {
            wrap(&format!("{number}. {confirmation}"), width, &mut seed, &mut text);
        }

        let parsed = parse(AgreementKind::Subject, text.as_bytes())
            .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(written(&parsed), without_white_space(&text));
        prop_assert_eq!(parsed.sections.len(), sections.len());
        for (found, clauses) in parsed.sections.iter().zip(&sections) {
            prop_assert_eq!(found.clauses.len(), clauses.len());
            for (found, clause) in found.clauses.iter().zip(clauses) {
                prop_assert_eq!(&found.text, &clause.text);
                let items: Vec<_> = found.items.iter().map(|item| &item.text).collect();
                prop_assert_eq!(items, clause.items.iter().collect::<Vec<_>>());
                prop_assert_eq!(&found.tail, &None);
            }
        }
        let found: Vec<_> = parsed.confirmations.iter().map(|confirmation| &confirmation.text).collect();
        prop_assert_eq!(found, confirmations.iter().collect::<Vec<_>>());
    }

    #[test]
    fn an_unnumbered_text_of_whole_lines_is_found_again(
        paragraphs in prop::collection::vec(clause(), 1..8), long in sentence("."),
    ) {
        let long = format!("{} {long}", "Ұзын сөйлем ".repeat(20).trim_end());
        let mut text = format!("Үлгі келісімнің\nатауы\n\n{long}\n");
        for paragraph in &paragraphs {
            text += &format!("{}\n", paragraph.text);
            for (number, item) in (1..).zip(&paragraph.items) {
                text += &format!("{number}) {item}\n");
            }
        }
        let parsed = parse(AgreementKind::CertifyingCentre, text.as_bytes())
            .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(written(&parsed), without_white_space(&text));
        let found = &parsed.sections[0].clauses;
        prop_assert_eq!(found.len(), paragraphs.len() + 1);
        for (found, paragraph) in found[1..].iter().zip(&paragraphs) {
            prop_assert_eq!(&found.text, &paragraph.text);
            prop_assert_eq!(found.items.len(), paragraph.items.len());
        }
    }
}

/// Pieces that a text could be made of, in any order: most heaps of them are refused, none may be changed.
fn heap() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => word(),
        1 => sentence("."),
        3 => prop::sample::select(vec![
            "\n", "\n\n", " ", "\u{a0}", "\t", "\r\n", "\u{c}", "1. ", "2. ", "1.1. ", "1.2. ", "2.1. ", "1.1 ",
            "1.1.1. ", "1) ", "2) ", "• ", "·", "– ", "- ", "-\n", "а) ", ";\n", ":\n", ".\n", "\nРастау:\n",
            "TITLE\n\n1. A\n1.1. ", "Title\n\n", "\u{feff}", "\u{ad}", "0", "/", "(", ")", "!", "т.б.\n",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn nothing_accepted_is_changed(heap in heap(), kind in prop::sample::select(AgreementKind::ALL.to_vec())) {
        let text = match kind {
            AgreementKind::CertifyingCentre => format!("Title\n\n{heap}"),
            _ => format!("TITLE\n\n1. FIRST\n1.1. {heap}\nConfirmation:\n1. {heap}"),
        };
        for text in [heap.as_str(), text.as_str()] {
            if let Ok(parsed) = parse(kind, text.as_bytes()) {
                let original = text.strip_prefix('\u{feff}').unwrap_or(text);
                prop_assert_eq!(written(&parsed), without_white_space(original));
            }
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in any::<Vec<u8>>()) {
        for kind in AgreementKind::ALL {
            let _ = parse(kind, &bytes);
        }
    }
}

#[test]
fn heaps_are_often_enough_accepted_to_mean_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let accepted = (0..500)
        .filter(|_| {
            let heap = heap().new_tree(&mut runner).expect("a heap").current();
            parse(AgreementKind::CertifyingCentre, format!("Title\n\n{heap}").as_bytes()).is_ok()
        })
        .count();
    assert!(accepted > 50, "only {accepted} of 500");
}
