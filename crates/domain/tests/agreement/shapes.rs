//! What becomes of each peculiarity of the layout.

use domain::agreement::{AgreementKind, AgreementText, Clause, parse};

const SUBJECT: &str = include_str!("fixtures/subject.kk.txt");
const SPECIALIST: &str = include_str!("fixtures/specialist.kk.txt");
const CERTIFYING_CENTRE: &str = include_str!("fixtures/certifying-centre.kk.txt");

fn read(kind: AgreementKind, text: &str) -> AgreementText {
    parse(kind, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn clause<'t>(text: &'t AgreementText, anchor: &str) -> &'t Clause {
    let mut clauses = text.sections.iter().flat_map(|section| &section.clauses);
    clauses.find(|clause| clause.anchor == anchor).unwrap_or_else(|| panic!("no clause {anchor}"))
}

fn items(clause: &Clause) -> Vec<(&str, &str)> {
    clause.items.iter().map(|item| (item.marker.as_str(), item.text.as_str())).collect()
}

#[test]
fn title_and_headings_are_kept_line_by_line() {
    let text = read(AgreementKind::Subject, SUBJECT);
    assert_eq!(text.title, ["«СЫНАҚ.ЖҮЙЕ» үлгілік тіркеу жүйесі", "ҮЛГІ КЕЛІСІМ"]);
    let headings: Vec<_> = text
        .sections
        .iter()
        .map(|section| (section.number.as_deref().unwrap_or("-"), section.heading.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(headings, [("1", "КІРІСПЕ БӨЛІМ"), ("2", "ТІЗІМІ БАР БӨЛІМ"), ("3", "СОҢҒЫ БӨЛІМ")]);
    assert_eq!(
        read(AgreementKind::Specialist, SPECIALIST).title,
        ["ҮЛГІ КЕЛІСІМ", "ЖӘНЕ ҮЛГІ МІНДЕТТЕМЕ", "«СЫНАҚ.ЖҮЙЕ» мамандары үшін"]
    );
}

#[test]
fn a_hyphen_at_the_end_of_a_line_stays_in_its_word() {
    let text = read(AgreementKind::Subject, SUBJECT);
    assert!(clause(&text, "1.1").text.ends_with("және «СЫНАҚ-ЖҮЙЕ» атауы да шартты."));
    assert!(clause(&text, "3.1").text.contains("ол ата-аналарға да,"));
    let specialist = read(AgreementKind::Specialist, SPECIALIST);
    assert!(
        clause(&specialist, "1.1").text.contains("(бұдан әрі – «Маман») сынақ"),
        "a dash keeps its spaces"
    );
}

#[test]
fn references_dates_and_figures_at_the_edge_of_a_line_are_no_numbers_of_clauses() {
    let text = read(AgreementKind::Subject, SUBJECT);
    assert!(clause(&text, "1.2").text.contains("15.03.2026 күні басталған жұмыс 2026 жылы аяқталады."));
    let specialist = read(AgreementKind::Specialist, SPECIALIST);
    assert!(clause(&specialist, "1.2").text.contains("кейінгі 5 (бес) жыл"));
}

#[test]
fn items_survive_blank_lines_inside_them() {
    let text = read(AgreementKind::Subject, SUBJECT);
    let listed = clause(&text, "2.1");
    assert_eq!(listed.text, "Тізім алдындағы сөйлем келесі мақсаттарды атайды:");
    assert_eq!(
        items(listed),
        [
            ("•", "бірінші мақсат бір жолға сыяды;"),
            ("•", "екінші мақсат ұзын болғандықтан бет соңында үзіліп, осы жерде аяқталады;"),
            ("•", "үшінші мақсат мекемелерге (ҚР БМ, ҚР ЖМ және т.б.) жолданады."),
        ]
    );
    assert_eq!(listed.tail, None);
    assert_eq!(clause(&text, "2.2").text, "Тізімнен кейінгі тармақта артық бос орындар да кездеседі.");
}

#[test]
fn confirmations_are_joined_over_blank_lines() {
    let text = read(AgreementKind::Subject, SUBJECT);
    assert_eq!(text.confirmations_heading.as_deref(), Some("Растау:"));
    assert_eq!(
        text.confirmations_lead.as_deref(),
        Some("«Кіру» батырмасын басу арқылы мыналарды растаймын:")
    );
    let confirmations: Vec<_> = text
        .confirmations
        .iter()
        .map(|confirmation| (confirmation.number, confirmation.text.as_str()))
        .collect();
    assert_eq!(
        confirmations,
        [
            (1, "Мәтінді (өзім үшін және балам үшін) соңына дейін оқыдым."),
            (2, "Құрылғымның орналасқан жері тіркелетініне келісемін."),
            (3, "Бұл құжаттың қағаз нұсқасымен бірдей екенін білемін."),
        ]
    );
}

#[test]
fn unnumbered_text_becomes_paragraphs_with_lists() {
    let text = read(AgreementKind::CertifyingCentre, CERTIFYING_CENTRE);
    assert_eq!(text.title, ["«Үлгілік куәлік орталығы» жүйесіне", "арналған сынақ келісімі"]);
    assert_eq!(text.confirmations, []);
    assert_eq!(text.sections.len(), 1);
    let anchors: Vec<_> = text.sections[0].clauses.iter().map(|clause| clause.anchor.as_str()).collect();
    assert_eq!(anchors, ["p1", "p2", "p3", "p4", "p5", "p6"]);
    assert!(clause(&text, "p1").text.contains("2-тармағының 12)тармақшасына"), "no item inside a line");

    let data = clause(&text, "p2");
    let markers: Vec<_> = items(data).into_iter().map(|(marker, _)| marker).collect();
    assert_eq!(markers, ["1)", "2)", "3)", "4)"]);
    assert_eq!(data.items[3].text, "байланыс: телефон нөмірі және пошта мекенжайы жатады,");
    assert_eq!(
        data.tail.as_deref(),
        Some("олардың бәрі тек сынаққа керек."),
        "the sentence ends after its list"
    );

    assert_eq!(items(clause(&text, "p3")), [("·", "тұлғаны тану;"), ("·", "өтінімді толтыру.")]);
    assert_eq!(clause(&text, "p4").items, []);
    let duties = clause(&text, "p5");
    assert_eq!(duties.text, "Мен:");
    assert_eq!(
        items(duties),
        [
            ("", "тәртіп бұзылса, бұл туралы дереу хабарлауға;"),
            ("", "кілтімді қорғалған құралда сақтауға;"),
            ("", "кілтімді ешкімге бермеуге міндеттенемін. Күдік туса, кілтті пайдалануды тоқтатамын."),
        ]
    );
}

#[test]
fn unnumbered_text_may_be_wrapped_with_blank_lines_between_paragraphs() {
    let text = read(
        AgreementKind::CertifyingCentre,
        "Title of the\nagreement\n\nThe first paragraph is wrapped\nover two lines.\n\nThe second names data:\n\
         1) the name,\nwith the patronymic;\n2. the number\n\nof the person;\nwhich are needed.\n\nThe third breaks\n\n\
         off at the end of a page.\n",
    );
    assert_eq!(text.title, ["Title of the", "agreement"]);
    assert_eq!(clause(&text, "p1").text, "The first paragraph is wrapped over two lines.");
    let data = clause(&text, "p2");
    assert_eq!(items(data), [("1)", "the name, with the patronymic;"), ("2.", "the number of the person;")]);
    assert_eq!(data.tail.as_deref(), Some("which are needed."));
    assert_eq!(clause(&text, "p3").text, "The third breaks off at the end of a page.");
}

/// A numbered text with one clause, for peculiarities of clauses.
fn with_clause(clause: &str) -> AgreementText {
    read(
        AgreementKind::Subject,
        &format!("TITLE\n\n1. HEADING\n{clause}\n\nПодтверждение:\nНажимая «Войти»:\n1. Да.\n"),
    )
}

#[test]
fn lists_of_every_marker() {
    let text = with_clause("1.1. Numbers:\n1) a;\n2) b\nwrapped;\n3) c.\nThe rest.");
    assert_eq!(items(clause(&text, "1.1")), [("1)", "a;"), ("2)", "b wrapped;"), ("3)", "c.")]);
    assert_eq!(clause(&text, "1.1").tail.as_deref(), Some("The rest."));
    let text = with_clause("1.1. Dashes:\n– a – with a dash;\n– b;\nand the rest");
    assert_eq!(items(clause(&text, "1.1")), [("–", "a – with a dash;"), ("–", "b;")]);
    assert_eq!(clause(&text, "1.1").tail.as_deref(), Some("and the rest"));
    let text = with_clause("1.1. Letters:\nа) one;\nб) two.");
    assert_eq!(items(clause(&text, "1.1")), [("а)", "one;"), ("б)", "two.")]);
    let text = with_clause("1.1. Bullets without space:\n•one;\n•\ntwo.");
    assert_eq!(items(clause(&text, "1.1")), [("•", "one;"), ("•", "two.")]);
}

#[test]
fn what_only_looks_like_a_marker_is_text() {
    let text =
        with_clause("1.1. By point 2 of\n12) of the law, hereafter\n— the law, and by letter\nа) of it.");
    assert_eq!(
        clause(&text, "1.1").text,
        "By point 2 of 12) of the law, hereafter — the law, and by letter а) of it."
    );
    let text = with_clause("1.1. The word\nрастау:\nis no heading in small letters.");
    assert_eq!(clause(&text, "1.1").text, "The word растау: is no heading in small letters.");
}

#[test]
fn a_list_that_goes_on_takes_back_what_looked_like_its_end() {
    let text =
        with_clause("1.1. List:\n• first; of two\nhalves;\nstill the first;\n• second etc.\nand more.\nEnd.");
    assert_eq!(
        items(clause(&text, "1.1")),
        [("•", "first; of two halves; still the first;"), ("•", "second etc. and more.")]
    );
    assert_eq!(clause(&text, "1.1").tail.as_deref(), Some("End."));
}

#[test]
fn a_long_heading_may_be_wrapped() {
    let text = read(
        AgreementKind::Subject,
        "T\n\n1. LONG\nHEADING\n1.1.Text.\n\nConfirmation:\n1. Yes.\n\n2.\nNo.\n",
    );
    assert_eq!(text.sections[0].heading.as_deref(), Some("LONG HEADING"));
    assert_eq!(clause(&text, "1.1").text, "Text.", "the space after the number may be missing");
    assert_eq!(text.confirmations_lead, None);
    assert_eq!(text.confirmations[1].text, "No.", "a number may stand alone in its line");
}

#[test]
fn line_ends_and_marks_of_other_systems_change_nothing() {
    let plain = read(AgreementKind::Subject, SUBJECT);
    let foreign = format!("\u{feff}{}", SUBJECT.replace('\n', "\r\n"));
    assert_eq!(read(AgreementKind::Subject, &foreign), plain);
    let tabs = SUBJECT.replace("   ", "\t").replace("\n\n\n\n", "\n\u{c}");
    assert_eq!(read(AgreementKind::Subject, &tabs), plain, "tabs and page breaks are white space");
}

#[test]
fn serialised_form_is_stable() {
    let text = with_clause("1.1. List:\n• a.\nTail");
    assert_eq!(
        serde_json::to_string(&text).expect("json"),
        "{\"title\":[\"TITLE\"],\"sections\":[{\"number\":\"1\",\"heading\":\"HEADING\",\"clauses\":[{\"number\":\
         \"1.1\",\"anchor\":\"1.1\",\"text\":\"List:\",\"items\":[{\"marker\":\"•\",\"text\":\"a.\"}],\"tail\":\
         \"Tail\"}]}],\"confirmations_heading\":\"Подтверждение:\",\"confirmations_lead\":\"Нажимая «Войти»:\",\
         \"confirmations\":[{\"number\":1,\"text\":\"Да.\"}]}"
    );
    for kind in AgreementKind::ALL {
        assert_eq!(serde_json::to_string(&kind).expect("json"), format!("\"{}\"", kind.as_str()));
        assert_eq!(AgreementKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(AgreementKind::parse("Subject"), None);
}
