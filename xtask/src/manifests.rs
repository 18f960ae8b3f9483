//! `check-manifests`: no manifest, capability or line of code can read a location in the background, watch it, or
//! let the system copy the profile away. Phones keep no picture of the screen.
//!
//! # Source
//! Clauses A2.2, A2.3 and B2.2 of the agreements; docs/THREATS.md.

use crate::process::{Failure, Outcome, on_path, root};
use std::fs;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// Every permission the Android application may ask for. Anything else is a new promise to the people.
const ANDROID_PERMISSIONS: &[&str] = &[
    "android.permission.INTERNET",
    "android.permission.ACCESS_COARSE_LOCATION",
    "android.permission.ACCESS_FINE_LOCATION",
    "android.permission.FOREGROUND_SERVICE",
    "android.permission.FOREGROUND_SERVICE_LOCATION",
    // The code on another device's screen: one look, when the person asks for it.
    "android.permission.CAMERA",
];

/// Everything Android would copy: each must be excluded by name.
const BACKUP_DOMAINS: &[&str] = &["root", "file", "database", "sharedpref", "external"];

/// What the page never says: it reads no location at all.
const FORBIDDEN_IN_PAGE: &[&str] = &[
    "watchPosition",
    "getCurrentPosition",
    "navigator.geolocation",
    "plugin-geolocation",
    "plugin:geolocation",
];

/// How the phones' two plugins are asked for one position after another, and how that ends. The one window of a visit
/// needs it, to take the best; it is opened in one place, which also closes it.
const WATCHES: &[(&str, &str)] = &[("watch_position(", "clear_watch("), (".watch(EVERY_MS", ".stop(id")];
const WATCHING: &str = "src-tauri/src/platform/phone.rs";
/// Whoever can name our own plugin's type can watch; beside the one place that is the plugin itself.
const OWN_PLUGIN: &str = "PhoneLocation<";
const OWN_PLUGIN_FOLDER: &str = "src-tauri/phone-location";

/// How a phone's system is asked for positions until it is told to stop, and how it is told.
const NATIVE_WATCHES: &[(&str, &str)] =
    &[("requestLocationUpdates(", "removeUpdates("), ("startUpdatingLocation(", "stopUpdatingLocation(")];

/// What no Kotlin or Swift of ours says: readings without a window, in the background, or of other applications.
const FORBIDDEN_IN_NATIVE: &[&str] = &[
    "requestAlwaysAuthorization",
    "allowsBackgroundLocationUpdates",
    "startMonitoring",
    "getLastKnownLocation",
    "getCurrentLocation",
    "requestLocation(",
    "PASSIVE_PROVIDER",
];

/// How screens with children's names stay out of pictures that the phone takes of them.
const ANDROID_COVER: &[&str] = &[
    "window.setFlags(WindowManager.LayoutParams.FLAG_SECURE, WindowManager.LayoutParams.FLAG_SECURE)",
    "super.onCreate(savedInstanceState)",
];
const IOS_COVERED: &[&str] = &["cover.watch(webview)"];
const IOS_COVER: &[&str] =
    &["willResignActiveNotification", "didBecomeActiveNotification", "window.addSubview(view)"];

