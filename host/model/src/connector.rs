//! What a connector says of itself: the manifest that travels in its bundle, and a version of it on this host.
//! Plain data; reading and refusing bundles is `bundle`'s work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The manifest version that this host reads.
pub const MANIFEST_VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    pub manifest_version: u32,
    pub connector: Head,
    #[serde(default)]
    pub global_webhooks: Vec<GlobalWebhook>,
    #[serde(default)]
    pub events: Vec<Event>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_client: Option<ApiClient>,
    #[serde(default)]
    pub build: Build,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    pub key: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the connector parameters that an integration sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters_schema: Option<Value>,
    /// JSON Schema of a connection's credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_schema: Option<Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GlobalWebhook {
    pub key: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub methods: WebhookMethods,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookMethods {
    pub handle: CodeMethod,
}

/// A method that only code can implement.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "implementationType", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CodeMethod {
    Javascript {},
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    pub key: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub implementation_type: EventImplementation,
    /// JSON Schema of the parameters that a subscription sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters_schema: Option<Value>,
    /// JSON Schema of the payload: documentation, nothing is refused for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    pub methods: EventMethods,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventImplementation {
    GlobalWebhook,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMethods {
    #[serde(rename = "get-event-selector")]
    pub get_event_selector: Method,
}

/// A method that code or a mapping implements.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "implementationType", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Method {
    Javascript {},
    Mapping { mapping: Value },
}

/// How requests to the external app are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiClient {
    /// The hosts that requests may go to: `host`, `host:port`, `*.host` or a URL, or a formula that yields one.
    pub hosts: Vec<Value>,
    #[serde(rename = "implementationType", default, skip_serializing_if = "Option::is_none")]
    pub implementation_type: Option<ApiClientImplementation>,
    /// `make-api-client` as a mapping: base URI, headers, query and authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiClientImplementation {
    Javascript,
    Mapping,
}

/// What made the bundle. For people; the host decides nothing by it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Build {
    #[serde(default)]
    pub sdk: String,
    #[serde(default)]
    pub engine: String,
}

impl Manifest {
    pub fn global_webhook(&self, key: &str) -> Option<&GlobalWebhook> {
        self.global_webhooks.iter().find(|webhook| webhook.key == key)
    }

    pub fn event(&self, key: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.key == key)
    }
}

/// One uploaded version of a connector. Never changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorVersion {
    pub connector: String,
    /// 1 for the first upload, then one more for each.
    pub version: u32,
    /// SHA-256 of the bundle, in hexadecimal digits.
    pub digest: String,
    /// SHA-256 of the bundle without its manifest: what can run.
    pub component: String,
    /// Size of the bundle in bytes.
    pub size: u64,
    pub uploaded_at: Timestamp,
    pub manifest: Manifest,
}
