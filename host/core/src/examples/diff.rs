//! What differs between the expected and the actual, in words. Pure.

use serde_json::Value;

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
        _ if expected == actual => Vec::new(),
        (Value::String(expected), Value::String(actual)) => differences_of_texts(place, expected, actual, is_subset),
        _ => vec![format!("{place}: expected {}, got {}", short(expected), short(actual))],
    }
}

/// Texts that are JSON differ in some of their members, others from some character on.
fn differences_of_texts(place: &str, expected: &str, actual: &str, is_subset: bool) -> Vec<String> {
    if let (Some(expected), Some(actual)) = (structure(expected), structure(actual)) {
        let found = differences(place, &expected, &actual, is_subset);
        if !found.is_empty() {
            return found;
        }
    }
    let at = expected.chars().zip(actual.chars()).take_while(|(one, other)| one == other).count();
    if expected.chars().count().max(actual.chars().count()) <= CHARS_MAX {
        return vec![format!("{place}: expected {}, got {}", Value::from(expected), Value::from(actual))];
    }
    vec![format!("{place}: from character {} on, expected {}, got {}", at + 1, from(expected, at), from(actual, at))]
}

/// What a text holds if it is JSON of several parts.
fn structure(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())
}

/// A text from a little before a character on.
fn from(text: &str, at: usize) -> String {
    const CHARS_BEFORE: usize = 40;
    let start = at.saturating_sub(CHARS_BEFORE);
    let rest: String = text.chars().skip(start).collect();
    format!("{}{}", if start > 0 { "…" } else { "" }, short(&Value::from(rest)))
}

const CHARS_MAX: usize = 300;

fn short(value: &Value) -> String {
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

    #[test]
    fn a_difference_late_in_a_long_text_is_shown() {
        let text = |end: &str| json!(format!("{}{end}", "x".repeat(5000)));
        let found = differences("body", &text("one"), &text("two"), false);
        let before = "x".repeat(40);
        assert_eq!(found, [format!(r#"body: from character 5001 on, expected …"{before}one", got …"{before}two""#)]);
    }

    #[test]
    fn texts_that_are_json_are_compared_member_by_member() {
        let text = |id: u32| json!(json!({ "rows": vec![0; 500], "last": { "id": id } }).to_string());
        assert_eq!(differences("body", &text(1), &text(2), false), ["body.last.id: expected 1, got 2"]);
        let found = differences("body", &json!(r#"{"a":1}"#), &json!(r#"{ "a": 1 }"#), false);
        assert_eq!(found, [r#"body: expected "{\"a\":1}", got "{ \"a\": 1 }""#]);
    }
}
