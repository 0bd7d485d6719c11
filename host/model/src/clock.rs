//! The one place that asks what time it is. Everything else takes time as an argument.

use jiff::Timestamp;

/// The present, cut to milliseconds, as it is stored and shown.
pub fn now() -> Timestamp {
    let ms = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The present, as file systems count it.
pub fn system_time() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

/// `base` and some milliseconds; at the end of time it stays there.
pub fn after_ms(base: Timestamp, ms: u64) -> Timestamp {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(base.as_millisecond().saturating_add(ms)).unwrap_or(Timestamp::MAX)
}

/// `base` less some milliseconds; at the beginning of time it stays there.
pub fn before_ms(base: Timestamp, ms: u64) -> Timestamp {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(base.as_millisecond().saturating_sub(ms)).unwrap_or(Timestamp::MIN)
}

/// RFC 3339 in UTC with exactly three decimals, as connectors and receivers see time.
pub fn rfc3339_ms(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_with_exactly_three_decimals() {
        let shown = |ms| Timestamp::from_millisecond(ms).map(rfc3339_ms).unwrap_or_default();
        assert_eq!(shown(1_700_000_000_000), "2023-11-14T22:13:20.000Z");
        assert_eq!(shown(1_700_000_000_120), "2023-11-14T22:13:20.120Z");
    }
}
