//! Measures Patchbay: beside what people would write by hand (`run`), one host by itself (`micro`), or step by step (`profile`).
//! Started by the scripts in `bench/`, which build what is measured.

mod api;
mod bundle;
mod contender;
mod host;
mod http;
mod load;
mod machine;
mod measure;
mod micro;
mod process;
mod profile;
mod report;
mod results;
mod run;
mod sink;
mod subscribers;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use contender::Parts;
use micro::Sizes;
use run::Plan;
use sink::Sink;

/// What all contenders keep in a whole comparison, and some more, for a disk that is almost full is slow.
const FREE_GB_MIN: u64 = 20;

#[derive(Parser)]
#[command(about)]
struct Cli {
    #[command(flatten)]
    places: Places,
    #[command(subcommand)]
    command: Command,
}

/// Where things are; the scripts know.
#[derive(Args)]
struct Places {
    /// The server's program
    #[arg(long)]
    patchbay: PathBuf,
    /// Folder of `peers/` and `RESULTS.md`
    #[arg(long)]
    bench: PathBuf,
    /// The handler that everybody runs
    #[arg(long)]
    handler: PathBuf,
    /// Folder of bundles, one for each engine
    #[arg(long)]
    bundles: PathBuf,
    /// Folder for data, on the disk that is to be measured; removed afterwards
    #[arg(long)]
    data: PathBuf,
    /// What was built
    #[arg(long, default_value = "unknown")]
    revision: String,
    /// Write no RESULTS.md
    #[arg(long, global = true)]
    no_results: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Compare with the peers
    Run {
        /// Two minutes instead of ten, to see that everything works
        #[arg(long)]
        quick: bool,
        /// Only these contenders and rows
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
        /// How long each measurement lasts; three if not given
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: Option<u64>,
    },
    /// Measure the parts of one host
    Micro {
        /// Small sizes, to see that everything works
        #[arg(long)]
        quick: bool,
        /// Only these parts
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Show where the time of one webhook goes
    Profile {
        #[arg(long, value_delimiter = ',', default_value = "starlingmonkey,quickjs,rust")]
        engines: Vec<String>,
        #[arg(long, value_delimiter = ',', default_value = "1,32")]
        connections: Vec<usize>,
    },
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    // One thread: what is measured needs the others.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let data = cli.places.data.clone();
    std::fs::create_dir_all(&data)?;
    let result = runtime.block_on(command(cli));
    std::fs::remove_dir_all(data)?;
    result
}

async fn command(Cli { places, command }: Cli) -> anyhow::Result<()> {
    if let Command::Run { quick: false, only, .. } = &command
        && only.is_empty()
    {
        machine::check_room(&places.data, FREE_GB_MIN)?;
    }
    let machine = machine::describe(&places.data, &places.revision)?;
    say(&machine);
    let sink = Sink::start()?;
    let parts = Parts {
        patchbay: places.patchbay,
        peers: places.bench.join("peers"),
        handler: places.handler,
        bundles: places.bundles,
        data: places.data,
        sink: sink.address,
    };
    let (heading, text) = match command {
        Command::Run { quick, only, seconds } => {
            let mut plan = if quick { Plan::quick() } else { Plan::full() };
            plan.time = seconds.map_or(plan.time, Duration::from_secs);
            let comparison = run::run(&parts, &sink, plan, &only).await?;
            ("Beside what people would write by hand", report::comparison(&comparison))
        }
        Command::Micro { quick, only } => {
            let sizes = if quick { Sizes::quick() } else { Sizes::full() };
            ("One host by itself", micro::run(&parts, sizes, &only).await?)
        }
        Command::Profile { engines, connections } => {
            ("One webhook, step by step", profile::run(&parts, &engines, &connections).await?)
        }
    };
    let text = format!("{machine}\n{text}");
    say(&text);
    if !places.no_results {
        results::write(&places.bench.join("RESULTS.md"), heading, &text)?;
    }
    Ok(())
}

/// For the person at the terminal.
#[expect(clippy::print_stdout, reason = "a command line's output")]
fn say(text: &str) {
    println!("{text}");
}
