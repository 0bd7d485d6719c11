//! A client of the HTTP API, with the token of the host's owner.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::Answer;

#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) base: String,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
}

impl Api {
    pub(crate) fn new(base: String, token: String) -> Api {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .build()
            .unwrap();
        Api { base, token, http }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// A call without a body: `POST …/enable` and its like.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None).await
    }

    pub(crate) async fn upload(&self, bundle: Vec<u8>) -> Answer {
        let request = self.request(Method::POST, "/v1/connectors").header("content-type", "application/wasm");
        // A machine with much else to do takes its time to compile.
        let request = request.timeout(Duration::from_secs(300)).body(bundle);
        Answer::read(request.send().await.unwrap()).await
    }

    #[track_caller]
    pub(crate) fn put_integration(&self, key: &str, connector: &str, parameters: Value) -> impl Future<Output = Value> {
        let (api, path) = (self.clone(), format!("/v1/integrations/{key}"));
        let body = json!({ "connector": connector, "parameters": parameters });
        async move { api.put(&path, body).await.expect(201) }
    }

    #[track_caller]
    pub(crate) fn put_connection(
        &self,
        id: &str,
        integration: &str,
        customer: &str,
        credentials: Value,
    ) -> impl Future<Output = Value> {
        let (api, path) = (self.clone(), format!("/v1/connections/{id}"));
        let body = json!({ "integration": integration, "customer": customer, "credentials": credentials });
        async move { api.put(&path, body).await.expect(201) }
    }

    pub(crate) async fn subscribe(&self, connection: &str, event: &str, parameters: Value, url: &str) -> Value {
        let destination = json!({ "url": url });
        let body =
            json!({ "connection": connection, "event": event, "parameters": parameters, "destination": destination });
        self.post("/v1/subscriptions", body).await.expect(201)
    }

    /// Where the external app would send requests, on this machine.
    pub(crate) async fn webhook(&self, integration: &str, key: &str) -> String {
        let webhooks = self.get(&format!("/v1/integrations/{integration}/global-webhooks")).await.expect(200);
        let webhook = webhooks.as_array().unwrap().iter().find(|webhook| webhook["key"] == key);
        let uri = webhook.unwrap_or_else(|| panic!("no webhook {key} in {webhooks}"))["uri"].as_str().unwrap();
        self.local(uri)
    }

    /// A public URI, as it is reached without the proxy that stands before a real server.
    pub(crate) fn local(&self, uri: &str) -> String {
        let (_, token) = uri.split_once("/webhooks/").unwrap_or_else(|| panic!("{uri} is no webhook URI"));
        format!("{}/webhooks/{token}", self.base)
    }

    /// Sends JSON like an external app: without a token.
    pub(crate) async fn post_webhook(&self, url: &str, body: &Value) -> Answer {
        self.post_body(url, "application/json", body.to_string()).await
    }

    pub(crate) async fn post_body(&self, url: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.http.post(url).header("content-type", content_type).body(body);
        Answer::read(request.send().await.unwrap()).await
    }

    /// The record of the newest request that came in.
    pub(crate) async fn last_request(&self) -> Value {
        let list = self.get("/v1/webhook-requests?limit=1").await.expect(200);
        let id = list["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no request in {list}")).to_owned();
        self.get(&format!("/v1/webhook-requests/{id}")).await.expect(200)
    }

    /// Everything in a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(&format!("{path}{separator}limit=250{after}")).await.expect(200);
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            cursor = page["cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return items;
            }
        }
    }
}
