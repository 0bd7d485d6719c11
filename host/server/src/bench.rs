//! Measures parts of the server by themselves: `patchbay micro`, in a build with the feature `bench`.
//! Each benchmark builds what it needs in a new data folder, and prints rows of a table. Nothing here serves.

mod calls;
mod report;
mod store;

use std::path::PathBuf;

use clap::Subcommand;

use crate::config::Config;

#[derive(Subcommand)]
pub(crate) enum Benchmark {
    /// A fresh instance, one call of `handle` and the drop of all of it, one after the other
    Calls {
        bundles: Vec<PathBuf>,
        #[arg(long, default_value_t = 2_000)]
        calls: usize,
        #[arg(long, default_value_t = 1_024)]
        body_bytes: usize,
    },
    /// A commit of one event, waited for by so many at the same time
    Commit {
        #[arg(long, value_delimiter = ',', default_value = "1,32,256")]
        at_once: Vec<usize>,
    },
    /// The subscriptions of a selector, among so many
    Routing {
        #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
        subscriptions: Vec<usize>,
    },
    /// A claim of what is due, with so much waiting
    Claim {
        #[arg(long, value_delimiter = ',', default_value = "1000,1000000")]
        waiting: Vec<usize>,
    },
}

pub(crate) fn run(benchmark: Benchmark, config: Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match benchmark {
            Benchmark::Calls { bundles, calls, body_bytes } => calls::run(&config, &bundles, calls, body_bytes).await,
            Benchmark::Commit { at_once } => store::commit(&config, &at_once).await,
            Benchmark::Routing { subscriptions } => store::routing(&config, &subscriptions).await,
            Benchmark::Claim { waiting } => store::claim(&config, &waiting).await,
        }
    })
}
