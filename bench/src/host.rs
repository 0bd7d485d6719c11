//! A Patchbay host as it comes: default settings, a data folder on disk, one integration of one connector.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;

use crate::api::Api;
use crate::process::Process;

const START_TIME_MAX: Duration = Duration::from_secs(120);

pub(crate) struct Host {
    pub(crate) process: Process,
    pub(crate) api: Api,
    pub(crate) address: SocketAddr,
    /// From the start of the program until it listens.
    pub(crate) started_in: Duration,
}

/// Which program, and where it keeps everything.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) patchbay: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) settings: Vec<String>,
}

impl Place {
    pub(crate) fn new(patchbay: &Path, data: &Path) -> Place {
        Place { patchbay: patchbay.to_owned(), data: data.to_owned(), settings: Vec::new() }
    }

    /// Starts a host in a new folder.
    pub(crate) fn start(&self) -> anyhow::Result<Host> {
        std::fs::create_dir_all(&self.data)?;
        self.run(None)
    }

    /// Starts it again on what is there.
    pub(crate) fn start_again(&self, api: &Api) -> anyhow::Result<Host> {
        self.run(Some(api.token.clone()))
    }

    fn run(&self, token: Option<String>) -> anyhow::Result<Host> {
        let mut command = Command::new(&self.patchbay);
        command.arg("serve").arg("--data").arg(&self.data);
        command.args(["--listen", "127.0.0.1:0"]);
        // The customers' endpoint is on this machine, where deliveries do not go unless they are told to.
        command.args(["--egress-allow", "127.0.0.0/8"]).args(&self.settings);
        let start = Instant::now();
        let process = Process::start(command, "listens on", &self.data.join("host.log"), START_TIME_MAX)?;
        let started_in = start.elapsed();
        let address: SocketAddr = process.said("listens on http://")?.parse()?;
        let token = token.map_or_else(|| process.said("keep it): "), Ok)?;
        Ok(Host { process, api: Api::new(address, token), address, started_in })
    }
}

impl Host {
    /// Uploads a bundle; returns the key of its connector when it is ready to be called.
    pub(crate) async fn upload(&self, bundle: &[u8]) -> anyhow::Result<String> {
        let uploaded = self.api.upload(bundle).await?;
        let key = uploaded.get("key").and_then(|key| key.as_str()).context("the upload has no key")?;
        Ok(key.to_owned())
    }

    /// Makes an integration of a connector, with its key. Returns the path of its webhook.
    pub(crate) async fn integrate(&self, connector: &str, app: SocketAddr) -> anyhow::Result<String> {
        let parameters = json!({ "apiBaseUri": format!("http://{app}") });
        let integration = json!({ "connector": connector, "parameters": parameters });
        self.api.send("PUT", &format!("/v1/integrations/{connector}"), &integration).await?;
        self.api.webhook_path(connector).await
    }

    /// Subscribes a user of the external app to the connector's event.
    pub(crate) async fn subscribe(&self, integration: &str, user: &str, sink: SocketAddr) -> anyhow::Result<()> {
        // The Rust connector reads the user off the credentials; the others ask the external app whose token it is.
        let credentials = json!({ "accessToken": format!("token-of-{user}"), "userId": user });
        let connection = json!({ "integration": integration, "customer": user, "credentials": credentials });
        self.api.send("PUT", &format!("/v1/connections/{user}"), &connection).await?;
        let subscription = json!({
            "connection": user, "event": "event-key", "destination": { "url": format!("http://{sink}/{user}") },
        });
        let made = self.api.send("POST", "/v1/subscriptions", &subscription).await?;
        anyhow::ensure!(made.get("status").is_some_and(|status| status == "subscribed"), "not subscribed: {made}");
        Ok(())
    }
}
