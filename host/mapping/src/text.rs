//! Turns JSON values into text as JavaScript does.
//! Never writes JSON: an object is `[object Object]`, a list its items with commas between.

use serde_json::Value;

use super::Error;
use super::budget::Budget;

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

// What this writes is never longer than the memory that `value` takes, which is bounded already.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&of_number(number.as_f64().unwrap_or(f64::NAN))),
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
