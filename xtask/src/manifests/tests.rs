use super::*;

const GOOD: &str = r#"<manifest xmlns:android="a" xmlns:tools="t">
  <!-- android.permission.ACCESS_BACKGROUND_LOCATION is named here only to say that it is absent -->
  <uses-permission android:name="android.permission.INTERNET" />
  <uses-permission android:name="android.permission.ACCESS_FINE_LOCATION" />
  <uses-permission android:name="android.permission.ACCESS_BACKGROUND_LOCATION" tools:node="remove" />
  <application android:allowBackup="false" android:dataExtractionRules="@xml/data_extraction_rules"
    android:fullBackupContent="@xml/backup_rules" android:usesCleartextTraffic="false" />
</manifest>"#;

#[test]
fn the_repository_keeps_its_promise() {
    if let Err(failure) = check() {
        panic!("{failure}");
    }
}

#[test]
fn a_good_manifest_has_no_findings() {
    assert_eq!(android_manifest(GOOD), Vec::<String>::new());
}

#[test]
fn a_background_location_is_refused_in_any_manifest() {
    let asked = GOOD.replace(" tools:node=\"remove\"", "");
    assert_eq!(
        android_manifest(&asked),
        ["asks for the permission android.permission.ACCESS_BACKGROUND_LOCATION"]
    );
    let newer = GOOD.replace(
        "<uses-permission android:name=\"android.permission.INTERNET\"",
        "<uses-permission-sdk-23 android:name=\"android.permission.ACCESS_BACKGROUND_LOCATION\"",
    );
    assert_eq!(android_overlay(&newer).len(), 1, "the form for newer systems counts too");
}

#[test]
fn a_screen_of_which_the_phone_keeps_a_picture_is_refused() {
    let covers = format!("{}\n{}", ANDROID_COVER[0], ANDROID_COVER[1]);
    assert_eq!(covered(&covers, ANDROID_COVER), Vec::<String>::new());
    let too_late = format!("{}\n{}", ANDROID_COVER[1], ANDROID_COVER[0]);
    for bad in [covers.replace("window", "// window"), too_late, String::new()] {
        assert_eq!(covered(&bad, ANDROID_COVER).len(), 1, "{bad}");
    }
}

#[test]
fn a_permission_nobody_agreed_to_is_refused() {
    let more = GOOD.replace("android.permission.INTERNET", "android.permission.READ_CONTACTS");
    assert_eq!(android_manifest(&more), ["asks for the permission android.permission.READ_CONTACTS"]);
}

#[test]
fn a_backup_is_refused() {
    let allowed = GOOD.replace("allowBackup=\"false\"", "allowBackup=\"true\"");
    assert_eq!(android_manifest(&allowed).len(), 2, "it says true, and does not say false");
    let silent = GOOD.replace("android:allowBackup=\"false\"", "");
    assert_eq!(android_manifest(&silent).len(), 1, "the system's default is to back up");
    let only_in_comment = silent.replace("<manifest", "<!-- android:allowBackup=\"false\" --><manifest");
    assert_eq!(android_manifest(&only_in_comment).len(), 1, "a comment is no promise");
}

#[test]
fn plain_http_is_refused() {
    let plain = GOOD.replace("usesCleartextTraffic=\"false\"", "usesCleartextTraffic=\"true\"");
    assert_eq!(android_manifest(&plain).len(), 2);
}

#[test]
fn rules_of_backup_exclude_everything() {
    let all: String =
        BACKUP_DOMAINS.iter().map(|domain| format!("<exclude domain=\"{domain}\" path=\".\" />")).collect();
    assert!(backup_rules(&all).is_empty());
    let both = format!("<cloud-backup>{all}</cloud-backup><device-transfer>{all}</device-transfer>");
    assert!(extraction_rules(&both).is_empty());
    assert_eq!(extraction_rules(&both.replace("device-transfer", "other")), ["device-transfer is missing"]);
    let partly = all.replace(
        "<exclude domain=\"database\" path=\".\" />",
        "<exclude domain=\"database\" path=\"old.db\" />",
    );
    assert_eq!(backup_rules(&partly), ["full-backup-content does not exclude database"]);
    assert_eq!(
        backup_rules(&format!("{all}<include domain=\"file\" path=\"x\" />")),
        ["full-backup-content includes something"]
    );
}

#[test]
fn ios_asks_only_while_in_use() {
    let good = "<key>NSLocationWhenInUseUsageDescription</key>";
    assert!(apple_plist(good).is_empty());
    assert_eq!(apple_plist("<dict/>").len(), 1);
    for bad in [
        "NSLocationAlwaysAndWhenInUseUsageDescription",
        "NSLocationAlwaysUsageDescription",
        "UIBackgroundModes",
    ] {
        assert_eq!(apple_plist(&format!("{good}<key>{bad}</key>")).len(), 1, "{bad} is refused");
    }
}

#[test]
fn the_page_reads_no_location_and_the_core_watches_none() {
    assert_eq!(
        page_source("navigator.geolocation.watchPosition(f)"),
        ["says watchPosition", "says navigator.geolocation"]
    );
    assert_eq!(page_source("import { x } from '@tauri-apps/plugin-geolocation'").len(), 1);
    assert_eq!(core_source("app.geolocation().watch_position(options)"), ["says watch_position("]);
    assert_eq!(core_source("app.state::<PhoneLocation<Wry>>()").len(), 1);
    assert_eq!(capability(r#"{"permissions": ["geolocation:default"]}"#).len(), 1);
    assert!(page_source("const lastLocation = visit.location").is_empty());
}

#[test]
fn the_one_window_of_a_visit_is_opened_once_and_closed() {
    let (open, close) = ("app.geolocation().watch_position(o, f);", "app.geolocation().clear_watch(id);");
    assert!(watching_source(&format!("{open}{close}")).is_empty());
    assert_eq!(watching_source(open).len(), 1, "never closed");
    assert_eq!(watching_source(&format!("{open}{open}{close}")).len(), 1, "opened in two places");
}

#[test]
fn the_phones_own_code_reads_in_a_window_that_ends() {
    let (open, close) = ("manager.requestLocationUpdates(p, l)", "manager.removeUpdates(l)");
    assert!(native_source(&format!("{open}\n{close}")).is_empty());
    assert_eq!(native_source(open).len(), 1, "never closed");
    assert_eq!(native_source("manager.requestAlwaysAuthorization()").len(), 1);
    assert_eq!(native_source("manager.getLastKnownLocation(p)").len(), 1);
}
