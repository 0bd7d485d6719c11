//! What an answer of the external app means: by the `responseHandlers` of `auth/make-api-client`, and where none of them
//! matches, by its status.
//! No I/O. A handler sees the answer alone, no credentials, so it can put none into what a connector is shown.

use serde_json::{Map, Value, json};

use super::{Failure, FailureKind, Response};
use patchbay_egress as egress;
use patchbay_mapping as mapping;
use patchbay_model::clock;
use patchbay_rules::retry;

/// How a failure's `error.key` travels to the connector's code, beside the headers that the app sent.
pub(super) const ERROR_KEY_HEADER: &str = "patchbay-error-key";
const HANDLERS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 1_000;
const KEYS: &[&str] = &["match", "isSuccess", "data", "error"];
const ERROR_KEYS: &[&str] = &["message", "key", "data"];

/// The handlers as they are written: what is in them depends on an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Handlers(Vec<Map<String, Value>>);

impl Handlers {
    /// Reads the value of `responseHandlers`; the error is a sentence.
    pub(super) fn parse(written: &Value) -> Result<Handlers, String> {
        let Value::Array(handlers) = written else {
            return Err(format!("responseHandlers is {written}, a list was expected"));
        };
        if handlers.len() > HANDLERS_MAX {
            return Err(format!("{} responseHandlers are too many, {HANDLERS_MAX} are allowed", handlers.len()));
        }
        let handlers = handlers.iter().enumerate().map(|(index, handler)| {
            let place = format!("responseHandlers[{index}]");
            let handler = members(handler, &place, KEYS)?;
            if let Some(error) = handler.get("error") {
                members(error, &format!("{place}.error"), ERROR_KEYS)?;
            }
            match handler.contains_key("match") {
                true => Ok(handler.clone()),
                false => Err(format!("{place} has no `match`; `match: true` fits every answer")),
            }
        });
        handlers.collect::<Result<_, _>>().map(Handlers)
    }

    /// What the first handler that matches says. Without one: success is 2xx.
    pub(super) fn judge(&self, response: egress::Response) -> Result<Response, Failure> {
        if self.0.is_empty() {
            return by_status(response);
        }
        let variables = json!({ "response": {
            "status": response.status,
            "headers": headers_of(&response),
            "data": data_of(&response),
        } });
        match self.matching(&variables) {
            Ok(Some(handler)) => apply(handler, &variables, response).unwrap_or_else(|error| Err(unusable(&error))),
            Ok(None) => by_status(response),
            Err(error) => Err(unusable(&error)),
        }
    }

    fn matching(&self, variables: &Value) -> Result<Option<&Map<String, Value>>, mapping::Error> {
        for handler in &self.0 {
            if is_true(handler, "match", variables)? {
                return Ok(Some(handler));
            }
        }
        Ok(None)
    }
}

/// An object that has these members and no others.
fn members<'v>(value: &'v Value, place: &str, known: &[&str]) -> Result<&'v Map<String, Value>, String> {
    let members = value.as_object().ok_or_else(|| format!("{place} is {value}, an object was expected"))?;
    match members.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{place} has the unknown key `{key}`; known are {}", known.join(", "))),
        None => Ok(members),
    }
}

fn apply(
    handler: &Map<String, Value>,
    variables: &Value,
    response: egress::Response,
) -> Result<Result<Response, Failure>, mapping::Error> {
    if is_true(handler, "isSuccess", variables)? {
        let response = Response::from(response);
        return Ok(Ok(match handler.get("data") {
            Some(data) => with_data(response, &mapping::evaluate(data, variables)?.unwrap_or_default()),
            None => response,
        }));
    }
    let error = handler.get("error").map(|error| mapping::evaluate(error, variables)).transpose()?.flatten();
    Ok(Err(failure(response, &error.unwrap_or_default())))
}

/// The failure that a handler describes; what it leaves out is as it would be without it.
fn failure(response: egress::Response, error: &Value) -> Failure {
    let key = error.get("key").and_then(text);
    let kind = match key.as_deref() {
        Some("access_token_expired" | "connection_is_defunct") => FailureKind::Unauthorized,
        Some("rate_limit_exceeded") => FailureKind::RateLimited,
        _ => kind_of(response.status),
    };
    let mut failure = described(&response, kind);
    if let Some(message) = error.get("message").and_then(text) {
        failure.message = message;
    }
    let mut response = match error.get("data") {
        Some(data) => with_data(response.into(), data),
        None => response.into(),
    };
    response.headers.extend(key.map(|key| (ERROR_KEY_HEADER.to_owned(), key)));
    Failure { response: Some(response), ..failure }
}

/// Success or failure by status, the same for connectors in every language.
fn by_status(response: egress::Response) -> Result<Response, Failure> {
    match response.status {
        200..=299 => Ok(response.into()),
        status => {
            let failure = described(&response, kind_of(status));
            Err(Failure { response: Some(response.into()), ..failure })
        }
    }
}

fn kind_of(status: u16) -> FailureKind {
    match status {
        401 => FailureKind::Unauthorized,
        429 => FailureKind::RateLimited,
        _ => FailureKind::Refused,
    }
}

fn described(response: &egress::Response, kind: FailureKind) -> Failure {
    let status = response.status;
    let message = match kind {
        FailureKind::Unauthorized => format!("the external app does not accept the credentials ({status})"),
        FailureKind::RateLimited => format!("the external app asks to slow down ({status})"),
        _ => format!("the external app answered {status}"),
    };
    let retry_after_s = response.header("retry-after").and_then(|value| retry::retry_after(value, clock::now()));
    Failure { retry_after_ms: retry_after_s.map(|seconds| seconds.saturating_mul(1000)), ..Failure::new(kind, message) }
}

/// A handler that cannot be evaluated must not turn a failure into a success.
fn unusable(error: &mapping::Error) -> Failure {
    Failure::new(FailureKind::Refused, format!("responseHandlers of auth/make-api-client: {error}"))
}

fn is_true(handler: &Map<String, Value>, key: &str, variables: &Value) -> Result<bool, mapping::Error> {
    handler.get(key).map_or(Ok(false), |template| mapping::is_true(template, variables))
}

/// The same answer with this as its JSON body.
fn with_data(mut response: Response, data: &Value) -> Response {
    response.headers.retain(|(name, _)| !matches!(name.as_str(), "content-type" | "content-length"));
    response.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    Response { body: data.to_string().into_bytes(), ..response }
}

/// By name, repeats joined as HTTP says.
fn headers_of(response: &egress::Response) -> Value {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &response.headers {
        let joined = match headers.get(name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        headers.insert(name.clone(), Value::String(joined));
    }
    Value::Object(headers)
}

/// As the connector's code reads it: JSON where it says so and is so, otherwise text.
fn data_of(response: &egress::Response) -> Value {
    if response.body.is_empty() {
        return Value::Null;
    }
    let content_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_json = essence.ends_with("/json") || essence.ends_with("+json");
    let parsed = is_json.then(|| serde_json::from_slice(&response.body).ok()).flatten();
    parsed.unwrap_or_else(|| Value::String(String::from_utf8_lossy(&response.body).into_owned()))
}

/// What an app sends can be long; a message is for people.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect())
}

#[cfg(test)]
mod tests;
