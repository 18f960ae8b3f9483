/// Each needs its own permission in `capabilities/main.json`; without one the page cannot call it.
const COMMANDS: &[&str] = &[
    "app_state",
    "save_preferences",
    "read_code_image",
    "inspect_operator",
    "enrol",
    "unlock",
    "lock",
    "set_aside",
    "asides",
    "hand_over_aside",
    "save_aside",
    "remove_aside",
    "change_pin",
    "agreements_due",
    "agreement_opened",
    "agreement_end_reached",
    "agreement_ticked",
    "accept_agreement",
    "decline_agreement",
    "children",
    "today",
    "services",
    "begin_visit",
    "register_visit",
    "undo_visit",
    "finish_visit",
    "note_visit",
    "correct_visit",
    "visit",
    "visits",
    "visits_csv",
    "confirm_visit",
    "dispute_visit",
    "show_code",
    "read_code",
    "guests",
    "hand_over",
    "handed_over",
    "answer_as_guest",
    "review_visit",
    "adopt_position",
    "location_moments",
    "directory",
    "me",
    "sync_now",
    "sync_state",
    "courier",
    "seal_for_courier",
    "take_parcel",
    "drop_parcel",
    "check_trust",
    "evidence_file",
];

fn main() {
    // A custom path of capabilities is not watched by itself, and permissions would go stale.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*.json")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("the Tauri configuration does not build: {error:#}");
    }
}