/// Checks all manifests, capabilities and sources of the repository.
///
/// # Errors
/// Names each file with what it must not say, or what it lacks.
pub(crate) fn check() -> Outcome {
    let root = root();
    let mut findings = Vec::new();
    let mut counted = 0;
    let mut look =
        |folder: &str, fits: &dyn Fn(&Path) -> bool, lint: &dyn Fn(&str) -> Vec<String>| -> Outcome<usize> {
            let files = files_below(&root.join(folder), fits)?;
            for file in &files {
                let text = on_path(file, fs::read(file))?;
                let shown = file.strip_prefix(&root).unwrap_or(file).display();
                findings.extend(
                    lint(&String::from_utf8_lossy(&text)).into_iter().map(|what| format!("{shown}: {what}")),
                );
            }
            counted += files.len();
            Ok(files.len())
        };
    let named = |name: &'static str| move |path: &Path| path.file_name().is_some_and(|file| file == name);
    let needed = [
        (
            "gen/android/app/src/main/AndroidManifest.xml",
            look("gen/android/app/src/main", &named("AndroidManifest.xml"), &android_manifest)?,
        ),
        (
            "data_extraction_rules.xml",
            look("gen/android", &named("data_extraction_rules.xml"), &extraction_rules)?,
        ),
        ("backup_rules.xml", look("gen/android", &named("backup_rules.xml"), &backup_rules)?),
        ("src-tauri/Info.plist", look("src-tauri", &named("Info.plist"), &apple_plist)?),
        (
            "MainActivity.kt",
            look("gen/android/app/src/main", &named("MainActivity.kt"), &|text| {
                covered(text, ANDROID_COVER)
            })?,
        ),
        (
            "PhoneLocationPlugin.swift",
            look("src-tauri", &named("PhoneLocationPlugin.swift"), &|text| covered(text, IOS_COVERED))?,
        ),
        ("Cover.swift", look("src-tauri", &named("Cover.swift"), &|text| covered(text, IOS_COVER))?),
        ("a capability", look("src-tauri/capabilities", &|_| true, &capability)?),
        ("the page", look("ui/src", &|_| true, &page_source)?),
    ];
    look("gen/android", &|path| in_overlay(path), &android_overlay)?;
    look("gen/apple", &|path| path.extension().is_some_and(|end| end == "plist"), &apple_overlay)?;
    let is_the_one = |path: &Path| path.ends_with(WATCHING);
    let own_plugin = root.join(OWN_PLUGIN_FOLDER);
    for folder in ["crates", "src-tauri"] {
        let source = |path: &Path| {
            let may_watch = is_the_one(path) || path.starts_with(&own_plugin);
            path.extension().is_some_and(|end| end == "rs") && !may_watch
        };
        look(folder, &source, &core_source)?;
    }
    look("src-tauri/src/platform", &is_the_one, &watching_source)?;
    for folder in ["gen", "src-tauri"] {
        let native = |path: &Path| path.extension().is_some_and(|end| end == "kt" || end == "swift");
        look(folder, &native, &native_source)?;
    }
    findings
        .extend(needed.iter().filter(|(_, count)| *count == 0).map(|(what, _)| format!("{what} is missing")));
    if findings.is_empty() {
        println!(
            "check-manifests: {counted} files, nothing reads a location outside a visit, nothing is backed up"
        );
        return Ok(());
    }
    Err(Failure::new(
        findings.join("\n"),
        "take it out again; if a law or an agreement changed, change xtask/src/manifests.rs with its clause",
    ))
}

/// Files below a folder; an absent folder has none. Built and downloaded folders are left out.
fn files_below(folder: &Path, fits: &dyn Fn(&Path) -> bool) -> Outcome<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in on_path(folder, fs::read_dir(folder))? {
        let path = on_path(folder, entry)?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if !["node_modules", "build", ".gradle", ".tauri", "dist", "target"]
                .iter()
                .any(|skipped| name == *skipped)
            {
                files.extend(files_below(&path, fits)?);
            }
        } else if fits(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn in_overlay(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "AndroidManifest.xml")
        && !path.ends_with("main/AndroidManifest.xml")
}

fn android_manifest(text: &str) -> Vec<String> {
    let mut findings = android_overlay(text);
    for (attribute, why) in [
        ("android:allowBackup=\"false\"", "the profile must not be backed up"),
        ("android:dataExtractionRules=\"@xml/data_extraction_rules\"", "nor moved to another phone"),
        ("android:fullBackupContent=\"@xml/backup_rules\"", "nor backed up by an older system"),
        ("android:usesCleartextTraffic=\"false\"", "the operator is reached by https only"),
    ] {
        if !without_comments(text).contains(attribute) {
            findings.push(format!("{attribute} is missing: {why}"));
        }
    }
    findings
}

/// What no Android manifest may say, whichever build it is added to.
fn android_overlay(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut findings = Vec::new();
    for tag in tags(&text, "<uses-permission") {
        let name = attribute(tag, "android:name").unwrap_or_default();
        let struck_out = attribute(tag, "tools:node") == Some("remove");
        if !struck_out && !ANDROID_PERMISSIONS.contains(&name) {
            findings.push(format!("asks for the permission {name}"));
        }
    }
    for bad in ["android:allowBackup=\"true\"", "android:usesCleartextTraffic=\"true\""] {
        if text.contains(bad) {
            findings.push(format!("says {bad}"));
        }
    }
    findings
}

