//! Truth, emptiness and equality of JSON values, as mappings know them.
//! Never compares by identity: objects and lists are equal if what is in them is.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::budget::Budget;
use super::{Error, number, text};

/// Whether JavaScript takes the value for true.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Whether there is nothing: no value, `null`, or an empty text, list or object.
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => false,
    }
}

/// Whether both are of one type and say the same; the order of members does not matter.
pub(super) fn strictly_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| strictly_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| strictly_equal(left, right)))
        }
        (left, right) => left == right,
    }
}

/// Whether both are equal once they are brought to one type. Absent equals `null` and nothing else.
pub(super) fn loosely_equal(left: Option<&Value>, right: Option<&Value>, budget: &mut Budget) -> Result<bool, Error> {
    let present = (left.filter(|value| !value.is_null()), right.filter(|value| !value.is_null()));
    let (left, right) = match present {
        (Some(left), Some(right)) => (left, right),
        (left, right) => return Ok(left.is_none() && right.is_none()),
    };
    match (left, right) {
        (Value::Array(_) | Value::Object(_), Value::Array(_) | Value::Object(_))
        | (Value::String(_), Value::String(_)) => Ok(strictly_equal(left, right)),
        _ => equal_scalars(left, right, budget),
    }
}

/// How both compare as numbers; `None` if one of them is not a number.
pub(super) fn order(
    left: Option<&Value>,
    right: Option<&Value>,
    budget: &mut Budget,
) -> Result<Option<Ordering>, Error> {
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(None);
    };
    let left = number::leading(&text::of(left, budget)?);
    let right = number::leading(&text::of(right, budget)?);
    Ok(left.zip(right).and_then(|(left, right)| left.partial_cmp(&right)))
}

/// A list becomes text here, and with text on both sides the texts count; else both are read as numbers.
fn equal_scalars(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, Error> {
    let is_texts = |value: &Value| !matches!(value, Value::Number(_) | Value::Bool(_));
    if is_texts(left) && is_texts(right) {
        return Ok(text::of(left, budget)? == text::of(right, budget)?);
    }
    let (left, right) = (as_number(left, budget)?, as_number(right, budget)?);
    Ok(left.is_some() && left == right)
}

fn as_number(value: &Value, budget: &mut Budget) -> Result<Option<f64>, Error> {
    match value {
        Value::Bool(truth) => Ok(Some(f64::from(u8::from(*truth)))),
        Value::Number(number) => Ok(number.as_f64()),
        other => Ok(number::whole(&text::of(other, budget)?)),
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    left.as_f64() == right.as_f64()
}
