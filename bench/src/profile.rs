//! Where the time of one webhook goes: a server built with its own spans, under a closed loop, says it when it stops.

use std::time::Duration;

use crate::contender::Parts;
use crate::host::Place;
use crate::load::{self, Load, Target};
use crate::webhook::webhook;

const TIME: Duration = Duration::from_secs(5);

pub(crate) async fn run(parts: &Parts, engines: &[String], connections: &[usize]) -> anyhow::Result<String> {
    let mut text = String::new();
    for engine in engines {
        for count in connections {
            text.push_str(&profile(parts, engine, *count).await?);
        }
    }
    Ok(text)
}

async fn profile(parts: &Parts, engine: &str, connections: usize) -> anyhow::Result<String> {
    let bundle = parts.bundles.join(format!("{engine}.wasm"));
    if !bundle.exists() {
        return Ok(format!("Left out: {engine} (its bundle was not built).\n\n"));
    }
    let place = Place::new(&parts.patchbay, &parts.data.join(format!("profile-{engine}-{connections}")));
    // Compiles; the process that is measured starts with what was compiled.
    let mut host = place.start()?;
    let connector = host.upload(&std::fs::read(bundle)?).await?;
    let path = host.integrate(&connector, parts.sink).await?;
    host.process.stop()?;
    let mut host = place.start_again(&host.api)?;
    let target = Target { address: host.address, requests: vec![webhook(&path, "nobody", 1 << 10)] };
    let load = Load { connections, warm_up: Duration::ZERO, time: TIME, rate: None };
    let measured = load::run(target, load).await?;
    let cpu_us = host.process.cpu()?.as_micros() as f64 / measured.taken.max(1) as f64;
    host.process.stop()?;
    let log = std::fs::read_to_string(place.data.join("host.log"))?;
    let table: Vec<&str> = log.lines().filter(|line| line.starts_with('|')).collect();
    anyhow::ensure!(!table.is_empty(), "the server was built without the feature `bench`");
    Ok(format!(
        "### {engine}, {connections} connection{}\n\n{:.0} webhooks/s, {cpu_us:.0} µs of processor time each, start included; seen from outside p50 {:.2} ms.\n\n{}\n\n",
        if connections == 1 { "" } else { "s" },
        measured.per_second(),
        measured.latency_us.value_at_quantile(0.5) as f64 / 1_000.0,
        table.join("\n"),
    ))
}
