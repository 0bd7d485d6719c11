//! The host's HTTP API, as far as it is needed to set a measurement up.

use std::net::SocketAddr;

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;

use crate::http::{Connection, request, status};

pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl Api {
    pub(crate) fn new(address: SocketAddr, token: String) -> Api {
        Api { address, token }
    }

    pub(crate) async fn upload(&self, bundle: &[u8]) -> anyhow::Result<Value> {
        self.call("POST", "/v1/connectors", "application/wasm", bundle).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(method, path, "application/json", body.to_string().as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, "application/json", b"").await
    }

    /// The path of an integration's only global webhook.
    pub(crate) async fn webhook_path(&self, integration: &str) -> anyhow::Result<String> {
        let webhooks = self.get(&format!("/v1/integrations/{integration}/global-webhooks")).await?;
        let uri = webhooks.pointer("/0/uri").and_then(Value::as_str);
        let (_, token) = uri.and_then(|uri| uri.split_once("/webhooks/")).ok_or_else(|| anyhow!("no webhook"))?;
        Ok(format!("/webhooks/{token}"))
    }

    async fn call(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> anyhow::Result<Value> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
        let mut connection = Connection::open(self.address).await?;
        connection.send(&request(method, path, &headers, body)).await?;
        let answer = connection.receive().await?.ok_or_else(|| anyhow!("{method} {path}: no answer"))?;
        let status = status(answer.head)?;
        if !(200..300).contains(&status) {
            bail!("{method} {path}: {status} {}", String::from_utf8_lossy(answer.body));
        }
        serde_json::from_slice(answer.body).with_context(|| format!("{method} {path}: the answer is not JSON"))
    }
}
