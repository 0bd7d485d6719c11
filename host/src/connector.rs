//! What a connector says of itself: the manifest that travels in its bundle, and a version of it on this host.
//! Plain data; reading and refusing bundles is `bundle`'s work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The manifest version that this host reads.
pub(crate) const MANIFEST_VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) manifest_version: u32,
    pub(crate) connector: Head,
    #[serde(default)]
    pub(crate) global_webhooks: Vec<GlobalWebhook>,
    #[serde(default)]
    pub(crate) events: Vec<Event>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_client: Option<ApiClient>,
    #[serde(default)]
    pub(crate) build: Build,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) key: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// JSON Schema of the connector parameters that an integration sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters_schema: Option<Value>,
    /// JSON Schema of a connection's credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) credentials_schema: Option<Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GlobalWebhook {
    pub(crate) key: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) methods: WebhookMethods,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookMethods {
    pub(crate) handle: CodeMethod,
}

/// A method that only code can implement.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "implementationType", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum CodeMethod {
    Javascript {},
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Event {
    pub(crate) key: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) implementation_type: EventImplementation,
    /// JSON Schema of the parameters that a subscription sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters_schema: Option<Value>,
    /// JSON Schema of the payload: documentation, nothing is refused for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<Value>,
    pub(crate) methods: EventMethods,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventImplementation {
    GlobalWebhook,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventMethods {
    #[serde(rename = "get-event-selector")]
    pub(crate) get_event_selector: Method,
}

/// A method that code or a mapping implements.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "implementationType", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Method {
    Javascript {},
    Mapping { mapping: Value },
}

/// How requests to the external app are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiClient {
    /// The hosts that requests may go to: `host`, `host:port`, `*.host` or a URL, or a formula that yields one.
    pub(crate) hosts: Vec<Value>,
    #[serde(rename = "implementationType", default, skip_serializing_if = "Option::is_none")]
    pub(crate) implementation_type: Option<ApiClientImplementation>,
    /// `make-api-client` as a mapping: base URI, headers, query and authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mapping: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ApiClientImplementation {
    Javascript,
    Mapping,
}

/// What made the bundle. For people; the host decides nothing by it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Build {
    #[serde(default)]
    pub(crate) sdk: String,
    #[serde(default)]
    pub(crate) engine: String,
}

impl Manifest {
    pub(crate) fn global_webhook(&self, key: &str) -> Option<&GlobalWebhook> {
        self.global_webhooks.iter().find(|webhook| webhook.key == key)
    }

    pub(crate) fn event(&self, key: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.key == key)
    }
}

/// One uploaded version of a connector. Never changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectorVersion {
    pub(crate) connector: String,
    /// 1 for the first upload, then one more for each.
    pub(crate) version: u32,
    /// SHA-256 of the bundle, in hexadecimal digits.
    pub(crate) digest: String,
    /// SHA-256 of the bundle without its manifest: what can run.
    pub(crate) component: String,
    /// Size of the bundle in bytes.
    pub(crate) size: u64,
    pub(crate) uploaded_at: Timestamp,
    pub(crate) manifest: Manifest,
}
