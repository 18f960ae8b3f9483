//! Drawn contents of every kind: a deserialiser that answers each question of a type by chance.
//!
//! The types themselves say which members and choices there are, so a new member is drawn without a change here.

use domain::{Content, Kind, content, for_each_content};
use journal::SigningKey;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    self, Deserialize as _, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, Visitor,
};

/// Repeatable chance (splitmix64).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// A number in a range; lengths change at these edges, so they come often.
    pub(crate) fn whole(&mut self, low: i64, high: i64) -> i64 {
        const EDGES: [i64; 10] = [0, 23, 24, 255, 256, 65_535, 65_536, u32::MAX as i64, 1 << 32, i64::MAX];
        let edge = EDGES[self.below(EDGES.len())];
        let value = match self.below(4) {
            0 => edge,
            1 => -1 - edge,
            2 => [low, high][self.below(2)],
            _ => self.next() as i64 >> self.below(64),
        };
        value.clamp(low, high)
    }

    pub(crate) fn key(&mut self) -> SigningKey {
        // A number at or above the order comes about once in 2^32 tries.
        std::iter::repeat_with(|| SigningKey::from_secret(&self.array()))
            .find_map(Result::ok)
            .expect("endless")
    }

    pub(crate) fn content(&mut self, kind: Kind) -> Content {
        let member = Member { draw: self, name: "" };
        macro_rules! drawn {
            ($($variant:ident)+) => {
                match kind { $(Kind::$variant => content::$variant::deserialize(member).map(Content::$variant)),+ }
            };
        }
        for_each_content!(drawn).unwrap_or_else(|error| panic!("{kind}: {error}"))
    }

    fn text(&mut self, name: &str) -> String {
        let digits =
            |draw: &mut Self, count| (0..count).map(|_| char::from(b'0' + draw.below(10) as u8)).collect();
        match name {
            "bin" | "iin" => digits(self, 12),
            "date" => {
                format!("20{}-{:02}-{:02}", 10 + self.below(15), 1 + self.below(12), 1 + self.below(28))
            }
            _ => {
                let letters: Vec<char> = "aZ 09-«»\n\0әғқңөұүһіӘІ№😀".chars().collect();
                let length = [0, 1, 5, 23, 24, 100, 256][self.below(7)];
                (0..length).map(|_| letters[self.below(letters.len())]).collect()
            }
        }
    }
}

/// One member that is being drawn.
struct Member<'a> {
    draw: &'a mut Draw,
    name: &'static str,
}

macro_rules! drawn_integers {
    ($($method:ident $visit:ident $type:ty),+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let high = i64::try_from(<$type>::MAX).unwrap_or(i64::MAX);
            visitor.$visit(self.draw.whole(<$type>::MIN as i64, high) as $type)
        })+
    };
}

impl<'de> Deserializer<'de> for Member<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom(format!("{}: nobody draws {}", self.name, &visitor as &dyn de::Expected)))
    }

    drawn_integers! {
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.draw.below(2) == 1)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.draw.text(self.name))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    /// Ids and digests. Only what they say when they are given something else tells their length.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let expected = (&visitor as &dyn de::Expected).to_string();
        let length = expected.split(' ').next().and_then(|number| number.parse().ok());
        visitor.visit_bytes(&self.draw.bytes(length.ok_or_else(|| Error::custom(expected))?))
    }

    /// Keys.
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_byte_buf(match self.name {
            "recovery_key" | "courier_key" | "shares_of" => self.draw.bytes(32),
            _ => self.draw.key().verifying_key().to_cose_key(),
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.draw.below(2) == 0 { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.draw.below(4);
        visitor.visit_seq(Items { draw: self.draw, name: self.name, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Members { draw: self.draw, fields })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let name = variants[self.draw.below(variants.len())];
        visitor.visit_enum(Choice { draw: self.draw, name })
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char unit unit_struct newtype_struct tuple tuple_struct map identifier ignored_any
    }
}

struct Members<'a> {
    draw: &'a mut Draw,
    fields: &'static [&'static str],
}

impl<'de> de::MapAccess<'de> for Members<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let key: Option<StrDeserializer<'_, Error>> =
            self.fields.first().map(|name| name.into_deserializer());
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (name, rest) = self.fields.split_first().ok_or_else(|| Error::custom("no member is left"))?;
        self.fields = rest;
        seed.deserialize(Member { draw: &mut *self.draw, name })
    }
}

struct Items<'a> {
    draw: &'a mut Draw,
    name: &'static str,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Member { draw: &mut *self.draw, name: self.name }).map(Some)
    }
}

struct Choice<'a> {
    draw: &'a mut Draw,
    name: &'static str,
}

impl<'de, 'a> de::EnumAccess<'de> for Choice<'a> {
    type Error = Error;
    type Variant = Member<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Member<'a>), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Member { draw: self.draw, name: self.name }))
    }
}

impl<'de> de::VariantAccess<'de> for Member<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Members { draw: self.draw, fields })
    }
}
