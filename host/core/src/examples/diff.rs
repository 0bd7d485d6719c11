//! What differs between the expected and the actual, in words. Pure.

use serde_json::Value;

use patchbay_mapping::decimal::same_value;

/// One line for each place that differs. Members that are not expected differ, too, unless `is_subset`.
pub(super) fn differences(place: &str, expected: &Value, actual: &Value, is_subset: bool) -> Vec<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let mut found = Vec::new();
            for (name, value) in expected {
                let place = format!("{place}.{name}");
                match actual.get(name) {
                    Some(other) => found.extend(differences(&place, value, other, is_subset)),
                    None => found.push(format!("{place}: expected {}, but it is missing", short(value))),
                }
            }
            let extra = actual.iter().filter(|(name, _)| !is_subset && !expected.contains_key(*name));
            found
                .extend(extra.map(|(name, value)| format!("{place}.{name}: not expected, but it is {}", short(value))));
            found
        }
        (Value::Array(expected), Value::Array(actual)) => {
            let mut found = Vec::new();
            if expected.len() != actual.len() {
                found.push(format!("{place}: expected {} items, got {}", expected.len(), actual.len()));
            }
            for (index, (value, other)) in expected.iter().zip(actual).enumerate() {
                found.extend(differences(&format!("{place}[{index}]"), value, other, is_subset));
            }
            found
        }
        _ if same_value(expected, actual) => Vec::new(),
        _ => vec![format!("{place}: expected {}, got {}", short(expected), short(actual))],
    }
}

fn short(value: &Value) -> String {
    const CHARS_MAX: usize = 300;
    let text = value.to_string();
    if text.chars().count() <= CHARS_MAX {
        return text;
    }
    text.chars().take(CHARS_MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_names_its_place_and_both_sides() {
        let found = differences("events", &json!([{ "a": 1, "b": 2 }]), &json!([{ "a": 2, "c": 3 }]), false);
        assert_eq!(
            found,
            [
                "events[0].a: expected 1, got 2",
                "events[0].b: expected 2, but it is missing",
                "events[0].c: not expected, but it is 3"
            ]
        );
        assert_eq!(differences("headers", &json!({ "a": 1 }), &json!({ "a": 1, "c": 3 }), true), [""; 0]);
    }
}
