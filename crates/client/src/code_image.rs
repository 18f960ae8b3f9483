//! The activation link or a visit code in a picture: a photo of the sheet, of another screen, or a saved QR code.

use std::io::Cursor;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::BASE64;
use image::{GenericImage, GenericImageView, GrayImage, ImageReader, Limits, Luma};

use crate::errors::{Failure, Result};

/// Largest picture that is looked at, in bytes.
const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Largest width or height: the cameras of phones stay below it.
const MAX_SIDE_PX: u32 = 12_000;
/// Memory that decoding may take.
const MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// Pictures are made smaller than this, because a code of a sheet needs no more and large ones take seconds.
const WORKING_SIDE_PX: u32 = 1_600;
/// How many triples of corners are tried: a photo of a sheet has a handful.
const MAX_TRIES: u32 = 256;

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
    let seen = Seen { picture: picture.to_luma8(), tries_left: Arc::new(AtomicU32::new(MAX_TRIES)) };
    // Also what the library stumbles over is only a picture without a code.
    let found = panic::catch_unwind(AssertUnwindSafe(|| {
        rqrr::PreparedImage::prepare(seen).detect_grids().iter().find_map(|grid| grid.decode().ok())
    }));
    found.ok().flatten().map(|(_, text)| text).ok_or(Failure::NoCodeInImage)
}

/// A picture that can be looked at so often. The library tries each three marks that could be the corners of one code, every
/// time on a copy; how many there are decides who made the picture, and nothing else ends it.
struct Seen {
    picture: GrayImage,
    tries_left: Arc<AtomicU32>,
}

impl Clone for Seen {
    /// # Panics
    /// After the last try, without a word: it only unwinds to [`read`].
    fn clone(&self) -> Self {
        if self.tries_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            panic::resume_unwind(Box::new("too many tries"));
        }
        Self { picture: self.picture.clone(), tries_left: Arc::clone(&self.tries_left) }
    }
}

impl GenericImageView for Seen {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.picture.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        *self.picture.get_pixel(x, y)
    }
}

impl GenericImage for Seen {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.picture.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.picture.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat};

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

    /// Nothing but the mark that stands in three corners of a code, as often as it goes.
    fn picture_of_marks(side: u32) -> String {
        let is_dark = |x: u32, y: u32| x < 7 && y < 7 && x.min(y).min(6 - x).min(6 - y) != 1;
        let picture =
            GrayImage::from_fn(side, side, |x, y| Luma([if is_dark(x % 9, y % 9) { 0 } else { 255 }]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
        BASE64.encode(bytes.get_ref())
    }

    #[test]
    fn a_picture_that_would_keep_the_device_busy_for_hours_is_given_up() {
        let picture = picture_of_marks(540);
        assert!(picture.len() < 100_000, "small for a picture");
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || told.send(matches!(read(&picture), Err(Failure::NoCodeInImage))));
        assert_eq!(heard.recv_timeout(std::time::Duration::from_secs(60)), Ok(true));
    }
}
