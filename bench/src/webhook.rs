//! The webhooks that are sent: JSON as an external app would send it, of exactly so many bytes.

use serde_json::{Value, json};

use crate::http::request;

/// Headers of a provider's webhook; with those of the connection there are twelve.
const HEADERS: &[(&str, &str)] = &[
    ("user-agent", "External-App-Hooks/1.0"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip"),
    ("content-type", "application/json"),
    ("x-external-app-delivery", "8f1c1f0e-5c1b-11f0-9d3a-0242ac120002"),
    ("x-external-app-event", "message"),
    ("x-external-app-hook-id", "471582934"),
    ("x-external-app-signature", "sha256=6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"),
    ("x-external-app-timestamp", "1795738148"),
    ("x-request-id", "req_0123456789abcdef"),
];

/// A webhook that concerns a user of the external app.
pub(crate) fn webhook(path: &str, user: &str, body_bytes: usize) -> Vec<u8> {
    request("POST", path, HEADERS, &body(user, body_bytes))
}

/// An object with members like an external app's: half of it short values, half of it longer text.
fn body(user: &str, bytes: usize) -> Vec<u8> {
    let mut items: Vec<Value> = Vec::new();
    let with = |items: &[Value], text: &str| {
        json!({ "from_user_id": user, "text": "Hello", "items": items, "padding": text }).to_string()
    };
    loop {
        let number = items.len();
        items.push(json!({
            "id": number, "type": "message", "is_read": number.is_multiple_of(2), "score": number as f64 / 8.0,
            "author": { "id": format!("author-{number}"), "name": "Ada Lovelace" },
            "text": "The Analytical Engine has no pretensions whatever to originate anything.",
        }));
        if with(&items, "").len() > bytes {
            items.pop();
            break;
        }
    }
    let missing = bytes.saturating_sub(with(&items, "").len());
    with(&items, &"x".repeat(missing)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_size_that_was_asked_for_and_names_its_user() {
        for bytes in [1 << 10, 100 << 10] {
            let body = body("user-7", bytes);
            assert_eq!(body.len(), bytes);
            let value: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value["from_user_id"], "user-7");
            assert!(!value["items"].as_array().unwrap().is_empty());
        }
    }
}
