//! Reads dates and times out of text and gives them in UTC.
//! Never guesses: ISO 8601 and HTTP dates, and nothing that only one JavaScript engine would understand.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::number::is_white_space;

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// The date, `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<String> {
    parse(text).map(|moment| moment.strftime("%Y-%m-%d").to_string())
}

/// The time of day, `HH:MM:SS`.
pub(super) fn time(text: &str) -> Option<String> {
    parse(text).map(|moment| moment.strftime("%H:%M:%S").to_string())
}

fn parse(text: &str) -> Option<DateTime> {
    let text = text.trim_matches(is_white_space);
    let moment = iso_8601(text).or_else(|| DateTime::strptime(HTTP_DATE, text).ok())?;
    (0..=9999).contains(&moment.year()).then_some(moment)
}

fn iso_8601(text: &str) -> Option<DateTime> {
    match text.split_once(['T', ' ']) {
        None => iso_date(text).map(|date| date.to_datetime(Time::midnight())),
        Some((date, rest)) => {
            let (time, offset) = match rest.find(['Z', 'z', '+', '-']) {
                Some(start) => rest.split_at(start),
                None => (rest, "Z"),
            };
            let midnight = iso_date(date)?.to_datetime(Time::midnight());
            midnight.checked_add(since_midnight(time)? - utc_offset(offset)?).ok()
        }
    }
}

fn iso_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |month| digits(month, 2))?;
    let day = parts.next().map_or(Some(1), |day| digits(day, 2))?;
    if parts.next().is_some() {
        return None;
    }
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// The whole seconds since midnight; the end of the day is `24:00:00`.
fn since_midnight(text: &str) -> Option<SignedDuration> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) if clock.len() == "HH:MM:SS".len() => (clock, fraction),
        Some(_) => return None,
        None => (text, "0"),
    };
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = clock.split(':');
    let hours = digits(parts.next()?, 2)?;
    let minutes = digits(parts.next()?, 2)?;
    let seconds = parts.next().map_or(Some(0), |seconds| digits(seconds, 2))?;
    let is_whole = minutes == 0 && seconds == 0 && fraction.bytes().all(|byte| byte == b'0');
    let is_time = hours < 24 || (hours == 24 && is_whole);
    let is_clock = is_time && minutes < 60 && seconds < 60 && parts.next().is_none();
    (is_clock && is_fraction).then(|| SignedDuration::from_secs(hours * 3600 + minutes * 60 + seconds))
}

fn utc_offset(text: &str) -> Option<SignedDuration> {
    let (sign, clock) = match text.strip_prefix('-') {
        Some(clock) => (-1, clock),
        None if matches!(text, "Z" | "z") => return Some(SignedDuration::ZERO),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = clock.split_at_checked(2)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if clock.len() == 2 => 0,
        minutes => digits(minutes, 2)?,
    };
    let hours = digits(hours, 2)?;
    (hours < 24 && minutes < 60).then(|| SignedDuration::from_secs(sign * (hours * 3600 + minutes * 60)))
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}
