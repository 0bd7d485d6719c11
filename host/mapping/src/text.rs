//! Turns JSON values into text as JavaScript does.
//! Never writes JSON: an object is `[object Object]`, a list its items with commas between.

use serde_json::{Number, Value};

use super::Error;
use super::budget::Budget;
use crate::decimal::Decimal;

/// The largest whole number up to which a double holds every one.
const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;
/// How many digits the largest double has before the point.
const DOUBLE_DIGITS_MAX: usize = 309;

/// The value as text.
pub(super) fn of(value: &Value, budget: &mut Budget) -> Result<String, Error> {
    let mut text = String::new();
    write(value, &mut text);
    budget.bytes(text.len())?;
    Ok(text)
}

/// A number as text: plain digits where JavaScript writes plain digits, an exponent elsewhere.
pub(super) fn of_number(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        1e-6..1e21 => number.to_string(),
        1e21.. => format!("{number:e}").replace('e', "e+"),
        _ => format!("{number:e}"),
    }
}

/// A number as text, as the SDK gives it to JavaScript: a double if that says what is written, all digits of a whole number
/// that it does not hold, else what is written.
pub(super) fn of_json_number(number: &Number) -> String {
    let Some(decimal) = Decimal::of(number) else {
        return number.to_string();
    };
    let Some(double) = number.as_f64() else {
        return number.to_string();
    };
    let is_unsafe = double.fract() == 0.0 && double.abs() > SAFE_INTEGER_MAX;
    match decimal.whole(DOUBLE_DIGITS_MAX).filter(|_| is_unsafe) {
        Some(digits) => digits,
        None => Some(of_number(double))
            .filter(|text| Decimal::parse(text) == Some(decimal))
            .unwrap_or_else(|| number.to_string()),
    }
}

// What this writes is at most 309 digits longer than the memory that `value` takes, which is bounded already.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&of_json_number(number)),
        Value::String(string) => text.push_str(string),
        Value::Object(_) => text.push_str("[object Object]"),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                if !item.is_null() {
                    write(item, text);
                }
            }
        }
    }
}
