//! One measurement of one contender, and what several of them come to.

use std::time::Duration;

use crate::contender::{Running, SUBSCRIBERS, subscriber};
use crate::load::{self, Load, Target};
use crate::webhook::webhook;

/// What is asked of every contender alike.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) connections: usize,
    pub(crate) body_bytes: usize,
    /// Whether each event goes to a customer; else it is kept and waits for one.
    pub(crate) is_delivered: bool,
    pub(crate) rate: Option<f64>,
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
}

/// One measurement; latencies in milliseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    /// Processor time of the contender's whole process for each webhook.
    pub(crate) cpu_us: f64,
    pub(crate) failures: u64,
}

impl Work {
    pub(crate) async fn measure(self, running: &Running) -> anyhow::Result<Sample> {
        let users = if self.is_delivered { SUBSCRIBERS } else { 1 };
        let user = |number| if self.is_delivered { subscriber(number) } else { "nobody".to_owned() };
        let requests = (0..users).map(|number| webhook(&running.path, &user(number), self.body_bytes)).collect();
        let target = Target { address: running.address, requests };
        let load = Load { connections: self.connections, warm_up: self.warm_up, time: self.time, rate: self.rate };
        let cpu = async {
            tokio::time::sleep(self.warm_up).await;
            let before = running.process.cpu()?;
            tokio::time::sleep(self.time).await;
            anyhow::Ok(running.process.cpu()?.saturating_sub(before))
        };
        let (measured, cpu) = tokio::join!(load::run(target, load), cpu);
        let (measured, cpu) = (measured?, cpu?);
        let ms = |quantile| measured.latency_us.value_at_quantile(quantile) as f64 / 1_000.0;
        Ok(Sample {
            per_second: measured.per_second(),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            cpu_us: cpu.as_micros() as f64 / measured.taken.max(1) as f64,
            failures: measured.failures(),
        })
    }
}

/// Medians of several samples, each figure by itself; failures are added up.
pub(crate) fn medians(samples: &[Sample]) -> Sample {
    let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure).collect());
    Sample {
        per_second: of(|sample| sample.per_second),
        p50_ms: of(|sample| sample.p50_ms),
        p99_ms: of(|sample| sample.p99_ms),
        p999_ms: of(|sample| sample.p999_ms),
        cpu_us: of(|sample| sample.cpu_us),
        failures: samples.iter().map(|sample| sample.failures).sum(),
    }
}

/// The middle one; of an even number the mean of both in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.get(half.saturating_sub(1)), values.get(half)) {
        (Some(below), Some(above)) if values.len().is_multiple_of(2) => (below + above) / 2.0,
        (_, Some(middle)) => *middle,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 9.0, 2.0]), 3.0);
        assert_eq!(median(vec![7.0]), 7.0);
        assert!(median(vec![]).is_nan());
    }
}
