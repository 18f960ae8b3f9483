//! The coded list of services that a specialist can register, with its names in the three languages.
//!
//! A statement holds only the code; names are looked up when it is shown. Codes are for ever: an entry may be
//! renamed or withdrawn from choice, its code never changes its meaning and is never used again.
//!
//! # Source
//! The eight kinds of special social services at home (Social Code No. 224-VII, standard of order No. 263 of
//! 29 June 2023, annex 3), and the correctional, developmental and schooling lessons that are given at home.

use crate::content::Locale;

/// One service of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Stable code: lower-case Latin words joined by hyphens.
    pub code: &'static str,
    /// Name in Kazakh.
    pub kk: &'static str,
    /// Name in Russian.
    pub ru: &'static str,
    /// Name in English.
    pub en: &'static str,
}

impl Service {
    /// The name in a language.
    pub const fn name(&self, locale: Locale) -> &'static str {
        match locale {
            Locale::Kk => self.kk,
            Locale::Ru => self.ru,
            Locale::En => self.en,
        }
    }
}

const fn service(code: &'static str, kk: &'static str, ru: &'static str, en: &'static str) -> Service {
    Service { code, kk, ru, en }
}

/// Every service: lessons first, because they are registered most often, then the kinds of social services.
pub const SERVICES: &[Service] = &[
    service("speech-therapy", "Логопед сабағы", "Занятие с логопедом", "Speech therapy lesson"),
    service("special-education", "Дефектолог сабағы", "Занятие с дефектологом", "Special education lesson"),
    service("psychologist", "Психолог сабағы", "Занятие с психологом", "Session with a psychologist"),
    service("exercise-therapy", "Емдік дене шынықтыру", "Лечебная физкультура", "Exercise therapy"),
    service("massage", "Массаж", "Массаж", "Massage"),
    service("occupational-therapy", "Эрготерапия", "Эрготерапия", "Occupational therapy"),
    service("early-intervention", "Ерте қолдау көрсету", "Раннее вмешательство", "Early intervention"),
    service("home-schooling", "Үйде оқыту сабағы", "Урок обучения на дому", "Home schooling lesson"),
    service("social-household", "Әлеуметтік-тұрмыстық қызмет", "Социально-бытовая услуга", "Household care"),
    service(
        "social-medical",
        "Әлеуметтік-медициналық қызмет",
        "Социально-медицинская услуга",
        "Medical care",
    ),
    service(
        "social-psychological",
        "Әлеуметтік-психологиялық қызмет",
        "Социально-психологическая услуга",
        "Psychological support",
    ),
    service(
        "social-pedagogical",
        "Әлеуметтік-педагогикалық қызмет",
        "Социально-педагогическая услуга",
        "Pedagogical support",
    ),
    service("social-labour", "Әлеуметтік-еңбек қызметі", "Социально-трудовая услуга", "Work skills support"),
    service(
        "social-cultural",
        "Әлеуметтік-мәдени қызмет",
        "Социально-культурная услуга",
        "Cultural activity",
    ),
    service(
        "social-economic",
        "Әлеуметтік-экономикалық қызмет",
        "Социально-экономическая услуга",
        "Economic support",
    ),
    service("social-legal", "Әлеуметтік-құқықтық қызмет", "Социально-правовая услуга", "Legal support"),
];

/// The service of a code, or nothing for a code that this edition of the product does not know.
pub fn find(code: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let codes: BTreeSet<_> = SERVICES.iter().map(|service| service.code).collect();
        assert_eq!(codes.len(), SERVICES.len());
        for code in codes {
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        }
    }

    #[test]
    fn every_language_has_its_own_distinct_names() {
        for locale in Locale::ALL {
            let names: BTreeSet<_> = SERVICES.iter().map(|service| service.name(locale)).collect();
            assert_eq!(names.len(), SERVICES.len(), "two services read alike in {}", locale.as_str());
            assert!(names.iter().all(|name| name.trim() == *name && !name.is_empty()));
        }
    }

    #[test]
    fn published_codes_stay() {
        // Statements hold these for ever: this list may only grow.
        for code in [
            "speech-therapy",
            "special-education",
            "psychologist",
            "exercise-therapy",
            "massage",
            "occupational-therapy",
            "early-intervention",
            "home-schooling",
            "social-household",
            "social-medical",
            "social-psychological",
            "social-pedagogical",
            "social-labour",
            "social-cultural",
            "social-economic",
            "social-legal",
        ] {
            assert_eq!(find(code).map(|service| service.code), Some(code));
        }
        assert_eq!(find("Speech-Therapy"), None, "codes are exact");
    }
}
