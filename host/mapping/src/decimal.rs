//! Numbers of JSON by what they say, however they are written and however many digits they have.
//! Pure, and never rounds.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Digits without zeros at either end, times a power of ten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a number; `None` for what is none, or has an exponent that nobody could count to.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let ended = all.trim_end_matches('0');
        let digits = ended.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Decimal { is_negative: false, digits, exponent: 0 });
        }
        let shift = i64::try_from(all.len() - ended.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = power.parse::<i64>().ok()?.checked_add(shift)?;
        Some(Decimal { is_negative: mantissa.starts_with('-'), digits, exponent })
    }

    pub fn of(number: &Number) -> Option<Decimal> {
        Decimal::parse(number.as_str())
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// All digits of a whole number; `None` for a fraction, and for what would be longer than `digits_max`.
    pub fn whole(&self, digits_max: usize) -> Option<String> {
        let zeros = usize::try_from(self.exponent).ok()?;
        let is_short = self.digits.len().checked_add(zeros)? <= digits_max;
        let sign = if self.is_negative { "-" } else { "" };
        is_short.then(|| match self.is_zero() {
            true => "0".to_owned(),
            false => format!("{sign}{}{}", self.digits, "0".repeat(zeros)),
        })
    }

    /// One text for all ways in which the number can be written.
    pub fn canonical(&self) -> String {
        format!("{}{}e{}", if self.is_negative { "-" } else { "" }, self.digits, self.exponent)
    }

    /// The power of ten of the first digit.
    fn magnitude(&self) -> i128 {
        i128::from(self.exponent) + self.digits.len() as i128
    }

    fn cmp_unsigned(&self, other: &Decimal) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Of equal magnitude, digits are like those behind a point.
            (false, false) => self.magnitude().cmp(&other.magnitude()).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.cmp_unsigned(other),
            (true, true) => other.cmp_unsigned(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether both say the same number.
pub fn same_number(left: &Number, right: &Number) -> bool {
    match (Decimal::of(left), Decimal::of(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// Whether both say the same: `1.0` is `1`, and the order of members does not matter.
pub fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| same_value(left, right)))
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests;
