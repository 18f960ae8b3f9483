//! Kazakh text for people: a key to search by, and a key to sort by.
//!
//! Many people type without a Kazakh layout, so a search for "Асель" must find «Әсел»: names are kept as they were
//! given and compared by their folded form. Sorting by code point puts every Kazakh letter after я; SQL therefore
//! orders by a [`SortKey`].

use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;

/// The form of a text that searching compares.
///
/// Letters lose their case; Kazakh letters become the Russian letters that people type for them (ә→а, ғ→г, қ→к,
/// ң→н, ө→о, ұ and ү→у, һ→х, і→и, ё→е), ъ and ь go, Latin letters that look like Cyrillic ones become them, and
/// runs of white space become one space.
///
/// # Invariants
/// Folding a folded text changes nothing.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in CaseMapper::new().fold_string(text).chars() {
        match c {
            // й written as two characters must not become и.
            '\u{306}' if folded.ends_with('и') => {
                folded.pop();
                folded.push('й');
            }
            // Other combining marks are decoration: ё as two characters is е.
            '\u{300}'..='\u{36f}' => {}
            'ъ' | 'ь' => {}
            c if c.is_whitespace() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.push(fold_letter(c)),
        }
    }
    if folded.ends_with(' ') {
        folded.pop();
    }
    folded
}

/// One letter without its case folded further.
///
/// Latin `h` stands for һ and hence х, because that is how һ is typed; the look-alike pairs of capitals (H and Н)
/// cannot be kept apart from it once case is gone.
const fn fold_letter(c: char) -> char {
    match c {
        'ә' | 'ə' | 'a' => 'а',
        'ғ' => 'г',
        'қ' | 'k' => 'к',
        'ң' => 'н',
        'ө' | 'ɵ' | 'o' => 'о',
        'ұ' | 'ү' | 'y' => 'у',
        'һ' | 'h' | 'x' => 'х',
        'і' | 'i' | 'ı' => 'и',
        'ё' | 'ë' | 'e' => 'е',
        'b' => 'в',
        'c' => 'с',
        'm' => 'м',
        'p' => 'р',
        't' => 'т',
        c => c,
    }
}

/// Whether a text holds every word of the query, in any order, by their folded forms.
///
/// A word may be a part of a longer one, so that "серик" finds «Серікұлы». An empty query matches everything.
pub fn matches(query: &str, text: &str) -> bool {
    let text = fold(text);
    fold(query).split(' ').all(|word| text.contains(word))
}

/// Bytes whose plain comparison is the order of the Kazakh alphabet; a blob column that SQL can ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey(Vec<u8>);

/// Grows when the rules behind [`SortKey`] change (a new edition of the collation data): stored keys of another
/// version are not comparable and must be made anew.
pub const SORT_KEY_VERSION: u32 = 1;

static KAZAKH: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    // The data is compiled in: without it the crate would not have been built.
    Collator::try_new(locale!("kk").into(), CollatorOptions::default())
        .expect("collation data is compiled in")
});

impl SortKey {
    /// The key of a text.
    pub fn of(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 8);
        let Ok(()) = KAZAKH.write_sort_key_to(text, &mut bytes);
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALPHABET: &str = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя";

    #[test]
    fn the_whole_alphabet_sorts_as_it_is_taught() {
        assert_eq!(ALPHABET.chars().count(), 42);
        let letters: Vec<String> = ALPHABET.chars().map(String::from).collect();
        let mut by_key = letters.clone();
        by_key.reverse();
        by_key.sort_by_key(|letter| SortKey::of(letter));
        assert_eq!(by_key, letters);

        let capitals: Vec<String> = ALPHABET.to_uppercase().chars().map(String::from).collect();
        let mut by_key = capitals.clone();
        by_key.reverse();
        by_key.sort_by_key(|letter| SortKey::of(letter));
        assert_eq!(by_key, capitals, "capitals in the same order");
    }

    #[test]
    fn every_letter_is_its_own_in_the_middle_of_a_name() {
        // A letter that were only an accent of another would not outweigh what follows it.
        let letters: Vec<char> = ALPHABET.chars().collect();
        for pair in letters.windows(2) {
            let (before, after) = (format!("а{}я", pair[0]), format!("а{}а", pair[1]));
            assert!(SortKey::of(&before) < SortKey::of(&after), "{before} before {after}");
        }
    }

    #[test]
    fn names_sort_in_kazakh_order() {
        let sorted = [
            "Абай",
            "Айгүл",
            "Әлия",
            "Әсел",
            "Балнұр",
            "Ғани",
            "Дана",
            "Қанат",
            "Өмір",
            "Сәуле",
            "Ұлан",
            "Ілияс",
        ];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| SortKey::of(name));
        assert_eq!(names, sorted);
        assert!(SortKey::of("Алия 2") < SortKey::of("Әлия 1"));
    }

    #[test]
    fn folding_by_the_table() {
        assert_eq!(fold("ӘәҒғҚқҢңӨөҰұҮүҺһІіЁё"), "ааггккннооуууухх\u{438}\u{438}ее");
        assert_eq!(fold("ОБЪЁМ соль"), "обем сол");
        assert_eq!(fold("ABCEHIKMOPTXY"), "авсехикмортху", "Latin look-alikes become Cyrillic");
        assert_eq!(fold(" Нұр \t Сұлтан\u{a0}"), "нур султан");
        assert_eq!(fold("Айи\u{306}"), "айй", "й of two characters is й");
        assert_eq!(fold("е\u{308}лка"), fold("ёлка"));
    }

    #[test]
    fn people_are_found_without_a_kazakh_layout() {
        for (query, text) in [
            ("асел", "ӘСЕЛ Нұрланқызы Қайратова"),
            ("асель", "Әсел"),
            ("кайрат асел", "Әсел Қайратова"),
            ("серик", "Серікұлы"),
            ("ахмет", "Аһмет"),
            ("aсeл", "Әсел"),
            ("", "кез келген"),
            ("  ", "кез келген"),
            ("smith", "Smith Jordan"),
        ] {
            assert!(matches(query, text), "{query} finds {text}");
        }
        for (query, text) in [("асем", "Әсел"), ("асел болат", "Әсел Қайратова"), ("аселк", "Әсел Қайратова")]
        {
            assert!(!matches(query, text), "{query} does not find {text}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_text_finds_itself_whatever_the_case(text in "[а-яәғқңөұүһіёА-ЯӘҒҚҢӨҰҮҺІЁ -]{0,30}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches(&text.to_uppercase(), &text.to_lowercase()));
        }

        #[test]
        fn the_key_orders_as_the_collator_compares(
            a in "[а-яәғқңөұүһіёА-ЯӘҒҚҢӨҰҮҺІЁ a-z-]{0,12}", b in "[а-яәғқңөұүһіёА-ЯӘҒҚҢӨҰҮҺІЁ a-z-]{0,12}",
        ) {
            prop_assert_eq!(SortKey::of(&a).cmp(&SortKey::of(&b)), KAZAKH.compare(&a, &b));
        }
    }
}
