//! Finds the tenant of a request in the place that the connector parameters name. Pure.
//! Never looks in a second place, and never takes anything for a tenant but an id.

use serde_json::Value;

use crate::contract::patchbay::connector::types::WebhookRequest;
use crate::signature::header;

const TENANT_BYTES_MAX: usize = 128;
/// Beyond that, other languages read two numbers as the same.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// The tenant's id; nothing where the place holds none.
pub fn tenant(request: &WebhookRequest, parameters: &Value, body: &Value) -> Option<String> {
    let name = parameters.get("tenantName")?.as_str()?;
    match parameters.get("tenantIn")?.as_str()? {
        "json" => name.split('.').try_fold(body, |value, member| value.get(member)).and_then(id),
        "query" => checked(once(&request.query, name)?),
        "header" => checked(&header(request, &name.to_ascii_lowercase())?),
        _ => None,
    }
}

/// An id in JSON. A number is the same tenant as its digits.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => checked(text),
        Value::Number(number) => number.as_u64().filter(|id| *id <= NUMBER_MAX).map(|id| id.to_string()),
        _ => None,
    }
}

/// A name that is there twice names two tenants, and so none.
fn once<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let mut values = fields.iter().filter(|(each, _)| each == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value.as_str())
}

fn checked(text: &str) -> Option<String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    ((1..=TENANT_BYTES_MAX).contains(&text.len()) && text.chars().all(is_fine)).then(|| text.to_owned())
}
