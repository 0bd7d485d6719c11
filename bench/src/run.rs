//! The comparison: all contenders do the same work in turn, round after round, in one run; whose turn it is not is paused, so
//! that what somebody does in the background falls on nobody else. Contenders that cannot be started are named and left out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::contender::{self, Contender, Parts, Running};
use crate::measure::{Sample, Work, medians};
use crate::say;
use crate::sink::Sink;

/// How long a host gets to make the deliveries of a measurement before the next one starts.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);

/// Connections where the rate is fixed: enough that a slow answer does not hold the next request up.
const CONNECTIONS_AT_FIXED_RATE: usize = 128;

/// The rate at which everybody is measured, in webhooks a second.
const COMMON_RATE: f64 = 200.0;

const KB: usize = 1 << 10;

#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    /// Of the row that counts most.
    pub(crate) rounds_of_main: usize,
}

impl Plan {
    pub(crate) fn full() -> Plan {
        Plan { warm_up: Duration::from_millis(700), time: Duration::from_secs(3), rounds: 3, rounds_of_main: 5 }
    }

    pub(crate) fn quick() -> Plan {
        Plan { warm_up: Duration::from_millis(300), time: Duration::from_secs(1), rounds: 1, rounds_of_main: 2 }
    }
}

/// One kind of work.
struct Row {
    name: &'static str,
    title: &'static str,
    pace: Pace,
    connections: usize,
    body_bytes: usize,
    is_delivered: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Pace {
    Closed,
    CommonRate,
    /// Half of what the contender has taken most in this run.
    HalfOfItsMost,
}

impl Row {
    /// Whether it shows the most that a contender can take.
    fn tells_most(&self) -> bool {
        self.pace == Pace::Closed && self.body_bytes == KB && !self.is_delivered
    }
}

const MAIN: &str = "32x1k";

const ROWS: &[Row] = &[
    closed(MAIN, "32 connections, 1 KB", 32, KB),
    closed("1x1k", "1 connection, 1 KB", 1, KB),
    closed("256x1k", "256 connections, 1 KB", 256, KB),
    closed("1x100k", "1 connection, 100 KB", 1, 100 * KB),
    closed("32x100k", "32 connections, 100 KB", 32, 100 * KB),
    closed("256x100k", "256 connections, 100 KB", 256, 100 * KB),
    at_rate("rate", "200 webhooks/s, 1 KB", Pace::CommonRate),
    at_rate("half", "half of the contender's own maximum, 1 KB", Pace::HalfOfItsMost),
    Row { is_delivered: true, ..closed("deliver", "32 connections, 1 KB, each event delivered meanwhile", 32, KB) },
];

const fn closed(name: &'static str, title: &'static str, connections: usize, body_bytes: usize) -> Row {
    Row { name, title, pace: Pace::Closed, connections, body_bytes, is_delivered: false }
}

const fn at_rate(name: &'static str, title: &'static str, pace: Pace) -> Row {
    Row { name, title, pace, connections: CONNECTIONS_AT_FIXED_RATE, body_bytes: KB, is_delivered: false }
}

/// What is known of a contender at one kind of work.
pub(crate) struct Cell {
    pub(crate) contender: &'static Contender,
    pub(crate) samples: Vec<Sample>,
    /// Deliveries made, and those not yet made when the time was over.
    pub(crate) deliveries: Option<Deliveries>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Deliveries {
    pub(crate) per_second: f64,
    pub(crate) left_over: u64,
}

pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) is_at_fixed_rate: bool,
    pub(crate) cells: Vec<Cell>,
}

