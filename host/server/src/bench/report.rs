//! Times of many repetitions, and how they are shown.

use std::time::{Duration, Instant};

/// Times one repetition after the other.
#[derive(Default)]
pub(super) struct Times {
    all: Vec<Duration>,
}

impl Times {
    pub(super) fn add(&mut self, since: Instant) {
        self.all.push(since.elapsed());
    }

    pub(super) fn extend(&mut self, other: Times) {
        self.all.extend(other.all);
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    pub(super) fn total(&self) -> Duration {
        self.all.iter().sum()
    }

    /// `p50 … µs, p99 … µs`
    pub(super) fn quantiles(&mut self) -> String {
        format!("p50 {:.2} µs, p99 {:.2} µs", self.quantile_us(50), self.quantile_us(99))
    }

    pub(super) fn quantile_us(&mut self, per_cent: usize) -> f64 {
        self.all.sort();
        let place = (self.all.len() * per_cent / 100).min(self.all.len().saturating_sub(1));
        self.all.get(place).map_or(f64::NAN, |time| time.as_nanos() as f64 / 1_000.0)
    }
}

/// Processor time of this process so far.
pub(super) fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// One row of the table.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn row(what: &str, result: &str) {
    println!("| {what} | {result} |");
}
