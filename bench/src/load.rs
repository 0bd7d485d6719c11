//! Sends webhooks and times the answers: as fast as they come (closed loop), or at a fixed rate, where a latency counts
//! from the moment at which the request was due, whether or not a connection was free then.
//! Every answer's status is looked at; nothing that failed counts as throughput.

mod pacer;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::LocalSet;

use crate::http::Connection;
use pacer::Pacer;

/// Latencies are kept from 1 µs to a minute, to three digits.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Where webhooks go: requests as bytes, sent in turn.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// Before anything counts.
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
    /// Webhooks a second; `None` for as many as are answered.
    pub(crate) rate: Option<f64>,
}

/// What was counted in the time of a load, without its warm-up.
pub(crate) struct Measured {
    pub(crate) time: Duration,
    /// Answers of 2xx.
    pub(crate) taken: u64,
    /// Other answers, by status.
    pub(crate) refused: BTreeMap<u16, u64>,
    /// Connections that broke.
    pub(crate) broken: u64,
    /// Of the answers of 2xx, in microseconds.
    pub(crate) latency_us: Histogram<u64>,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.taken as f64 / self.time.as_secs_f64()
    }

    pub(crate) fn failures(&self) -> u64 {
        self.refused.values().sum::<u64>() + self.broken
    }

    fn new(time: Duration) -> anyhow::Result<Measured> {
        let latency_us = Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)?;
        Ok(Measured { time, taken: 0, refused: BTreeMap::new(), broken: 0, latency_us })
    }

    fn add(&mut self, other: &Measured) -> anyhow::Result<()> {
        self.taken += other.taken;
        self.broken += other.broken;
        for (status, count) in &other.refused {
            *self.refused.entry(*status).or_default() += count;
        }
        Ok(self.latency_us.add(&other.latency_us)?)
    }

    fn note(&mut self, answer: &std::io::Result<u16>, latency: Duration) {
        match answer {
            Ok(200..300) => {
                self.taken += 1;
                let us = u64::try_from(latency.as_micros()).unwrap_or(LATENCY_US_MAX);
                self.latency_us.saturating_record(us.max(1));
            }
            Ok(status) => *self.refused.entry(*status).or_default() += 1,
            Err(_) => self.broken += 1,
        }
    }
}

/// The time in which answers count.
#[derive(Clone, Copy)]
struct Window {
    opens: Instant,
    closes: Instant,
}

/// Sends webhooks for the time of the load, from this thread alone.
pub(crate) async fn run(target: Target, load: Load) -> anyhow::Result<Measured> {
    let opens = Instant::now() + load.warm_up;
    let window = Window { opens, closes: opens + load.time };
    let target = Rc::new(target);
    let pacer = load.rate.map(|rate| Rc::new(Pacer::start(rate, load.warm_up + load.time)));
    let mut all = Measured::new(load.time)?;
    let local = LocalSet::new();
    let senders: Vec<_> = (0..load.connections)
        .map(|number| local.spawn_local(send(Rc::clone(&target), number, window, pacer.clone())))
        .collect();
    local.await;
    for sender in senders {
        all.add(&sender.await??)?;
    }
    Ok(all)
}

/// One connection, with one request at a time.
async fn send(target: Rc<Target>, number: usize, window: Window, pacer: Option<Rc<Pacer>>) -> anyhow::Result<Measured> {
    let mut measured = Measured::new(window.closes - window.opens)?;
    let mut connection = Connection::open(target.address).await?;
    // Each connection begins elsewhere in the list.
    for request in target.requests.iter().cycle().skip(number % target.requests.len().max(1)) {
        let due = match &pacer {
            Some(pacer) => match pacer.next().await {
                Some(due) => due,
                None => break,
            },
            None => Instant::now(),
        };
        if due >= window.closes {
            break;
        }
        let answer = connection.status_of(request).await;
        let now = Instant::now();
        // At a fixed rate whatever was due in time counts, however late its answer; else what was answered in time.
        let counts_at = if pacer.is_some() { due } else { now };
        if counts_at >= window.opens && counts_at < window.closes {
            measured.note(&answer, now - due);
        }
        if answer.is_err() {
            connection = Connection::open(target.address).await?;
        }
    }
    Ok(measured)
}

#[cfg(test)]
mod tests;
