//! What an API client is made of: `auth/make-api-client` as a mapping, evaluated by the host, and the declared hosts.
//! Pure: no I/O.

use serde_json::{Value, json};
use url::Url;

use super::HostRules;
use super::secrets::Secrets;
use super::verdict::Handlers;
use patchbay_mapping as mapping;
use patchbay_model::connector::ApiClient as Declared;

/// Why no API client can be made: a sentence that names the part of the connector that is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

#[derive(Clone, Debug)]
pub struct Setup {
    pub(super) hosts: HostRules,
    base: Option<Url>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) auth: Option<(String, String)>,
    pub(super) handlers: Handlers,
    /// What must not come back to the guest in the headers of an answer, and not show in a record.
    pub(super) secrets: Secrets,
}

impl Setup {
    /// Evaluates what the connector declares for one connection.
    pub fn new(declared: Option<&Declared>, credentials: &Value, parameters: &Value) -> Result<Setup, Error> {
        // The reason may quote what a formula made of the credentials.
        let redacted = |Error(why)| Error(Secrets::new(credentials, None).redact(&why));
        Self::evaluate(declared, credentials, parameters).map_err(redacted)
    }

    fn evaluate(declared: Option<&Declared>, credentials: &Value, parameters: &Value) -> Result<Setup, Error> {
        let variables = json!({
            "credentials": credentials, "parameters": parameters, "connectorParameters": parameters,
        });
        let hosts = hosts(declared, &variables)?;
        let written = declared.and_then(|declared| declared.mapping.as_ref());
        let (template, handlers) = written.map(split).unwrap_or_default();
        let named = |why: String| Error(format!("auth/make-api-client: {why}"));
        let client = mapping::evaluate(&template, &variables).map_err(|error| named(error.to_string()))?;
        let client = client.unwrap_or_default();
        if client.get("responseHandlers").is_some() {
            return Err(named("`responseHandlers` must be a key of the file itself, not of a formula in it".into()));
        }
        let base = client.get("baseUri").or_else(|| client.get("baseUrl"));
        let auth = client.get("auth").filter(|auth| !auth.is_null());
        let auth = auth.map(|auth| (text_of(auth, "username"), text_of(auth, "password")));
        Ok(Setup {
            hosts,
            base: base.map(base_url).transpose()?,
            headers: pairs(&client, "headers")?,
            query: pairs(&client, "query")?,
            secrets: Secrets::new(credentials, auth.as_ref()),
            auth,
            handlers: handlers
                .map_or_else(|| Ok(Handlers::default()), |written| Handlers::parse(&written))
                .map_err(named)?,
        })
    }

    /// The URL of a request; the error is a sentence.
    pub(super) fn url(&self, url: &str, base_uri: Option<&str>) -> Result<Url, String> {
        if url.starts_with("http://") || url.starts_with("https://") {
            return Url::parse(url).map_err(|error| format!("`{url}` is not a URL: {error}"));
        }
        let base = match base_uri {
            Some(base) => Url::parse(base).map_err(|error| format!("`baseUri` is not a URL: {error}"))?,
            None => self.base.clone().ok_or("the path is relative, and auth/make-api-client gives no `baseUri`")?,
        };
        join(base, url)
    }
}

/// Whether a written mapping has the form of an API client, as far as that can be told before it is evaluated.
pub fn check(written: &Value) -> Result<(), String> {
    let (_, handlers) = split(written);
    handlers.map_or(Ok(()), |handlers| Handlers::parse(&handlers).map(drop))
}

/// What is evaluated for a connection, and what waits for an answer.
fn split(written: &Value) -> (Value, Option<Value>) {
    let mut template = written.clone();
    let handlers = template.as_object_mut().and_then(|members| members.shift_remove("responseHandlers"));
    (template, handlers)
}

/// Joins as the base URI and a slash and the path: a base URI keeps its own path, unlike in a browser.
fn join(mut base: Url, path: &str) -> Result<Url, String> {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let joined = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    base.set_path(&joined);
    if query.is_some() {
        base.set_query(query);
    }
    Ok(base)
}

fn hosts(declared: Option<&Declared>, variables: &Value) -> Result<HostRules, Error> {
    let mut hosts = Vec::new();
    for rule in declared.map(|declared| declared.hosts.as_slice()).unwrap_or_default() {
        let host = mapping::evaluate(rule, variables).map_err(|error| Error(format!("apiHosts: {error}")))?;
        match host {
            Some(Value::String(host)) => hosts.push(host),
            None | Some(Value::Null) => {}
            Some(other) => return Err(Error(format!("apiHosts: `{rule}` yields {other}, a string was expected"))),
        }
    }
    HostRules::parse(hosts.iter().map(String::as_str)).map_err(|why| Error(format!("apiHosts: {why}")))
}

fn base_url(value: &Value) -> Result<Url, Error> {
    let text =
        value.as_str().ok_or_else(|| Error(format!("auth/make-api-client: baseUri is {value}, not a string")))?;
    Url::parse(text).map_err(|error| Error(format!("auth/make-api-client: baseUri `{text}` is not a URL: {error}")))
}

fn pairs(client: &Value, key: &str) -> Result<Vec<(String, String)>, Error> {
    match client.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(pairs)) => {
            Ok(pairs.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect())
        }
        Some(other) => Err(Error(format!("auth/make-api-client: {key} is {other}, an object was expected"))),
    }
}

fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(text).unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
