//! What the build and the tests need from the system and from npm, installed when it is missing.

use crate::process::{Failure, Outcome, program, root};
use std::io::IsTerminal;
use std::time::SystemTime;

/// Needed to compile the application and the vendored SQLCipher.
pub(crate) const BUILD: &[&str] = &[
    "build-essential",
    "curl",
    "file",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "patchelf",
    "perl",
    "pkg-config",
    "wget",
];

/// A screen where there is none, and a program that takes its picture.
pub(crate) const VIRTUAL_SCREEN: &[&str] = &["fonts-noto-core", "imagemagick", "x11-utils", "xauth", "xvfb"];

/// A session bus and a keyring where the desktop offers none.
pub(crate) const KEYRING: &[&str] = &["dbus", "dbus-x11", "gnome-keyring"];

/// What the benchmark's key store is asked with.
pub(crate) const BENCH: &[&str] = &["libglib2.0-bin"];

/// The system's location service, which the desktop application asks at a visit.
pub(crate) const LOCATION: &[&str] = &["geoclue-2.0"];

/// Real parts for the acceptance tests: a driven window, a location service, a bus to watch, Python.
pub(crate) const ACCEPTANCE: &[&str] = &[
    "at-spi2-core",
    "libglib2.0-bin",
    "libsecret-tools",
    "python3-dbusmock",
    "python3-gi",
    "python3-venv",
    "webkit2gtk-driver",
    "x11-apps",
    "xdotool",
];

/// Installs the missing ones of these Debian packages; elsewhere it only says what is needed.
///
/// # Errors
/// When a package is missing and cannot be installed without a password; the line to type is in the failure.
pub(crate) fn system_packages(groups: &[&[&str]]) -> Outcome {
    let wanted: Vec<&str> = groups.concat();
    if !program("dpkg-query").args(["--version"]).quiet_succeeds() {
        println!(
            "not a Debian system: make sure that the counterparts of these are installed: {}",
            wanted.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<&str> = wanted.into_iter().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("system packages are missing: {}", missing.join(" "));
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    let Some(prefix) = administrator() else {
        return Err(Failure::new(
            "system packages are missing, and installing them needs the administrator's password",
            format!("type this line, then run the command again:\n  {by_hand}"),
        ));
    };
    let apt = |arguments: &[&str]| {
        let mut line = prefix.clone();
        line.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]);
        line.extend(arguments);
        program(line[0]).args(&line[1..]).mend(&format!("see why apt-get refuses; by hand: {by_hand}")).run()
    };
    apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing);
    apt(&arguments)
}

fn is_installed(package: &str) -> bool {
    let status = program("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]).read();
    status.is_ok_and(|status| status == "installed")
}

/// The words before a command that make it the administrator's; none when it cannot be had.
fn administrator() -> Option<Vec<&'static str>> {
    let root = program("id").args(["-u"]).read().is_ok_and(|id| id.trim() == "0");
    if root {
        return Some(Vec::new());
    }
    let can_ask = std::io::stdin().is_terminal() && program("sudo").args(["--version"]).quiet_succeeds();
    (can_ask || program("sudo").args(["-n", "true"]).quiet_succeeds()).then(|| vec!["sudo"])
}

/// Brings `node_modules` to what package-lock.json says, when it is not.
pub(crate) fn npm_packages() -> Outcome {
    let mend = "install Node 20.19 or later, for example from nodejs.org";
    let version = program("node").args(["--version"]).mend(mend).read()?;
    if !recent_enough(version.trim()) {
        return Err(Failure::new(format!("Node {} is too old", version.trim()), mend));
    }
    let changed = |path: &str| -> Option<SystemTime> { root().join(path).metadata().ok()?.modified().ok() };
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    program("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .mend("check the connection to the npm registry, then remove node_modules and try again")
        .run()
}

/// Vite needs 20.19 or 22.12.
fn recent_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 12,
        (Some(major), _) => major > 22,
        _ => false,
    }
}

/// Builds the page into ui/dist, which the application embeds.
pub(crate) fn build_page() -> Outcome {
    program("npm")
        .args(["run", "build"])
        .mend("mend what Vite names; `npm ci` brings back the packages")
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_accepted_from_the_version_that_vite_needs() {
        for good in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0"] {
            assert!(recent_enough(good), "{good} is enough");
        }
        for bad in ["v18.20.0", "v20.18.9", "v21.9.0", "v22.11.0", "", "vX"] {
            assert!(!recent_enough(bad), "{bad} is not enough");
        }
    }
}
