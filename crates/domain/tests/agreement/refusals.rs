//! What is refused: one case for each reason, with the line that the operator is told.

use domain::agreement::{AgreementKind, MAX_TEXT_BYTES, ParseError, Reason, parse};

const END: &str = "\nConfirmation:\nBy pressing Enter:\n1. I agree.\n";

fn refused(kind: AgreementKind, text: &str) -> (usize, Reason) {
    match parse(kind, text.as_bytes()) {
        Err(ParseError { line, reason }) => (line, reason),
        Ok(parsed) => panic!("accepted as {parsed:#?}"),
    }
}

fn refused_subject(body: &str) -> (usize, Reason) {
    refused(AgreementKind::Subject, &format!("{body}{END}"))
}

#[test]
fn the_case_that_all_others_vary_is_accepted() {
    let text = format!("TITLE\n\n1. FIRST\n1.1. One.\n1.2. Two.\n2. SECOND\n2.1. Three.\n{END}");
    assert!(parse(AgreementKind::Subject, text.as_bytes()).is_ok());
}

#[test]
fn bytes_that_are_no_text() {
    let too_large = " ".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(refused(AgreementKind::Subject, &too_large), (1, Reason::TooLarge));
    assert_eq!(refused(AgreementKind::Subject, " \n\t\n\u{a0}"), (1, Reason::Empty));
    assert_eq!(refused(AgreementKind::Subject, ""), (1, Reason::Empty));
    let bad = parse(AgreementKind::Subject, b"TITLE\n\n1. \xcf\xf0\xe0\xe2\xe0");
    assert_eq!(bad, Err(ParseError { line: 3, reason: Reason::NotUtf8 { byte: 10 } }));
}

#[test]
fn characters_that_show_nothing() {
    for character in
        ['\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{2028}']
    {
        let found = refused_subject(&format!("TITLE\n\n1. FIRST\n1.1. A{character}b.\n"));
        assert_eq!(found, (4, Reason::StrayCharacter { character }));
    }
    let carriage = '\r';
    assert_eq!(refused_subject("TI\rTLE\n"), (1, Reason::StrayCharacter { character: carriage }));
    assert_eq!(refused_subject("T\n\u{feff}X\n"), (2, Reason::StrayCharacter { character: '\u{feff}' }));
}

#[test]
fn titles_and_sections() {
    assert_eq!(refused_subject("\n1. FIRST\n1.1. One.\n"), (2, Reason::NoTitle));
    assert_eq!(
        refused_subject("TITLE\nThis is agreed.\n1. FIRST\n1.1. One.\n"),
        (2, Reason::TextBeforeSections)
    );
    assert_eq!(refused_subject("TITLE\n1.1. One.\n"), (2, Reason::SectionWithoutHeading));
    assert_eq!(refused_subject("TITLE\n1.\n1.1. One.\n"), (2, Reason::SectionWithoutHeading));
    let skipped = Reason::SectionOutOfOrder { expected: 2, found: 3 };
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. One.\n3. THIRD\n3.1. Two.\n"), (4, skipped));
    let first = Reason::SectionOutOfOrder { expected: 1, found: 2 };
    assert_eq!(refused_subject("TITLE\n2. SECOND\n2.1. One.\n"), (2, first));
    assert_eq!(
        refused_subject("TITLE\n1. FIRST\n2. SECOND\n2.1. One.\n"),
        (2, Reason::SectionWithoutClauses)
    );
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. One.\n2. LAST\n"), (4, Reason::SectionWithoutClauses));
}

