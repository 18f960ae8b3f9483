//! Deterministic CBOR written straight into bytes, for forms that are always the same: no tree of values in between.
//! Who writes a map writes its keys in their order.

/// Bytes that grow by one item after another.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// With room for so many bytes.
    pub(crate) fn with_capacity(length_bytes: usize) -> Self {
        Self(Vec::with_capacity(length_bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The head of an item: its major type and argument, in the shortest form.
    fn head(mut self, major: u8, argument: u64) -> Self {
        let major = major << 5;
        let bytes = argument.to_be_bytes();
        let (info, length) = match argument {
            0..=23 => (argument as u8, 0),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major | info);
        self.0.extend_from_slice(&bytes[8 - length..]);
        self
    }

    pub(crate) fn uint(self, value: u64) -> Self {
        self.head(0, value)
    }

    pub(crate) fn int(self, value: i64) -> Self {
        match u64::try_from(value) {
            Ok(value) => self.head(0, value),
            Err(_) => self.head(1, !(value as u64)),
        }
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self = self.head(2, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self = self.head(3, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn array(self, length: u64) -> Self {
        self.head(4, length)
    }

    pub(crate) fn map(self, length: u64) -> Self {
        self.head(5, length)
    }

    pub(crate) fn tag(self, tag: u64) -> Self {
        self.head(6, tag)
    }
}

#[cfg(test)]
mod tests {
    use ciborium::Value;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_writes_what_the_library_writes(
            number: u64, shift in 0_u32..64, signed: i64, text in ".{0,40}",
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let number = number >> shift;
            let signed = signed >> shift;
            let ours = Writer::default()
                .array(5).uint(number).int(signed).bytes(&bytes).text(&text).map(1).uint(1).int(-1).into_bytes();
            let value = Value::Array(vec![
                number.into(), signed.into(), Value::Bytes(bytes), Value::Text(text),
                Value::Map(vec![(1.into(), (-1).into())]),
            ]);
            let mut theirs = Vec::new();
            ciborium::into_writer(&value, &mut theirs).unwrap();
            prop_assert_eq!(ours, theirs);
        }
    }
}