fn extraction_rules(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let section = |name: &str| {
        let inside = text
            .split_once(&format!("<{name}>"))
            .and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
        inside.map_or_else(|| vec![format!("{name} is missing")], |(inside, _)| excludes_all(name, inside))
    };
    [section("cloud-backup"), section("device-transfer")].concat()
}

fn backup_rules(text: &str) -> Vec<String> {
    excludes_all("full-backup-content", &without_comments(text))
}

fn excludes_all(section: &str, text: &str) -> Vec<String> {
    let whole = |tag: &&str| attribute(tag, "path") == Some(".");
    let excluded: Vec<_> =
        tags(text, "<exclude").into_iter().filter(whole).filter_map(|tag| attribute(tag, "domain")).collect();
    let mut findings: Vec<_> = BACKUP_DOMAINS
        .iter()
        .filter(|domain| !excluded.contains(domain))
        .map(|domain| format!("{section} does not exclude {domain}"))
        .collect();
    if text.contains("<include") {
        findings.push(format!("{section} includes something"));
    }
    findings
}

fn apple_plist(text: &str) -> Vec<String> {
    let mut findings = apple_overlay(text);
    if !text.contains("<key>NSLocationWhenInUseUsageDescription</key>") {
        findings.push(
            "NSLocationWhenInUseUsageDescription is missing: the system would refuse every reading".into(),
        );
    }
    findings
}

fn apple_overlay(text: &str) -> Vec<String> {
    let text = without_comments(text);
    ["NSLocationAlways", "NSLocationTemporaryUsageDescriptionDictionary", "UIBackgroundModes"]
        .iter()
        .filter(|key| text.contains(**key))
        .map(|key| format!("has the key {key}: only a reading in the foreground is agreed to"))
        .collect()
}

fn capability(text: &str) -> Vec<String> {
    if text.contains("geolocation") {
        vec!["gives the page a geolocation permission".into()]
    } else {
        Vec::new()
    }
}

fn page_source(text: &str) -> Vec<String> {
    forbidden(text, FORBIDDEN_IN_PAGE)
}

fn core_source(text: &str) -> Vec<String> {
    let watches: Vec<_> = WATCHES.iter().map(|(begin, _)| *begin).chain([OWN_PLUGIN]).collect();
    forbidden(text, &watches)
}

/// The one place that may watch does so once with each plugin, and ends it.
fn watching_source(text: &str) -> Vec<String> {
    each_ends(text, WATCHES)
}

fn native_source(text: &str) -> Vec<String> {
    [forbidden(text, FORBIDDEN_IN_NATIVE), each_ends(text, NATIVE_WATCHES)].concat()
}

/// What must be said, in this order, outside of comments.
fn covered(text: &str, sayings: &[&str]) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut rest = code.as_str();
    for saying in sayings {
        let Some((_, after)) = rest.split_once(saying) else {
            return vec![format!("lacks {saying}: the phone would keep a picture of the screen")];
        };
        rest = after;
    }
    Vec::new()
}

/// What begins at most once, and then also ends.
fn each_ends(text: &str, watches: &[(&str, &str)]) -> Vec<String> {
    let finding = |(begin, end): &(&str, &str)| match text.matches(begin).count() {
        0 => None,
        1 if text.contains(end) => None,
        1 => Some(format!("says {begin} and never {end}")),
        places => Some(format!("says {begin} in {places} places")),
    };
    watches.iter().filter_map(finding).collect()
}

fn forbidden(text: &str, words: &[&str]) -> Vec<String> {
    words.iter().filter(|word| text.contains(**word)).map(|word| format!("says {word}")).collect()
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("<!--");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once("-->").map_or("", |(_, after)| after));
    }
    kept
}

/// Each tag that begins so, up to its closing bracket. Longer names (`<uses-permission-sdk-23`) count as well.
fn tags<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.match_indices(start).map(|(at, _)| text[at..].split('>').next().unwrap_or_default()).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!("{name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}
