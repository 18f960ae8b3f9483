//! The counter that runs through sleep, and the name of the boot that it belongs to.

/// One start of the device, as far as the system tells.
#[derive(Debug)]
pub(super) struct Boot {
    name: Option<String>,
    #[cfg(not(unix))]
    since: std::time::Instant,
}

impl Boot {
    pub(super) fn current() -> Self {
        Self {
            name: name(),
            #[cfg(not(unix))]
            since: std::time::Instant::now(),
        }
    }

    /// Tells two boots apart; `None` where the system does not name them.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Milliseconds of a counter that includes sleep; where it begins is the system's secret.
    #[cfg(unix)]
    pub(super) fn elapsed_ms(&self) -> u64 {
        use rustix::time::{ClockId, clock_gettime};

        // On Apple's systems the monotonic clock itself counts sleep (clock_gettime(3)).
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const THROUGH_SLEEP: ClockId = ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const THROUGH_SLEEP: ClockId = ClockId::Monotonic;

        let time = clock_gettime(THROUGH_SLEEP);
        u64::try_from(time.tv_sec).unwrap_or(0) * 1000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
    }

    /// Milliseconds since this run began: the performance counter of Windows goes on through sleep.
    #[cfg(not(unix))]
    pub(super) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A digest of the kernel's random name of this boot; the name itself is kept nowhere.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn name() -> Option<String> {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digest = Sha256::new().chain_update(b"esep clock epoch\0").chain_update(id.trim()).finalize();
    Some(HEXLOWER.encode(&digest[..16]))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn name() -> Option<String> {
    None
}
