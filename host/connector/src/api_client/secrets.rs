//! Keeps a connection's credentials out of what a connector or a record is shown: as they are, in base64, and
//! percent-encoded, the forms in which servers echo what they were sent.
//! Pure. A guard against accidents and echoes; a server that means to tell can always find a form that is not known.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Secrets shorter than this are not looked for: they would hit by chance.
const BYTES_MIN: usize = 6;
const HIDDEN: &str = "***";

#[derive(Clone, Debug)]
pub(super) struct Secrets {
    /// The longest first: one may hold another.
    plain: Vec<String>,
    base64: Vec<String>,
}

impl Secrets {
    /// Every text in the credentials; user name and password together, and as they are sent.
    pub(super) fn new(credentials: &Value, auth: Option<&(String, String)>) -> Secrets {
        let mut plain = texts(credentials);
        if let Some((username, password)) = auth {
            let both = format!("{username}:{password}");
            plain.extend([STANDARD.encode(&both), both]);
        }
        plain.retain(|secret| secret.len() >= BYTES_MIN);
        plain.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let base64 = plain.iter().flat_map(|secret| base64_forms(secret.as_bytes())).collect();
        Secrets { plain, base64 }
    }

    /// The text with `***` for each secret, or in its place altogether where it holds one in another form.
    pub(super) fn redact(&self, text: &str) -> String {
        let shown = self.plain.iter().fold(text.to_owned(), |shown, secret| shown.replace(secret, HIDDEN));
        let decoded = percent_decode_str(&shown).decode_utf8_lossy();
        // In a form a plus is a space, in base64 it is itself.
        let form = shown.replace('+', " ");
        let form_decoded = percent_decode_str(&form).decode_utf8_lossy();
        let readings = [Cow::Borrowed(shown.as_str()), decoded, form_decoded];
        if readings.iter().any(|reading| self.is_in(reading)) { HIDDEN.to_owned() } else { shown }
    }

    fn is_in(&self, text: &str) -> bool {
        self.plain.iter().chain(&self.base64).any(|secret| text.contains(secret.as_str()))
    }
}

fn texts(credentials: &Value) -> Vec<String> {
    match credentials {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// What a secret looks like inside base64, in both alphabets, whatever stands before and after it: the characters that
/// depend on nothing but the secret, for each of the three places where it can begin.
fn base64_forms(secret: &[u8]) -> impl Iterator<Item = String> {
    (0..3).flat_map(move |bytes_before| {
        let placed = [&vec![0; bytes_before], secret].concat();
        let own = (bytes_before * 8).div_ceil(6)..placed.len() * 8 / 6;
        [STANDARD_NO_PAD.encode(&placed), URL_SAFE_NO_PAD.encode(&placed)]
            .into_iter()
            .filter_map(move |encoded| encoded.get(own.clone()).map(str::to_owned))
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: &str) {
        let credentials = json!({ "token": "tok/en+1=é", "nested": ["tok/en+1=é-longer", { "pin": "12345" }], "n": 1 });
        let auth = ("me".to_owned(), "123".to_owned());
        assert_eq!(Secrets::new(&credentials, Some(&auth)).redact(text), expected, "{text}");
    }

    #[test]
    fn a_secret_is_hidden_and_the_text_around_it_is_not() {
        check("", "");
        check("Bearer tok/en+1=é", "Bearer ***");
        check("a=tok/en+1=é&b=tok/en+1=é-longer", "a=***&b=***");
        check("me:123", "***");
        check("Basic bWU6MTIz", "Basic ***");
        check("<https://api.test/?page=2>; rel=\"next\"", "<https://api.test/?page=2>; rel=\"next\"");
        // Too short to tell from what is there by chance.
        check("12345", "12345");
        check("100%", "100%");
    }

    #[test]
    fn a_percent_encoded_secret_hides_the_whole_text() {
        check("?key=tok%2Fen%2B1%3D%C3%A9&x", "***");
        check("?key=tok%2fen%2b1%3d%c3%a9", "***");
        check("%74ok/en+1=é", "***");
        let spaced = Secrets::new(&json!("two words"), None);
        assert_eq!(spaced.redact("q=two+words"), "***");
        assert_eq!(spaced.redact("q=two%20words"), "***");
        assert_eq!(spaced.redact("q=two+birds"), "q=two+birds");
    }

    #[test]
    fn base64_inside_a_percent_encoded_text_is_seen() {
        check(&STANDARD.encode("a me:123").replace('=', "%3D"), "***");
        check(&STANDARD.encode("Basic bWU6MTIz"), "***");
        let encoded = STANDARD.encode("tok/en+1=é?>");
        let escaped: String = encoded.bytes().map(|byte| format!("%{byte:02x}")).collect();
        check(&escaped, "***");
    }

    proptest! {
        #[test]
        fn base64_shows_no_secret_wherever_it_stands(secret in ".{6,40}", before in ".{0,9}", after in ".{0,9}") {
            let secrets = Secrets::new(&json!(secret), None);
            let text = format!("{before}{secret}{after}");
            prop_assert_eq!(secrets.redact(&STANDARD.encode(&text)), "***");
            prop_assert_eq!(secrets.redact(&URL_SAFE.encode(&text)), "***");
        }
    }
}
