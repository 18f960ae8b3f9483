//! Bytes as the text of a QR code: base 45 (RFC 9285), because a picture holds its letters in 5.5 bits each and every
//! reader of codes gives a text back.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode, Version};

use super::Refusal;
use crate::errors::{Failure, Result};
use crate::ipc::ShownCode;

/// What every text begins with, so that no other code is taken for one of ours.
const PREFIX: &str = "ESEP:";
/// Longest text: that of version 30 with level M. Larger pictures are not read from one old phone by another.
const MAX_TEXT: usize = 1_994;
/// White modules around the code (ISO/IEC 18004).
const QUIET: usize = 4;

/// The bytes behind a text, whatever white space came around it with a paste. A blank is a digit
/// of base 45, but never the last one.
///
/// # Errors
/// [`Failure::Code`]: `OtherKind` for other codes, `Altered` for a text of ours that is broken.
pub(super) fn bytes_of(text: &str) -> Result<Vec<u8>> {
    let encoded = text.trim().strip_prefix(PREFIX).ok_or(Failure::Code(Refusal::OtherKind))?;
    if encoded.len() > MAX_TEXT {
        return Err(Failure::Code(Refusal::Altered));
    }
    let bytes = base45::decode(encoded).map_err(|_| Failure::Code(Refusal::Altered))?;
    if base45::encode(&bytes) == encoded { Ok(bytes) } else { Err(Failure::Code(Refusal::Altered)) }
}

/// The picture of bytes.
///
/// # Errors
/// [`Failure::Code`] with `TooLarge`.
pub(super) fn draw(bytes: &[u8]) -> Result<ShownCode> {
    let text = format!("{PREFIX}{}", base45::encode(bytes));
    if text.len() > MAX_TEXT {
        return Err(Failure::Code(Refusal::TooLarge));
    }
    let code = QrCode::with_error_correction_level(&text, EcLevel::M)
        .map_err(|_| Failure::Code(Refusal::TooLarge))?;
    let version = match code.version() {
        Version::Normal(version) | Version::Micro(version) => version.unsigned_abs(),
    };
    tracing::debug!(length_bytes = bytes.len(), version, "a code is shown");
    let side = u32::try_from(code.width() + 2 * QUIET).unwrap_or(u32::MAX);
    Ok(ShownCode { text, side, path: path(&code), version: version.into() })
}

/// The dark modules as the path of an SVG, one stroke for each run in a row.
fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.width() {
        let mut x = 0;
        while x < code.width() {
            let run = (x..code.width()).take_while(|&x| code[(x, y)] == Color::Dark).count();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run + 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_its_bytes_back_and_nothing_else_does() {
        let bytes: Vec<u8> = (0..=255).collect();
        let shown = draw(&bytes).unwrap();
        assert_eq!(bytes_of(&shown.text).unwrap(), bytes);
        assert_eq!(bytes_of(&format!(" \n{}\r\n", shown.text)).unwrap(), bytes, "pasted");
        let refusal = |text: &str| match bytes_of(text) {
            Err(Failure::Code(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        for other in ["", "esep://enrol?a=x", "https://example.org", "esep:AB", "ABC"] {
            assert_eq!(refusal(other), Refusal::OtherKind, "{other}");
        }
        for broken in ["ESEP:", "ESEP::::", "ESEP:é", "ESEP:ab8"] {
            let is_empty = bytes_of(broken).is_ok_and(|bytes| bytes.is_empty());
            assert!(is_empty || refusal(broken) == Refusal::Altered, "{broken}");
        }
    }

    #[test]
    fn what_an_old_phone_cannot_read_is_not_shown() {
        assert_eq!(draw(&[0xff; 960]).unwrap().version, 25, "967 bytes is what version 25 holds");
        assert!(draw(&[7; 1_326]).unwrap().version <= 30);
        assert!(matches!(draw(&[7; 1_328]), Err(Failure::Code(Refusal::TooLarge))));
    }
}
