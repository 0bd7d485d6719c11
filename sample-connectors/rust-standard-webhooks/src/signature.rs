//! Tells whether a request was signed by Standard Webhooks, and signed just now.
//! Never looks at anything but the bytes as they were received. Never asks the clock: a request is judged by the time
//! at which it came, also when it is replayed later.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::contract::patchbay::connector::types::WebhookRequest;
use crate::keys::is_signed_with;

const ID_BYTES_MAX: usize = 200;
const TIMESTAMP_DIGITS_MAX: usize = 12;
const TOLERANCE_S: i64 = 5 * 60;
const SIGNATURES_MAX: usize = 10;

/// One entry of the header: `v1,` and base64.
pub struct Signature {
    pub version: String,
    pub bytes: Vec<u8>,
}

/// The id of the message, which is signed with it; nothing if the signature does not hold.
pub fn signed_id(request: &WebhookRequest, parameters: &Value) -> Result<Option<String>, &'static str> {
    let keys: Vec<&str> =
        parameters.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    // Without a key everything would have to be refused; a failure says why.
    if keys.is_empty() {
        return Err("The connector parameter `keys` is not set. Set it to the secret or the public key of the sender.");
    }
    // Svix sends the three headers under its own name, too; older senders only so. Never one of each.
    let prefix = if header(request, "webhook-signature").is_some() { "webhook" } else { "svix" };
    let named = |name| header(request, &format!("{prefix}-{name}")).unwrap_or_default();
    let (id, timestamp, signatures) = (named("id"), named("timestamp"), named("signature"));
    if !is_id(&id) || !is_of_this_time(&timestamp, &request.received_at) {
        return Ok(None);
    }
    let signed = [format!("{id}.{timestamp}.").as_bytes(), &request.body.bytes].concat();
    let given = signatures_in(&signatures);
    for key in keys {
        if is_signed_with(key, &signed, &given)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The header of that name, repeats joined as HTTP says.
pub fn header(request: &WebhookRequest, name: &str) -> Option<String> {
    let values: Vec<&str> =
        request.headers.iter().filter(|(each, _)| each == name).map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// While a key is being replaced there is one for the old and one for the new. Other versions are left out.
fn signatures_in(text: &str) -> Vec<Signature> {
    let one = |each: &str| {
        let (version, base64) = each.split_once(',')?;
        let bytes = STANDARD.decode(base64).ok()?;
        matches!(version, "v1" | "v1a").then(|| Signature { version: version.to_owned(), bytes })
    };
    text.split(' ').filter_map(one).take(SIGNATURES_MAX).collect()
}

fn is_id(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    (1..=ID_BYTES_MAX).contains(&text.len()) && text.chars().all(is_fine)
}

/// Both ways: a request from the future could be kept and sent again for as long as it is early.
fn is_of_this_time(timestamp: &str, received_at: &str) -> bool {
    let is_number = timestamp.len() <= TIMESTAMP_DIGITS_MAX && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let (Ok(sent), Ok(received)) = (timestamp.parse::<i64>(), received_at.parse::<Timestamp>()) else { return false };
    is_number && (received.as_second() - sent).abs() <= TOLERANCE_S
}
