//! The attack corpus: written cases, honest and dishonest, through the real operator. `tests/corpus/README.md` says how
//! a case is written; docs/INTEGRITY.md shows the outcome and is compared with it.

mod line;
mod report;
mod stage;

use std::path::{Path, PathBuf};

use domain::Content;
use operator_core::authorise::Author;
use operator_core::project::rebuild;
use operator_core::register::register;
use operator_core::store::Store as _;
use operator_core::verify::check_item;
use serde::Deserialize;

use crate::world::World;
use line::Line;
use stage::Stage;

/// A family of cases: one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    title: String,
    /// The flag that is the right reason here; absent where several are.
    flag: Option<String>,
    case: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it is, in a phrase, when nobody cheats.
    honest: Option<String>,
    /// What it is, in a phrase, when somebody does.
    dishonest: Option<String>,
    /// Who does what when where.
    r#do: Vec<String>,
    /// What a person sees at which visit; nothing else.
    #[serde(default)]
    flags: Vec<String>,
    /// The flags that give it away, with spaces between, where the family has none of its own.
    reason: Option<String>,
    /// Why the operator cannot tell that somebody cheats.
    missed: Option<String>,
    /// Why an honest person is asked.
    false_alarm: Option<String>,
}

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Caught,
    /// With another reason than the family's.
    Otherwise,
    Missed,
    Quiet,
    Fact,
    FalseAlarm,
}

impl Case {
    fn says(&self) -> &str {
        self.honest.as_ref().or(self.dishonest.as_ref()).expect("a case says what it is")
    }

    /// The end as it is written down; a contradiction in the writing is a mistake of the corpus.
    fn end(&self, family: &Family) -> End {
        let is_told = |flag: &str| self.flags.iter().any(|flags| flags.split(' ').any(|code| code == flag));
        let reason = match (&family.flag, &self.reason) {
            (Some(flag), None) => Some(flag),
            (None, reason) => reason.as_ref(),
            (Some(_), Some(_)) => panic!("the family has a reason of its own: {}", self.says()),
        };
        match (&self.honest, &self.dishonest, &self.missed, &self.false_alarm) {
            (None, Some(_), None, None) if !self.flags.is_empty() => {
                let reason = reason.unwrap_or_else(|| panic!("the reason is missing: {}", self.says()));
                if reason.split(' ').all(is_told) { End::Caught } else { End::Otherwise }
            }
            (None, Some(_), Some(_), None) => End::Missed,
            (Some(_), None, None, None) if self.flags.is_empty() => End::Quiet,
            (Some(_), None, None, None) => End::Fact,
            (Some(_), None, None, Some(_)) if !self.flags.is_empty() => End::FalseAlarm,
            _ => panic!("honest or dishonest, and why it is missed or a false alarm: {}", self.says()),
        }
    }

    fn play(&self) -> Vec<String> {
        let world = World::new();
        let mut stage = Stage::set(&world);
        let mut day = 0;
        for text in &self.r#do {
            let line = Line::parse(text, day);
            day = line.day;
            stage.act(&line);
        }
        comes_again_the_same(&world, self.says());
        stage.found()
    }
}

/// The same log read again in its order gives the same projections and the same flags.
fn comes_again_the_same(world: &World, says: &str) {
    let grown = world.store.read().unwrap();
    let before = grown.projections().unwrap();
    let fresh = operator_core::memory::MemoryStore::default();
    let mut txn = fresh.write().unwrap();
    for entry in grown.entries(0, u32::MAX).unwrap() {
        let content = grown.content(entry.leaf_index).unwrap().unwrap();
        if let Ok(Content::AgreementPublished(published)) = journal::codec::decode(entry.kind, &content) {
            for text in published.texts {
                txn.put_document(text.sha256, &grown.document(text.sha256).unwrap().unwrap()).unwrap();
            }
        }
        let author = match txn.bound_key(entry.key).unwrap() {
            Some(key) => Author::Device(Box::new(key)),
            None => Author::Operator,
        };
        let key = match &author {
            Author::Device(key) => key.key.clone(),
            Author::Operator => world.key.verifying_key().clone(),
        };
        let (id, seq, statement) = (entry.id, entry.seq, entry.statement.clone());
        let item = wire::push::PushItem { id, seq, statement, content };
        let checked = check_item(&item, &key).unwrap();
        register(txn.as_mut(), &author, &checked, entry.registered_at_ms).unwrap();
        if let Some(head) =
            grown.heads().unwrap().into_iter().find(|head| head.tree_size == entry.leaf_index + 1)
        {
            txn.put_head(&head).unwrap();
        }
    }
    for entry in grown.entries(0, u32::MAX).unwrap() {
        let again = txn.entry(entry.leaf_index).unwrap().unwrap();
        assert_eq!(again.flags, entry.flags, "{says}: leaf {} {}", entry.leaf_index, entry.kind.as_str());
    }
    assert_eq!(txn.projections().unwrap(), before, "{says}: registered again");
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before, "{says}: rebuilt");
    assert_eq!(txn.entries(0, u32::MAX).unwrap(), grown.entries(0, u32::MAX).unwrap(), "{says}: rebuilt");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

fn read(name: &str) -> Family {
    let path = folder().join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Plays a family and tells every case that ends otherwise than it is written.
fn play(name: &str) {
    let family = read(name);
    let mut other = Vec::new();
    for case in &family.case {
        case.end(&family);
        let found = case.play();
        if found != case.flags {
            other.push(format!("{}\n    written: {:?}\n    found:   {found:?}", case.says(), case.flags));
        }
    }
    assert!(other.is_empty(), "{name}: {} cases end otherwise:\n{}", other.len(), other.join("\n"));
}

macro_rules! families {
    ($($name:ident)+) => {
        const FAMILIES: &[&str] = &[$(stringify!($name)),+];
        $(#[test]
        fn $name() {
            play(stringify!($name));
        })+
    };
}

families! {
    location_missing low_accuracy far_from_place mock_location copied_location impossible_travel clock_changed
    time_in_doubt visits_overlap duplicate_visit late_entry late_sync unconfirmed disputed one_device many_answers
    outside_care_team outside_engagement agreement_outdated key_revoked no_authority honest_days combined
}

#[test]
fn every_file_is_played_and_there_are_enough_cases() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|file| {
            file.unwrap().file_name().to_str().unwrap().strip_suffix(".toml").map(ToOwned::to_owned)
        })
        .collect();
    files.sort();
    let mut families = FAMILIES.to_vec();
    families.sort_unstable();
    assert_eq!(files, families);
    let cases: Vec<Family> = FAMILIES.iter().map(|name| read(name)).collect();
    let mut said: Vec<&str> = cases.iter().flat_map(|family| family.case.iter().map(Case::says)).collect();
    let count = said.len();
    assert!(count >= 300, "{count} cases");
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), count, "each case says something of its own");
}
