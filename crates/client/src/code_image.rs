//! The activation link in a picture: a photo of the sheet or a saved QR code.

use std::io::Cursor;

use data_encoding::BASE64;
use image::{ImageReader, Limits};

use crate::errors::{Failure, Result};

/// Largest picture that is looked at, in bytes.
const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Largest width or height: the cameras of phones stay below it.
const MAX_SIDE_PX: u32 = 12_000;
/// Memory that decoding may take.
const MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// Pictures are made smaller than this, because a code of a sheet needs no more and large ones take seconds.
const WORKING_SIDE_PX: u32 = 1_600;

/// Reads the first code that can be read.
///
/// # Errors
/// [`Failure::NoCodeInImage`] when it is no picture, or no readable code is in it.
pub(crate) fn read(image_base64: &str) -> Result<String> {
    // A page may hand over a data URL as it is.
    let encoded = image_base64.rsplit_once(',').map_or(image_base64, |(_, encoded)| encoded).trim();
    if encoded.len() / 4 * 3 > MAX_BYTES {
        return Err(Failure::NoCodeInImage);
    }
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| Failure::NoCodeInImage)?;
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Failure::NoCodeInImage)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_MEMORY_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| Failure::NoCodeInImage)?;
    let picture = if picture.width().max(picture.height()) > WORKING_SIDE_PX {
        picture.thumbnail(WORKING_SIDE_PX, WORKING_SIDE_PX)
    } else {
        picture
    };
    let grey = picture.to_luma8();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(grey.width() as usize, grey.height() as usize, |x, y| {
            grey.get_pixel(x as u32, y as u32).0[0]
        });
    let found = prepared.detect_grids().iter().find_map(|grid| grid.decode().ok());
    found.map(|(_, text)| text).ok_or(Failure::NoCodeInImage)
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayImage, ImageFormat, Luma};

    use super::*;

    fn picture_of(text: &str, pixel: u32) -> String {
        let code = qrcode::QrCode::new(text).unwrap();
        let (side, border) = (code.width() as u32, 4);
        let colours = code.to_colors();
        let picture = GrayImage::from_fn((side + 2 * border) * pixel, (side + 2 * border) * pixel, |x, y| {
            let (x, y) = (x / pixel, y / pixel);
            let inside = (border..side + border).contains(&x) && (border..side + border).contains(&y);
            let dark = inside && colours[((y - border) * side + x - border) as usize] == qrcode::Color::Dark;
            Luma([if dark { 0 } else { 255 }])
        });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
        BASE64.encode(bytes.get_ref())
    }

    #[test]
    fn a_link_is_read_from_small_and_large_pictures() {
        let link = "esep://enrol?a=aHR0cHM6Ly9lc2VwLmV4YW1wbGU&c=ABCD-EFGH-JKMN-PQRS&f=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(read(&picture_of(link, 4)).unwrap(), link);
        assert_eq!(read(&picture_of(link, 40)).unwrap(), link, "made smaller first");
        assert_eq!(read(&format!("data:image/png;base64,{}", picture_of(link, 4))).unwrap(), link);
    }

    #[test]
    fn what_holds_no_code_says_so() {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_luma8(200, 200).write_to(&mut bytes, ImageFormat::Png).unwrap();
        for nothing in
            [BASE64.encode(bytes.get_ref()), BASE64.encode(b"GIF89a"), "no base64!".into(), String::new()]
        {
            assert!(matches!(read(&nothing), Err(Failure::NoCodeInImage)));
        }
    }
}
