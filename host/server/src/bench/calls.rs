//! What a fresh call of a guest costs by itself: no HTTP, no store, one at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use http::Method;
use serde_json::json;

use super::report::{Times, cpu, row};
use crate::config::{self, Config};
use patchbay_connector::bundle;
use patchbay_core::ingest::{self, Incoming};
use patchbay_crypto::secret::{Vault, sha256_hex};
use patchbay_model::clock;
use patchbay_sandbox::{Grant, Sandbox};

const WARM_UP_CALLS: usize = 200;

pub(super) async fn run(config: &Config, bundles: &[PathBuf], calls: usize, body_bytes: usize) -> anyhow::Result<()> {
    let data = &config.server.data;
    std::fs::create_dir_all(data)?;
    let vault = Arc::new(Vault::open(&data.join("master.key"))?);
    let limits = config.limits.sandbox(config::own_program()?);
    let sandbox = Sandbox::start(limits, data.join("compiled"), vault)?;
    for bundle in bundles {
        measure(config, &sandbox, bundle, calls, body_bytes).await.with_context(|| bundle.display().to_string())?;
    }
    Ok(())
}

async fn measure(
    config: &Config,
    sandbox: &Sandbox,
    path: &Path,
    calls: usize,
    body_bytes: usize,
) -> anyhow::Result<()> {
    let contents = bundle::read(&std::fs::read(path)?)?;
    let webhook = contents.manifest.global_webhooks.first().context("no global webhook")?.key.clone();
    let digest = sha256_hex(&contents.component);
    let loading = Instant::now();
    let connector = sandbox.load(&digest, || Ok::<_, std::convert::Infallible>(contents.component.into())).await?;
    let loaded_in = loading.elapsed();
    let mut incoming = incoming(body_bytes);
    let uri = "https://hooks.example.com/webhooks/token";
    let request = ingest::decode(&config.limits.core(), uri, &webhook, "{}", &mut incoming).await?;
    let mut times = Times::default();
    let mut cpu_before = cpu();
    for number in 0..WARM_UP_CALLS + calls {
        if number == WARM_UP_CALLS {
            (times, cpu_before) = (Times::default(), cpu());
        }
        let grant = Grant { deadline_ms: config.limits.handler_deadline_ms, api_client: None, clock: None };
        let start = Instant::now();
        let called = sandbox.handle(&connector, &request, grant).await;
        times.add(start);
        called.result?;
    }
    let cpu_us = (cpu() - cpu_before).as_micros() as f64 / calls as f64;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let what = format!("fresh call, {name}, {body_bytes} bytes");
    let ready_ms = loaded_in.as_millis();
    row(&what, &format!("{}, {cpu_us:.0} µs CPU; compiled and loaded in {ready_ms} ms", times.quantiles()));
    Ok(())
}

fn incoming(body_bytes: usize) -> Incoming {
    let body = |padding: &str| json!({ "from_user_id": "u_1", "text": "Hello", "padding": padding }).to_string();
    let padding = "x".repeat(body_bytes.saturating_sub(body("").len()));
    let headers = (0..11).map(|number| (format!("x-header-{number}"), format!("value {number} of a header")));
    Incoming {
        token: "token".to_owned(),
        method: Method::POST,
        path: String::new(),
        query: None,
        headers: headers.chain([("content-type".to_owned(), "application/json".to_owned())]).collect(),
        body: body(&padding).into(),
        received_at: clock::now(),
        replay_of: None,
    }
}
