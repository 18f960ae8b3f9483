//! How many wrong activation codes one address may try, and how many parcels one device may deliver.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use parking_lot::Mutex;

/// Addresses or devices that are remembered; beyond it the oldest window is forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// Set by a proxy: whom it answers, after those that earlier proxies named.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whom a request comes from: the peer, or what a trusted proxy says. From the right, the first address that is no
/// trusted proxy; what stands left of it, anybody can have written.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.contains(&address.to_canonical());
    if !is_trusted(&peer) {
        return peer;
    }
    let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for name in named.iter().rev() {
        let Ok(address) = name.parse() else { return client };
        client = address;
        if !is_trusted(&client) {
            break;
        }
    }
    client
}

/// What counts as one address: of IPv6 the network of a household (/64), for nobody has fewer.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

struct Window {
    began: Instant,
    count: u32,
}

/// Counts something for each of many.
pub(super) struct Limit<K> {
    allowed: u32,
    window: Duration,
    windows: Mutex<HashMap<K, Window>>,
}

impl<K: Copy + Eq + Hash> Limit<K> {
    pub(super) fn new(allowed: u32, window: Duration) -> Self {
        Self { allowed, window, windows: Mutex::new(HashMap::new()) }
    }

    /// Whether it may go on; otherwise the seconds until it may.
    pub(super) fn check(&self, of: K, now: Instant) -> Result<(), u64> {
        let windows = self.windows.lock();
        let Some(window) = windows.get(&of) else { return Ok(()) };
        let left = self.window.saturating_sub(now.duration_since(window.began));
        if window.count < self.allowed || left.is_zero() { Ok(()) } else { Err(left.as_secs() + 1) }
    }

    /// Counts one.
    pub(super) fn count(&self, of: K, now: Instant) {
        let mut windows = self.windows.lock();
        if windows.len() >= MAX_ADDRESSES {
            windows.retain(|_, window| now.duration_since(window.began) < self.window);
        }
        if windows.len() >= MAX_ADDRESSES && !windows.contains_key(&of) {
            let oldest = windows.iter().min_by_key(|(_, window)| window.began).map(|(of, _)| *of);
            oldest.and_then(|oldest| windows.remove(&oldest));
        }
        let fresh = Window { began: now, count: 0 };
        let window = windows.entry(of).or_insert(fresh);
        if now.duration_since(window.began) >= self.window {
            *window = Window { began: now, count: 0 };
        }
        window.count += 1;
    }
}

/// Counts failures per address. Successful enrolments cost nothing, so a whole organisation behind one address can
/// enrol at once.
pub(super) struct FailureLimit(Limit<IpAddr>);

impl FailureLimit {
    pub(super) fn new(allowed: u32, window: Duration) -> Self {
        Self(Limit::new(allowed, window))
    }

    /// Whether an address may try; otherwise the seconds until it may.
    pub(super) fn check(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        self.0.check(household(address), now)
    }

    /// Counts a failure.
    pub(super) fn count(&self, address: IpAddr, now: Instant) {
        self.0.count(household(address), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_too_many_failures_and_others_do_not() {
        let limit = FailureLimit::new(2, Duration::from_secs(60));
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let began = Instant::now();
        limit.count(here, began);
        assert_eq!(limit.check(here, began), Ok(()));
        limit.count(here, began);
        assert_eq!(limit.check(here, began + Duration::from_secs(20)), Err(41));
        assert_eq!(limit.check(there, began), Ok(()));
        assert_eq!(limit.check(here, began + Duration::from_secs(60)), Ok(()), "a new window");
    }

    #[test]
    fn a_household_is_one_address_and_others_are_not_forgotten_for_it() {
        let limit = FailureLimit::new(1, Duration::from_secs(60));
        let began = Instant::now();
        let v6 = |network: u128, host: u128| IpAddr::V6((network << 64 | host).into());
        limit.count(v6(1, 1), began);
        assert!(limit.check(v6(1, u128::from(u64::MAX)), began).is_err());
        assert!(limit.check(v6(2, 1), began).is_ok());
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped());
        limit.count(mapped, began);
        assert!(limit.check(IpAddr::from([10, 0, 0, 1]), began).is_err());
        for network in 0..2 * MAX_ADDRESSES as u128 {
            limit.count(v6(100 + network, 1), began + Duration::from_secs(1));
        }
        assert_eq!(limit.0.windows.lock().len(), MAX_ADDRESSES);
        assert!(limit.check(v6(99 + 2 * MAX_ADDRESSES as u128, 1), began).is_err(), "the latest is known");
    }

    #[test]
    fn only_a_trusted_proxy_says_who_asks() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let (proxy, inner, client) = (address("10.0.0.1"), address("10.0.0.2"), address("203.0.113.7"));
        let seen = |peer, forwarded: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(FORWARDED_FOR, axum::http::HeaderValue::from_static(value));
            }
            client_address(peer, &headers, &[proxy, inner])
        };
        assert_eq!(seen(client, &["198.51.100.1"]), client, "anybody can write the header");
        assert_eq!(seen(proxy, &["198.51.100.1, 203.0.113.7"]), client);
        assert_eq!(seen(proxy, &["198.51.100.1", "203.0.113.7, 10.0.0.2"]), client);
        assert_eq!(seen(proxy, &["203.0.113.7, unknown"]), proxy);
        assert_eq!(seen(proxy, &[]), proxy);
    }
}
