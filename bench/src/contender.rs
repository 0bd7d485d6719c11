//! Who is measured, what each of them does for a webhook, and how it is started.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::host::Place;
use crate::process::Process;

const PEER_START_TIME_MAX: Duration = Duration::from_secs(20);

/// Users of the external app that have a subscription, on a host.
pub(crate) const SUBSCRIBERS: usize = 10;

/// A user that has one.
pub(crate) fn subscriber(number: usize) -> String {
    format!("user-{number}")
}

pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Whether the event is on disk before the answer leaves.
    pub(crate) is_durable: bool,
    /// What separates the handler from the server and from other requests.
    pub(crate) sandbox: &'static str,
    kind: Kind,
}

enum Kind {
    /// A server in `bench/peers`.
    Peer,
    /// A host, with the seed's handler built for this engine.
    Host,
}

pub(crate) const ALL: &[Contender] = &[
    Contender {
        name: "express",
        title: "(a) Express, nothing stored",
        is_durable: false,
        sandbox: "none",
        kind: Kind::Peer,
    },
    Contender {
        name: "sqlite",
        title: "(b) Express + better-sqlite3",
        is_durable: true,
        sandbox: "none",
        kind: Kind::Peer,
    },
    Contender {
        name: "isolated-vm",
        title: "(c) Express + isolated-vm + better-sqlite3",
        is_durable: true,
        sandbox: "fresh V8 isolate",
        kind: Kind::Peer,
    },
    Contender {
        name: "starlingmonkey",
        title: "Patchbay, StarlingMonkey",
        is_durable: true,
        sandbox: "fresh WebAssembly instance",
        kind: Kind::Host,
    },
    Contender {
        name: "quickjs",
        title: "Patchbay, QuickJS",
        is_durable: true,
        sandbox: "fresh WebAssembly instance",
        kind: Kind::Host,
    },
    Contender {
        name: "rust",
        title: "Patchbay, Rust",
        is_durable: true,
        sandbox: "fresh WebAssembly instance",
        kind: Kind::Host,
    },
];

/// Where everything is that contenders are started from.
pub(crate) struct Parts {
    pub(crate) patchbay: PathBuf,
    pub(crate) peers: PathBuf,
    pub(crate) handler: PathBuf,
    /// Holds one bundle for each engine.
    pub(crate) bundles: PathBuf,
    /// Made for the run, removed after it.
    pub(crate) data: PathBuf,
    /// The external app and the customers' endpoint.
    pub(crate) sink: SocketAddr,
}

/// A contender that takes webhooks.
pub(crate) struct Running {
    pub(crate) contender: &'static Contender,
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) is_host: bool,
    pub(crate) process: Process,
}

impl Contender {
    /// Starts it; the error says why it cannot take part.
    pub(crate) async fn start(&'static self, parts: &Parts) -> anyhow::Result<Running> {
        let data = parts.data.join(self.name);
        std::fs::create_dir_all(&data)?;
        match self.kind {
            Kind::Peer => self.start_peer(parts, &data),
            Kind::Host => self.start_host(parts, &data).await,
        }
    }

    fn start_peer(&'static self, parts: &Parts, data: &Path) -> anyhow::Result<Running> {
        let mut command = Command::new("node");
        command.arg(parts.peers.join("server.mjs")).arg(self.name);
        command.arg("--handler").arg(&parts.handler).arg("--db").arg(data.join("events.db"));
        command.env("NODE_ENV", "production");
        let process = Process::start(command, "listens on", &data.join("peer.log"), PEER_START_TIME_MAX)?;
        let address = process.said("listens on http://")?.parse()?;
        Ok(Running { contender: self, address, path: "/webhooks/some-token".to_owned(), is_host: false, process })
    }

    async fn start_host(&'static self, parts: &Parts, data: &Path) -> anyhow::Result<Running> {
        let bundle = parts.bundles.join(format!("{}.wasm", self.name));
        anyhow::ensure!(bundle.exists(), "its bundle was not built");
        let host = Place::new(&parts.patchbay, data).start()?;
        let connector = host.upload(&std::fs::read(bundle)?).await?;
        let path = host.integrate(&connector, parts.sink).await?;
        for user in 0..SUBSCRIBERS {
            host.subscribe(&connector, &subscriber(user), parts.sink).await?;
        }
        Ok(Running { contender: self, address: host.address, path, is_host: true, process: host.process })
    }
}
