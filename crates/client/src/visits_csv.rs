//! The coordinator's table as a file for spreadsheets: UTF-8 with byte order mark, semicolons, in the person's
//! language. What the table shows and nothing else: no coordinates, no notes.

use std::path::{Path, PathBuf};

use domain::content::Locale;
use domain::{service_catalogue, words};

use crate::codes::text_of;
use crate::errors::{Failure, Result};
use crate::file;
use crate::ipc::{CsvFile, IpcError, LocationState, PersonCard, VisitView};

const BYTE_ORDER_MARK: char = '\u{feff}';
/// How often a name is tried before giving up: nobody saves a file a thousand times a day.
const MAX_SAME_NAMES: u32 = 1_000;

/// Writes visits in their order.
pub(crate) fn write(visits: &[VisitView], locale: Locale) -> String {
    let mut text = String::from(BYTE_ORDER_MARK);
    push_line(&mut text, words::HEADS.iter().map(|(_, texts)| words::in_locale(texts, locale).to_owned()));
    for visit in visits {
        push_line(&mut text, cells(visit, locale).into_iter());
    }
    text
}

fn cells(visit: &VisitView, locale: Locale) -> [String; 20] {
    let word = |words: &'static [words::Word], code: Option<String>| {
        code.map(|code| words::word(words, &code, locale)).unwrap_or_default()
    };
    let metres = |value: Option<u32>| value.map(|metres| metres.to_string()).unwrap_or_default();
    let pick = |kk: &Option<String>, ru: &Option<String>| {
        let (first, second) = if locale == Locale::Kk { (kk, ru) } else { (ru, kk) };
        first.clone().or_else(|| second.clone()).unwrap_or_default()
    };
    let PersonCard { name, position_kk, position_ru, organisation_kk, organisation_ru, .. } =
        &visit.specialist;
    let location = match visit.location.state {
        LocationState::Fix => word(words::PRESENCE, visit.location.presence.as_ref().and_then(text_of)),
        LocationState::Unavailable => {
            word(words::UNAVAILABLE, visit.location.reason.as_ref().and_then(text_of))
        }
        LocationState::NotDue | LocationState::Pending | LocationState::Hidden => String::new(),
    };
    let flags: Vec<String> = visit.flags.iter().map(|flag| words::word(words::FLAGS, flag, locale)).collect();
    let service = service_catalogue::find(&visit.service)
        .map_or(visit.service.as_str(), |service| service.name(locale));
    [
        local_time(visit.started_at_ms, visit.offset_min),
        visit.finished_at_ms.map(|at_ms| local_time(at_ms, visit.offset_min)).unwrap_or_default(),
        visit.child.name.clone(),
        name.clone(),
        pick(position_kk, position_ru),
        pick(organisation_kk, organisation_ru),
        service.to_owned(),
        word(words::OUTCOMES, text_of(&visit.outcome)),
        visit.place_label.clone().unwrap_or_default(),
        location,
        metres(visit.location.distance_m),
        metres(visit.location.accuracy_m),
        word(words::CONFIRMATION, text_of(&visit.confirmation)),
        word(words::REVIEW, text_of(&visit.review)),
        word(words::REVIEW_REASONS, visit.review_reason.as_ref().and_then(text_of)),
        flags.join(", "),
        word(words::LATE, visit.late.as_ref().and_then(text_of)),
        word(words::CORRECTIONS, visit.cancelled.as_ref().and_then(text_of)),
        word(words::TRANSPORT, text_of(&visit.transport.state)),
        visit.basis.clone(),
    ]
}

/// `2026-11-05 14:30`, as the clock at the place showed it: sorts as text and is read by every spreadsheet.
pub(crate) fn local_time(at_ms: i64, offset_min: i16) -> String {
    let minutes = (at_ms + i64::from(offset_min) * 60_000).div_euclid(60_000);
    let (day, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    format!("{} {:02}:{:02}", civil_day(day), minute / 60, minute % 60)
}

/// The calendar day so many days after 1 January 1970.
///
/// # Source
/// Howard Hinnant's days algorithm for the proleptic Gregorian calendar, years beginning in March.
pub(crate) fn civil_day(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn push_line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(';');
        }
        push_cell(text, &cell);
    }
    text.push_str("\r\n");
}

/// A cell that begins like a formula would be calculated by the spreadsheet that opens it; an apostrophe makes it
/// text again.
fn push_cell(text: &mut String, cell: &str) {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let needs_quotes = is_formula || cell.contains([';', '"', '\n', '\r', ',']);
    if needs_quotes {
        text.push('"');
    }
    if is_formula {
        text.push('\'');
    }
    text.push_str(&cell.replace('"', "\"\""));
    if needs_quotes {
        text.push('"');
    }
}

/// Saves the file into a folder under a name that is free, and tells where.
///
/// # Errors
/// Those of the file system, as the screens know them.
pub async fn save_csv(file: CsvFile, folder: PathBuf) -> Result<CsvFile, IpcError> {
    let saved = tokio::task::spawn_blocking(move || save(file, &folder)).await;
    saved.unwrap_or(Err(Failure::Bug("csv task"))).map_err(IpcError::from)
}

/// Written aside and renamed, so that no half of it has its name, and readable by nobody else: it is full of names.
fn save(mut file: CsvFile, folder: &Path) -> Result<CsvFile> {
    std::fs::create_dir_all(folder)?;
    let aside = folder.join(format!(".{}.{}.new", file.name, std::process::id()));
    let saved =
        write_aside(&aside, file.text.as_bytes()).and_then(|()| take_free_name(&aside, &file.name, folder));
    if saved.is_err() {
        file::remove(&aside)?;
    }
    let path = saved?;
    file.name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or(file.name);
    file.path = Some(path.to_string_lossy().into_owned());
    Ok(file)
}

fn write_aside(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;

    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    file::remove(path)?;
    let mut created = options.open(path)?;
    created.write_all(bytes)?;
    Ok(created.sync_all()?)
}

/// Gives it a name that is free, never that of a file which is there: it may be one that somebody has worked on.
fn take_free_name(aside: &Path, name: &str, folder: &Path) -> Result<PathBuf> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "csv"));
    for number in 1..MAX_SAME_NAMES {
        let name = if number == 1 { name.to_owned() } else { format!("{stem} ({number}).{ending}") };
        let path = folder.join(name);
        // Takes the name first: a rename alone would go over a file of that name.
        match std::fs::File::create_new(&path) {
            Ok(_) => {
                if let Err(error) = std::fs::rename(aside, &path) {
                    file::remove(&path)?;
                    return Err(error.into());
                }
                file::sync_folder(folder)?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::Bug("csv name"))
}

#[cfg(test)]
mod tests;
