//! The command line: `serve`, `test` for connectors' examples, and `compile`, which both run in a child process.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::{Config, Limits, cache_folder, own_program};
use patchbay_core::examples;
use patchbay_core::rotate;
use patchbay_sandbox as sandbox;

/// Self-hosted global webhooks: takes the events that an external app sends for all your customers to one URL, runs
/// your connector on them in a sandbox, and delivers each to the customers that it belongs to.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    ///
    /// Makes everything that it needs in the data folder at its first start, and prints the API token there and then,
    /// once. Stops on SIGTERM or Ctrl-C, after what is under way has ended.
    Serve {
        #[command(flatten)]
        config: Box<Config>,
        /// How much to log, for example `info` or `patchbay=debug,warn`
        #[arg(long, value_name = "FILTER", env = "PATCHBAY_LOG", default_value = "info")]
        log: String,
    },
    /// Run a connector's examples against its bundle
    ///
    /// Runs every *.json of the folder in the real sandbox under the real limits, without a server and without a network,
    /// and shows what differs. The first run of a bundle compiles it, which takes seconds; later ones take milliseconds.
    Test {
        /// The bundle, as built by `patchbay-sdk build`
        bundle: PathBuf,
        /// The folder of examples
        examples: PathBuf,
        /// Folder for compiled bundles; this user's cache by default
        #[arg(long, value_name = "DIR")]
        cache: Option<PathBuf>,
        /// Show only the examples that do not hold, and the count
        #[arg(long)]
        quiet: bool,
        #[command(flatten)]
        limits: Box<Limits>,
    },
    /// Replace the master key
    ///
    /// Encrypts every secret in the data folder anew, with a new master key. Stop the server first. If it is interrupted,
    /// run it again. Backups from before need the old key, which is gone afterwards: keep a copy with them.
    RotateMasterKey {
        /// The server's data folder
        #[arg(long, value_name = "DIR", env = "PATCHBAY_DATA")]
        data: PathBuf,
    },
    /// Compile a bundle to machine code; run by the server, bounded in memory
    #[command(hide = true)]
    Compile {
        input: PathBuf,
        output: PathBuf,
        /// Machine code of functions that earlier compilations have met
        functions: PathBuf,
        #[arg(long)]
        memory_bytes_max: u64,
    },
    /// Measure parts of the server by themselves
    #[cfg(feature = "bench")]
    #[command(hide = true)]
    Micro {
        #[command(subcommand)]
        benchmark: crate::bench::Benchmark,
        #[command(flatten)]
        config: Box<Config>,
    },
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve { config, log } => serve(*config, &log),
        Command::Test { bundle, examples, cache, quiet, limits } => test(&bundle, &examples, cache, quiet, &limits),
        Command::RotateMasterKey { data } => rotate_master_key(&data),
        Command::Compile { input, output, functions, memory_bytes_max } => {
            sandbox::machine_code::compile_file(&input, &output, &functions, memory_bytes_max)
                .map_err(anyhow::Error::msg)
        }
        #[cfg(feature = "bench")]
        Command::Micro { benchmark, config } => crate::bench::run(benchmark, *config),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("patchbay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn test(bundle: &Path, examples: &Path, cache: Option<PathBuf>, is_quiet: bool, limits: &Limits) -> anyhow::Result<()> {
    let cache = cache.unwrap_or_else(cache_folder);
    examples::test(bundle, examples, &cache, is_quiet, limits.sandbox(own_program()?), limits.core())
}

fn rotate_master_key(data: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let count = runtime.block_on(rotate::rotate(data))?;
    eprintln!("The master key is new; {count} secrets were encrypted anew.");
    Ok(())
}

fn serve(config: Config, log: &str) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_new(log)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stopper = stop.clone();
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tracing::info!("stopping");
            stopper.cancel();
        });
        App::open(config)?.run(stop).await
    })?;
    #[cfg(feature = "bench")]
    eprintln!("{}", patchbay_model::profile::table());
    Ok(())
}
