//! The regions of Kazakhstan: 17 oblasts and 3 cities of republican significance.
//!
//! # Source
//! ISO 3166-2:KZ for the codes; KATO for the nine-digit numbers. Edition of the table: November 2026.

use crate::content::Locale;

/// One region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// ISO 3166-2 code, `KZ-71`.
    pub iso: &'static str,
    /// KATO number of nine digits.
    pub kato: &'static str,
    /// Name in Kazakh.
    pub kk: &'static str,
    /// Name in Russian.
    pub ru: &'static str,
    /// Name in English.
    pub en: &'static str,
}

impl Region {
    /// The name in a language.
    pub const fn name(&self, locale: Locale) -> &'static str {
        match locale {
            Locale::Kk => self.kk,
            Locale::Ru => self.ru,
            Locale::En => self.en,
        }
    }
}

macro_rules! regions {
    ($($iso:literal $kato:literal $kk:literal $ru:literal $en:literal;)+) => {
        /// Every region, by code.
        pub const REGIONS: &[Region] = &[
            $(Region { iso: $iso, kato: $kato, kk: $kk, ru: $ru, en: $en }),+
        ];
    };
}

regions! {
    "KZ-10" "100000000" "Абай облысы" "область Абай" "Abai";
    "KZ-11" "110000000" "Ақмола облысы" "Акмолинская область" "Akmola";
    "KZ-15" "150000000" "Ақтөбе облысы" "Актюбинская область" "Aktobe";
    "KZ-19" "190000000" "Алматы облысы" "Алматинская область" "Almaty oblast";
    "KZ-23" "230000000" "Атырау облысы" "Атырауская область" "Atyrau";
    "KZ-27" "270000000" "Батыс Қазақстан облысы" "Западно-Казахстанская область" "West Kazakhstan";
    "KZ-31" "310000000" "Жамбыл облысы" "Жамбылская область" "Zhambyl";
    "KZ-33" "330000000" "Жетісу облысы" "область Жетісу" "Zhetisu";
    "KZ-35" "350000000" "Қарағанды облысы" "Карагандинская область" "Karaganda";
    "KZ-39" "390000000" "Қостанай облысы" "Костанайская область" "Kostanay";
    "KZ-43" "430000000" "Қызылорда облысы" "Кызылординская область" "Kyzylorda";
    "KZ-47" "470000000" "Маңғыстау облысы" "Мангистауская область" "Mangystau";
    "KZ-55" "550000000" "Павлодар облысы" "Павлодарская область" "Pavlodar";
    "KZ-59" "590000000" "Солтүстік Қазақстан облысы" "Северо-Казахстанская область" "North Kazakhstan";
    "KZ-61" "610000000" "Түркістан облысы" "Туркестанская область" "Turkistan";
    "KZ-62" "620000000" "Ұлытау облысы" "область Ұлытау" "Ulytau";
    "KZ-63" "630000000" "Шығыс Қазақстан облысы" "Восточно-Казахстанская область" "East Kazakhstan";
    "KZ-71" "710000000" "Астана қаласы" "город Астана" "Astana";
    "KZ-75" "750000000" "Алматы қаласы" "город Алматы" "Almaty";
    "KZ-79" "790000000" "Шымкент қаласы" "город Шымкент" "Shymkent";
}

/// The region of an ISO 3166-2 code.
pub fn find(iso: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.iso == iso)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_regions_in_order_of_their_codes() {
        assert_eq!(REGIONS.len(), 20);
        assert!(REGIONS.windows(2).all(|pair| pair[0].iso < pair[1].iso), "sorted, hence unique");
        for region in REGIONS {
            assert_eq!(
                region.kato,
                format!("{}0000000", &region.iso[3..]),
                "KATO begins with the ISO digits"
            );
        }
    }

    #[test]
    fn a_region_is_found_by_its_exact_code() {
        assert_eq!(find("KZ-71").map(|region| region.name(Locale::Kk)), Some("Астана қаласы"));
        assert_eq!(find("kz-71"), None);
        assert_eq!(find("KZ-72"), None);
    }
}
