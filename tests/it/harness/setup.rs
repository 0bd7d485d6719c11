//! The situation that most tests begin with: an integration of the echo connector, a connection, a receiver.

use serde_json::{Value, json};

use super::{Answer, Api, Host, Receiver, Settings};

/// An integration `echo` of the connector `echo`, with the connection `acme`.
pub(crate) struct Echo {
    pub(crate) host: Host,
    pub(crate) receiver: Receiver,
}

impl Echo {
    pub(crate) async fn start() -> Echo {
        Echo::start_with(Settings::default()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Echo {
        let (host, receiver) = (Host::start_with(settings).await, Receiver::start().await);
        host.api.put_integration("echo", "echo", json!({})).await;
        host.api.put_connection("acme", "echo", "customer-acme", json!({ "accessToken": "acme-token" })).await;
        Echo { host, receiver }
    }

    pub(crate) fn api(&self) -> Api {
        self.host.api.clone()
    }

    /// A subscription of `acme` to a selector, delivered to the receiver's path.
    pub(crate) async fn subscribe(&self, selector: &str, path: &str) -> Value {
        let subscription =
            self.host.api.subscribe("acme", "chosen", json!({ "selector": selector }), &self.receiver.url(path)).await;
        assert_eq!(subscription["status"], "subscribed", "{subscription}");
        subscription
    }

    /// Sends one event with a selector through the webhook.
    pub(crate) async fn send(&self, selector: &str, payload: Value) -> Answer {
        self.send_events(json!([{ "selector": selector, "payload": payload }])).await
    }

    pub(crate) async fn send_events(&self, events: Value) -> Answer {
        let api = &self.host.api;
        api.post_webhook(&api.webhook("echo", "events").await, &json!({ "events": events })).await
    }
}
