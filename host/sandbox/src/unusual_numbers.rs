//! Finds numbers that JavaScript's own JSON would change: more digits than a double surely holds, an exponent, zeros at the
//! end of a fraction, `-0`. In bodies without any, a connector's code need not look for them.
//! Pure. Reads malformed JSON, too.

/// So many digits every double holds.
const DIGITS_SAFE: usize = 15;

/// Whether a JSON text holds such a number.
pub(crate) fn are_in(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                let length = rest.iter().position(|byte| !is_of_number(*byte)).unwrap_or(rest.len());
                let (number, after) = rest.split_at(length);
                if is_unusual(number) {
                    return true;
                }
                after
            }
            _ => after,
        };
    }
    false
}

/// What follows a string, of which the first quote is read.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let is_end = rest.get(at) == Some(&b'"');
        rest = rest.get(at + if is_end { 1 } else { 2 }..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    &[]
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_unusual(number: &[u8]) -> bool {
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let has_exponent = number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    let fraction = number.split(|byte| *byte == b'.').nth(1);
    let is_rewritten = match fraction {
        Some(fraction) => fraction.ends_with(b"0") || fraction.starts_with(b"000000"),
        None => number.starts_with(b"-0"),
    };
    digits > DIGITS_SAFE || has_exponent || is_rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_javascript_would_change_is_found_and_no_string_is() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../tests/numbers.json")).unwrap();
        for vector in vectors.as_array().unwrap() {
            let (json, text) = (vector["json"].as_str().unwrap(), vector["text"].as_str().unwrap());
            let is_usual = vector["kind"] == "number" && json == text;
            for body in [json.to_owned(), format!("[1,{json}]"), format!("{{\"a\\\"\" : {json} }}")] {
                assert!(is_usual || are_in(body.as_bytes()), "{body}");
            }
            assert!(!are_in(format!("{{\"a\":\"{json}\",\"\\\\\":\"\\\"{json}\"}}").as_bytes()), "{json}");
        }
    }

    #[test]
    fn everyday_bodies_have_none() {
        let body = br#"{ "id": "9007199254740993", "ms": 1767225600000, "price": 12.5, "zero": 0, "less": -10, "lat": 52.5200661 }"#;
        assert!(!are_in(body));
    }

    #[test]
    fn what_is_no_json_is_read_to_its_end() {
        for body in ["", "\"", "\"\\", "{\"a\":", "-", "1.", "--1..e"] {
            let _ = are_in(body.as_bytes());
        }
    }
}
