//! What kind of device the program runs on.

use client::ports::DeviceFacts;

/// Facts of this build: they are known when it is compiled and name no single device.
pub const fn facts(app_version: &'static str) -> DeviceFacts {
    DeviceFacts { platform: PLATFORM, is_phone: IS_PHONE, app_version }
}

const PLATFORM: &str = std::env::consts::OS;
const IS_PHONE: bool = cfg!(any(target_os = "android", target_os = "ios"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_is_one_that_the_operator_knows() {
        let facts = facts("1.2.3");
        assert!(["linux", "windows", "macos", "android", "ios"].contains(&facts.platform));
        assert_eq!(facts.is_phone, ["android", "ios"].contains(&facts.platform));
        assert_eq!(facts.app_version, "1.2.3");
    }
}