pub(crate) struct Comparison {
    pub(crate) plan: Plan,
    pub(crate) tables: Vec<Table>,
    /// Who could not take part, and why.
    pub(crate) left_out: Vec<(&'static Contender, String)>,
}

/// Runs everything whose names are in `only`, or everything.
pub(crate) async fn run(parts: &Parts, sink: &Sink, plan: Plan, only: &[String]) -> anyhow::Result<Comparison> {
    check(only)?;
    let mut rows: Vec<&Row> = chosen(ROWS, only, |row| row.name);
    let needs_most = rows.iter().any(|row| row.pace == Pace::HalfOfItsMost) && !rows.iter().any(|row| row.tells_most());
    if needs_most && let Some(main) = ROWS.iter().find(|row| row.name == MAIN) {
        rows.insert(0, main);
    }
    let (mut running, mut left_out) = (Vec::new(), Vec::new());
    for contender in chosen(contender::ALL, only, |contender| contender.name) {
        match contender.start(parts).await {
            Ok(one) => {
                one.process.pause()?;
                running.push(one);
            }
            Err(error) => {
                say(&format!("left out: {}: {error:#}", contender.title));
                left_out.push((contender, format!("{error:#}")));
            }
        }
    }
    let mut most = BTreeMap::new();
    let mut tables = Vec::new();
    for row in rows {
        let cells = measure_row(row, &running, sink, plan, &mut most).await?;
        let is_at_fixed_rate = row.pace != Pace::Closed;
        if !cells.is_empty() {
            tables.push(Table { title: row.title, is_at_fixed_rate, cells });
        }
    }
    for one in &mut running {
        one.process.stop()?;
    }
    Ok(Comparison { plan, tables, left_out })
}

async fn measure_row(
    row: &'static Row,
    running: &[Running],
    sink: &Sink,
    plan: Plan,
    most: &mut BTreeMap<&'static str, f64>,
) -> anyhow::Result<Vec<Cell>> {
    let rounds = if row.name == MAIN { plan.rounds_of_main } else { plan.rounds };
    let take_part = |one: &&Running| one.is_host || !row.is_delivered;
    let mut cells: Vec<Cell> = running
        .iter()
        .filter(take_part)
        .map(|one| Cell { contender: one.contender, samples: Vec::new(), deliveries: None })
        .collect();
    for round in 0..rounds {
        for (cell, one) in cells.iter_mut().zip(running.iter().filter(take_part)) {
            let Some(rate) = rate(row, one, most) else { continue };
            let work = Work {
                connections: row.connections,
                body_bytes: row.body_bytes,
                is_delivered: row.is_delivered,
                rate,
                warm_up: plan.warm_up,
                time: plan.time,
            };
            let before = sink.deliveries();
            one.process.go_on()?;
            let sample = work.measure(one).await?;
            say(&progress(row, round, one, &sample));
            cell.samples.push(sample);
            if row.is_delivered {
                cell.deliveries = Some(drain(sink, before, plan).await);
            }
            one.process.pause()?;
        }
    }
    cells.retain(|cell| !cell.samples.is_empty());
    if row.tells_most() {
        for cell in &cells {
            let most = most.entry(cell.contender.name).or_insert(0.0);
            *most = most.max(medians(&cell.samples).per_second);
        }
    }
    Ok(cells)
}

/// At which rate this contender is to be measured; `Some(None)` is without one.
fn rate(row: &Row, one: &Running, most: &BTreeMap<&'static str, f64>) -> Option<Option<f64>> {
    match row.pace {
        Pace::Closed => Some(None),
        Pace::CommonRate => Some(Some(COMMON_RATE)),
        Pace::HalfOfItsMost => most.get(one.contender.name).map(|most| Some(most / 2.0)),
    }
}

/// Waits until no more deliveries come.
async fn drain(sink: &Sink, before: u64, plan: Plan) -> Deliveries {
    let meanwhile = sink.deliveries();
    let per_second = (meanwhile - before) as f64 / (plan.warm_up + plan.time).as_secs_f64();
    let start = Instant::now();
    let mut last = meanwhile;
    while start.elapsed() < DRAIN_TIME_MAX {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = sink.deliveries();
        if now == last {
            break;
        }
        last = now;
    }
    Deliveries { per_second, left_over: last - meanwhile }
}

fn progress(row: &Row, round: usize, one: &Running, sample: &Sample) -> String {
    format!(
        "{:9} {:15} round {}: {:7.0}/s  p50 {:7.2} ms  p99 {:7.2} ms  {:6.0} µs CPU  {} failures",
        row.name,
        one.contender.name,
        round + 1,
        sample.per_second,
        sample.p50_ms,
        sample.p99_ms,
        sample.cpu_us,
        sample.failures
    )
}

/// Those that are named; all if none of their kind is.
fn chosen<'a, T>(all: &'a [T], only: &[String], name: fn(&T) -> &'static str) -> Vec<&'a T> {
    let named: Vec<&T> = all.iter().filter(|one| only.iter().any(|chosen| chosen == name(one))).collect();
    if named.is_empty() { all.iter().collect() } else { named }
}

fn check(only: &[String]) -> anyhow::Result<()> {
    let names: Vec<&str> = contender::ALL.iter().map(|one| one.name).chain(ROWS.iter().map(|row| row.name)).collect();
    match only.iter().find(|name| !names.contains(&name.as_str())) {
        Some(name) => anyhow::bail!("--only {name}: there is no such contender or row; there are {}", names.join(", ")),
        None => Ok(()),
    }
}
