//! Whole texts: the product's own edition in three languages, and the official ones where they are found.

use std::path::{Path, PathBuf};

use domain::agreement::{AgreementKind, AgreementText, parse};
use domain::content::Locale;

use crate::{without_white_space, written};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Folder of the official texts, if this machine has one.
fn official() -> Option<PathBuf> {
    let folder = std::env::var_os("ESEP_OFFICIAL_TEXTS")
        .map_or_else(|| workspace().join("../shared/agreements"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn default_edition() -> PathBuf {
    workspace().join("crates/operator/agreements")
}

fn read(folder: &Path, kind: AgreementKind, locale: Locale) -> AgreementText {
    let path = folder.join(format!("{}.{}.txt", kind.as_str(), locale.as_str()));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = parse(kind, &bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let original = String::from_utf8(bytes).expect("parsed, hence UTF-8");
    assert_eq!(written(&text), without_white_space(&original), "{}", path.display());
    text
}

/// What must be equal in every language and edition of a kind.
#[derive(Debug, PartialEq)]
struct Structure {
    sections: Vec<Option<String>>,
    /// Anchor, number of items, and whether the sentence goes on after them.
    clauses: Vec<(String, usize, bool)>,
    confirmations: usize,
}

fn structure(text: &AgreementText) -> Structure {
    let clauses = text.sections.iter().flat_map(|section| &section.clauses);
    Structure {
        sections: text.sections.iter().map(|section| section.number.clone()).collect(),
        clauses: clauses
            .map(|clause| (clause.anchor.clone(), clause.items.len(), clause.tail.is_some()))
            .collect(),
        confirmations: text.confirmations.len(),
    }
}

/// The clauses that the requirements name, with the number of their items.
fn required(kind: AgreementKind) -> (Vec<(&'static str, usize)>, usize) {
    match kind {
        AgreementKind::Subject => (
            vec![
                ("1.1", 0),
                ("1.2", 0),
                ("1.3", 0),
                ("2.1", 0),
                ("2.2", 3),
                ("2.3", 0),
                ("3.1", 0),
                ("4.1", 0),
                ("4.2", 0),
                ("5.1", 0),
                ("5.2", 0),
                ("6.1", 0),
                ("6.2", 0),
                ("6.3", 0),
            ],
            4,
        ),
        AgreementKind::Specialist => (
            vec![
                ("1.1", 0),
                ("1.2", 0),
                ("1.3", 0),
                ("2.1", 0),
                ("2.2", 3),
                ("2.3", 0),
                ("3.1", 0),
                ("3.2", 0),
                ("3.3", 0),
                ("4.1", 0),
                ("4.2", 0),
                ("5.1", 0),
                ("5.2", 0),
            ],
            4,
        ),
        AgreementKind::CertifyingCentre => (
            vec![
                ("p1", 0),
                ("p2", 6),
                ("p3", 3),
                ("p4", 0),
                ("p5", 0),
                ("p6", 0),
                ("p7", 0),
                ("p8", 3),
                ("p9", 0),
                ("p10", 0),
            ],
            0,
        ),
    }
}

fn assert_required(kind: AgreementKind, text: &AgreementText) {
    let (clauses, confirmations) = required(kind);
    let found = structure(text);
    let found_clauses: Vec<_> =
        found.clauses.iter().map(|(anchor, items, _)| (anchor.as_str(), *items)).collect();
    assert_eq!(found_clauses, clauses);
    assert_eq!(found.confirmations, confirmations);
}

#[test]
fn the_products_own_edition_has_every_clause_in_every_language() {
    for kind in AgreementKind::ALL {
        let [kk, ru, en] = Locale::ALL.map(|locale| read(&default_edition(), kind, locale));
        assert_required(kind, &kk);
        for (locale, other) in [(Locale::Ru, &ru), (Locale::En, &en)] {
            assert_eq!(structure(other), structure(&kk), "{} in {}", kind.as_str(), locale.as_str());
            assert_eq!(markers(other), markers(&kk), "{} in {}", kind.as_str(), locale.as_str());
        }
    }
}

fn markers(text: &AgreementText) -> Vec<&str> {
    let clauses = text.sections.iter().flat_map(|section| &section.clauses);
    clauses.flat_map(|clause| &clause.items).map(|item| item.marker.as_str()).collect()
}

#[test]
fn figures_are_the_same_in_every_language_of_the_products_own_edition() {
    for (kind, anchor, figures) in [
        (AgreementKind::Subject, "1.1", vec!["110640022582"]),
        (AgreementKind::Subject, "6.2", vec!["75"]),
        (AgreementKind::Specialist, "1.1", vec!["110640022582"]),
        (AgreementKind::Specialist, "5.1", vec!["5"]),
        (AgreementKind::Specialist, "5.2", vec!["75"]),
        (AgreementKind::CertifyingCentre, "p1", vec!["88-V", "94-V"]),
        (AgreementKind::CertifyingCentre, "p6", vec!["94-V", "9"]),
        (AgreementKind::CertifyingCentre, "p7", vec!["370-II", "146"]),
        (AgreementKind::CertifyingCentre, "p9", vec!["235-V", "640"]),
    ] {
        for locale in Locale::ALL {
            let text = read(&default_edition(), kind, locale);
            let mut clauses = text.sections.iter().flat_map(|section| &section.clauses);
            let clause = clauses.find(|clause| clause.anchor == anchor).expect(anchor);
            for figure in &figures {
                assert!(clause.text.contains(figure), "{} {anchor} in {}", kind.as_str(), locale.as_str());
            }
        }
    }
}

#[test]
fn official_texts_are_structured_as_they_are_and_the_own_edition_follows_them() {
    // Elsewhere the fixtures of the same shape stand for them.
    let Some(folder) = official() else { return };
    for kind in AgreementKind::ALL {
        let official = read(&folder, kind, Locale::Kk);
        assert_required(kind, &official);
        let own = read(&default_edition(), kind, Locale::Kk);
        assert_eq!(structure(&own), structure(&official), "{}", kind.as_str());
    }
}
