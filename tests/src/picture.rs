//! What a screen shows, as a picture that another device looks at.

use std::io::Cursor;

use client::ipc::ShownCode;
use data_encoding::BASE64;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};

/// Pixels of one module.
const MODULE_PX: u32 = 4;

/// Paints the path of a code as the page does and gives the PNG in base 64.
///
/// # Panics
/// When the path is not one of runs in rows.
pub fn of_code(shown: &ShownCode) -> String {
    let mut picture = GrayImage::from_pixel(shown.side, shown.side, Luma([255]));
    for run in shown.path.split('M').skip(1) {
        let numbers: Vec<u32> = run.split([' ', 'h', 'v']).map_while(|number| number.parse().ok()).collect();
        let [x, y, length, ..] = numbers[..] else { panic!("no run: {run}") };
        (x..x + length).for_each(|x| picture.put_pixel(x, y, Luma([0])));
    }
    let side = shown.side * MODULE_PX;
    let large = DynamicImage::ImageLuma8(resize(&picture, side, side, FilterType::Nearest));
    let mut png = Cursor::new(Vec::new());
    large.write_to(&mut png, ImageFormat::Png).expect("a picture in memory can be written");
    BASE64.encode(png.get_ref())
}