#[test]
fn clauses() {
    let order = |expected, found| Reason::ClauseOutOfOrder { expected, found };
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. One.\n1.3. Two.\n"), (4, order((1, 2), (1, 3))));
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. One.\n1.1. Two.\n"), (4, order((1, 2), (1, 1))));
    assert_eq!(refused_subject("TITLE\n1. FIRST\n2.1. One.\n"), (3, order((1, 1), (2, 1))));
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1.\n1.2. Two.\n"), (3, Reason::ClauseWithoutText));
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1.\n• item\n"), (3, Reason::ClauseWithoutText));
    assert_eq!(
        refused_subject("TITLE\n1. FIRST\n1.1. One.\n1.2 Two.\n"),
        (4, Reason::ClauseNumberWithoutStop)
    );
    assert_eq!(
        refused_subject("TITLE\n1. FIRST\n1.1. One.\n2.1 Two.\n"),
        (4, Reason::ClauseNumberWithoutStop)
    );
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. One.\n1.1.1. Two.\n"), (4, Reason::NumberTooDeep));
    assert_eq!(refused_subject("TITLE\n1. FIRST\nA paragraph.\n1.1. One.\n"), (3, Reason::TextOutsideClause));
    assert_eq!(refused_subject("TITLE\n1. FIRST\nsmall after\n1.1. One.\n"), (3, Reason::TextOutsideClause));
    assert_eq!(
        refused_subject("TITLE\n1. First\n\nafter a gap\n1.1. One.\n"),
        (4, Reason::TextOutsideClause)
    );
    // The last line is named: the whole text was read in vain.
    assert_eq!(refused_subject("TITLE\n1. FIRST\nNo number.\n"), (7, Reason::NoClauses));
}

#[test]
fn lists() {
    assert_eq!(refused_subject("TITLE\n1. FIRST\n• item\n1.1. One.\n"), (3, Reason::ListWithoutLead));
    assert_eq!(refused(AgreementKind::CertifyingCentre, "TITLE\n\n• item\n"), (3, Reason::ListWithoutLead));
    let order = |expected, found| Reason::ItemOutOfOrder { expected, found };
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. List:\n1) a;\n3) b.\n"), (5, order(2, 3)));
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. List:\n2) a;\n"), (4, order(1, 2)));
    assert_eq!(refused_subject("TITLE\n1. FIRST\n1.1. List:\n•\n• b.\n"), (4, Reason::ItemWithoutText));
    assert_eq!(
        refused_subject("TITLE\n1. FIRST\n1.1. List:\n– the operator\n– a firm;\n"),
        (5, Reason::AmbiguousDash)
    );
}

#[test]
fn confirmations() {
    let body = "TITLE\n\n1. FIRST\n1.1. One.\n";
    let with = |block: &str| refused(AgreementKind::Specialist, &format!("{body}\n{block}"));
    let order = |expected, found| Reason::ConfirmationOutOfOrder { expected, found };
    assert_eq!(refused(AgreementKind::Specialist, body), (4, Reason::ConfirmationsMissing));
    assert_eq!(with("Растау:\n"), (6, Reason::ConfirmationsEmpty));
    assert_eq!(with("Растау:\nЛишь вступление:\n• нет списка\n"), (6, Reason::ConfirmationsEmpty));
    assert_eq!(with("Растау:\n2. Да.\n"), (7, order(1, 2)));
    assert_eq!(with("Растау:\n1. Да.\n3. Да.\n"), (8, order(2, 3)));
    assert_eq!(with("Растау:\n1. Да.\n1. Да.\n"), (8, order(2, 1)));
    assert_eq!(with("Растау:\n1.\n2. Да.\n"), (7, Reason::ConfirmationWithoutText));
    assert_eq!(with("Растау:\n1. Да.\n\nПодпись\n"), (9, Reason::TextAfterConfirmations));
    assert_eq!(with("Растау:\n1. Да\n• и ещё.\n"), (8, Reason::TextAfterConfirmations));
    assert_eq!(with("Растау:\n1. Да.\nРастау:\n1. Да.\n"), (8, Reason::ConfirmationsTwice));
}

#[test]
fn unnumbered_texts() {
    let kind = AgreementKind::CertifyingCentre;
    assert_eq!(refused(kind, "Only a title"), (1, Reason::NoBody));
    assert_eq!(refused(kind, "\nA sentence at once.\nAnd another.\n"), (2, Reason::NoTitle));
    assert_eq!(refused(kind, &format!("{}\n\nText.\n", "long ".repeat(50))), (1, Reason::NoTitle));
    assert_eq!(refused(kind, "Растау:\n1. Иә.\n"), (1, Reason::NoTitle));
}

#[test]
fn the_message_names_line_and_rule() {
    let error =
        parse(AgreementKind::Subject, b"TITLE\n1. FIRST\n1.1. One.\n1.3. Two.\n").expect_err("out of order");
    assert_eq!(error.to_string(), "line 4: clause 1.3. where 1.2. should follow");
}
