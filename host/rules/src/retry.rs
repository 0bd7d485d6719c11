//! Decides what follows an attempt at a delivery.
//! Pure: time and chance are passed in. Never gives up on a delivery before the schedule ends, but where the
//! destination says that it is gone.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

/// When to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The gap after each attempt but the last.
    pub gaps_ms: Vec<u64>,
    /// How far a gap may be off, either way, so that destinations are not hit by all retries at once.
    pub jitter_pct: u32,
    /// The longest wait that a destination may ask for.
    pub retry_after_s_max: u64,
}

impl Default for Schedule {
    fn default() -> Schedule {
        const MINUTE_MS: u64 = 60 * 1_000;
        const HOUR_MS: u64 = 60 * MINUTE_MS;
        let hours = [2, 5, 10, 14, 20, 24].map(|hours| hours * HOUR_MS);
        let gaps_ms = [5_000, 5 * MINUTE_MS, 30 * MINUTE_MS].into_iter().chain(hours).collect();
        Schedule { gaps_ms, jitter_pct: 20, retry_after_s_max: 24 * 60 * 60 }
    }
}

/// What an attempt found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        status: u16,
    },
    Refused {
        status: u16,
        retry_after_s: Option<u64>,
    },
    /// 410: nobody lives here any more.
    Gone,
    TimedOut,
    Unreachable(String),
    Denied(String),
}

impl Outcome {
    /// What an answer means.
    pub fn answered(status: u16, retry_after_s: Option<u64>) -> Outcome {
        match status {
            200..=299 => Outcome::Accepted { status },
            410 => Outcome::Gone,
            _ => Outcome::Refused { status, retry_after_s },
        }
    }
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Done,
    RetryAt(Timestamp),
    DeadLetter,
    DisableSubscription,
}

/// Returns what follows attempt number `attempt_number`, the first being 1. `jitter` is drawn from 0 to 1.
pub fn next(schedule: &Schedule, attempt_number: u32, outcome: &Outcome, now: Timestamp, jitter: f64) -> Next {
    match outcome {
        Outcome::Accepted { .. } => return Next::Done,
        Outcome::Gone => return Next::DisableSubscription,
        Outcome::Refused { .. } | Outcome::TimedOut | Outcome::Unreachable(_) | Outcome::Denied(_) => {}
    }
    let Some(gap_ms) = schedule.gaps_ms.get(attempt_number.saturating_sub(1) as usize) else {
        return Next::DeadLetter;
    };
    // The later of both: a destination can ask for more patience than the schedule has, never for less.
    let asked_ms = asked_ms(schedule, outcome).unwrap_or(0);
    Next::RetryAt(after(now, jittered(*gap_ms, schedule.jitter_pct, jitter).max(asked_ms)))
}

/// Returns until when nothing at all may go to a destination that asks for patience.
pub fn held_until(schedule: &Schedule, outcome: &Outcome, now: Timestamp) -> Option<Timestamp> {
    asked_ms(schedule, outcome).map(|asked_ms| after(now, asked_ms))
}

fn asked_ms(schedule: &Schedule, outcome: &Outcome) -> Option<u64> {
    let Outcome::Refused { status: 429 | 503, retry_after_s } = outcome else { return None };
    Some((*retry_after_s)?.min(schedule.retry_after_s_max).saturating_mul(1_000))
}

fn jittered(gap_ms: u64, jitter_pct: u32, jitter: f64) -> u64 {
    let spread = f64::from(jitter_pct) / 100.0 * (2.0 * jitter.clamp(0.0, 1.0) - 1.0);
    (gap_ms as f64 * (1.0 + spread)).round() as u64
}

fn after(now: Timestamp, wait_ms: u64) -> Timestamp {
    let wait = SignedDuration::from_millis(wait_ms.try_into().unwrap_or(i64::MAX));
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The three forms of an HTTP date, the first being the one in use.
const HTTP_DATES: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// Returns how many seconds a `Retry-After` header asks to wait, none if it cannot be read.
pub fn retry_after(value: &str, now: Timestamp) -> Option<u64> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok();
    }
    let date = HTTP_DATES.iter().find_map(|form| DateTime::strptime(form, value).ok())?;
    let then = TimeZone::UTC.to_timestamp(date).ok()?;
    Some(then.duration_since(now).as_secs().try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests;
