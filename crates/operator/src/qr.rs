//! A link as a QR code in a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use qrcode::{Color, EcLevel, QrCode};

use crate::folder::private_file;

/// Pixels of one module in a PNG: scans from a screen and from paper.
const MODULE_PX: usize = 8;
/// White modules around the code (ISO/IEC 18004).
const QUIET: usize = 4;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// Another kind of file.
    #[error("{0}: the name must end with .svg or .png")]
    Name(String),
    /// Too long for a code.
    #[error("the link does not fit a QR code: {0}")]
    TooLong(#[from] qrcode::types::QrError),
    /// The file.
    #[error("the picture cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The file, as PNG.
    #[error("the picture cannot be written: {0}")]
    Png(#[from] png::EncodingError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
}

fn format(file: &Path) -> Result<Format, QrError> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        _ => Err(QrError::Name(file.display().to_string())),
    }
}

/// Whether a file of that name can be written; asked before a code is issued for it.
///
/// # Errors
/// [`QrError::Name`].
pub fn check_name(file: &Path) -> Result<(), QrError> {
    format(file).map(drop)
}

/// Writes the picture.
///
/// # Errors
/// [`QrError`].
pub fn write(link: &str, file: &Path) -> Result<(), QrError> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M)?;
    match format(file)? {
        Format::Svg => {
            let picture = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(320, 320).build();
            Ok(new_file(file)?.write_all(picture.as_bytes())?)
        }
        Format::Png => write_png(&code, file),
    }
}

/// Whoever sees the picture can be the person: it is for its owner only, whatever stood under its name before.
fn new_file(file: &Path) -> io::Result<File> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => private_file(file),
    }
}

fn write_png(code: &QrCode, file: &Path) -> Result<(), QrError> {
    let side = (code.width() + 2 * QUIET) * MODULE_PX;
    let mut pixels = vec![255_u8; side * side];
    for y in 0..side {
        for x in 0..side {
            let module =
                |pixel: usize| (pixel / MODULE_PX).checked_sub(QUIET).filter(|&at| at < code.width());
            if let (Some(column), Some(row)) = (module(x), module(y))
                && code[(column, row)] == Color::Dark
            {
                pixels[y * side + x] = 0;
            }
        }
    }
    let side_px = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(BufWriter::new(new_file(file)?), side_px, side_px);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    Ok(writer.finish()?)
}
