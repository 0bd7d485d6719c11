//! What the server counts and measures, for Prometheus. Labels take a few fixed values each: nothing that comes from
//! outside becomes one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use patchbay_model::delivery::DeliveryStatus;
use patchbay_model::webhook_request::{RequestStatus, WebhookRequest};
use patchbay_rules::retry::Outcome;
use patchbay_store::{Swept, Taken};

type Label = [(&'static str, &'static str); 1];
type Seconds = Counter<f64, AtomicU64>;
type Counters = Family<Label, Counter>;
type Gauges = Family<Label, Gauge>;

/// 0.5 ms to 16 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

pub struct Metrics {
    registry: Registry,
    webhooks: Counters,
    webhook_seconds: Histogram,
    api_calls: Counters,
    requests: Counters,
    events: Counters,
    handler_seconds: Histogram,
    commit_seconds: Histogram,
    attempts: Counters,
    settled: Counters,
    requests_removed: Counters,
    events_stopped_waiting: Counters,
    stored_bytes: Gauges,
    disabled: Counter,
    queued: Gauge,
    sandbox_calls: Gauge,
    sandbox_cpu_seconds: Seconds,
    sandbox_held_back_seconds: Seconds,
    memory_bytes: Gauge,
}

/// What is only looked at when somebody asks.
pub struct Levels {
    pub queued: usize,
    pub sandbox_calls: usize,
    /// Processor time that calls of connectors took, and how long they were held back.
    pub sandbox_times: (Duration, Duration),
    pub memory_bytes: u64,
    pub taken: Taken,
}

impl Metrics {
    #[expect(clippy::new_without_default, reason = "it registers every metric")]
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("patchbay");
        let metrics = Metrics {
            webhooks: Counters::default(),
            webhook_seconds: seconds(),
            api_calls: Counters::default(),
            requests: Counters::default(),
            events: Counters::default(),
            handler_seconds: seconds(),
            commit_seconds: seconds(),
            attempts: Counters::default(),
            settled: Counters::default(),
            requests_removed: Counters::default(),
            events_stopped_waiting: Counters::default(),
            stored_bytes: Gauges::default(),
            disabled: Counter::default(),
            queued: Gauge::default(),
            sandbox_calls: Gauge::default(),
            sandbox_cpu_seconds: Seconds::default(),
            sandbox_held_back_seconds: Seconds::default(),
            memory_bytes: Gauge::default(),
            registry: Registry::default(),
        };
        let m = &metrics;
        registry.register("webhook_answers", "Answers at webhook URIs, by class of status", m.webhooks.clone());
        registry.register("webhook_seconds", "From a webhook's head to its answer", m.webhook_seconds.clone());
        registry.register("api_answers", "Answers of the API, by class of status", m.api_calls.clone());
        registry.register("requests", "Webhook requests kept, by what became of them", m.requests.clone());
        registry.register("events", "Events that handlers returned", m.events.clone());
        registry.register("handler_seconds", "Calls of `handle`", m.handler_seconds.clone());
        registry.register("commit_seconds", "Until a request is on disk", m.commit_seconds.clone());
        registry.register("delivery_attempts", "Attempts at deliveries, by outcome", m.attempts.clone());
        registry.register("deliveries_settled", "Deliveries that ended, by how", m.settled.clone());
        registry.register("requests_removed", "Requests removed, by why", m.requests_removed.clone());
        let stopped = "Events that wait for no subscription any more though none came, by why";
        registry.register("events_stopped_waiting", stopped, m.events_stopped_waiting.clone());
        registry.register("stored_bytes", "What the store takes up, by part", m.stored_bytes.clone());
        registry.register(
            "subscriptions_disabled",
            "Subscriptions whose destination was gone or failed too long",
            m.disabled.clone(),
        );
        registry.register("deliveries_queued", "Deliveries that are not settled", m.queued.clone());
        registry.register("sandbox_calls", "Calls of connectors under way", m.sandbox_calls.clone());
        let (cpu, held_back) = (m.sandbox_cpu_seconds.clone(), m.sandbox_held_back_seconds.clone());
        registry.register("sandbox_cpu_seconds", "Processor time of connectors' calls", cpu);
        registry.register("sandbox_held_back_seconds", "Waits of calls so that others were served", held_back);
        registry.register("memory_bytes", "Resident memory of the process", m.memory_bytes.clone());
        Metrics { registry, ..metrics }
    }

    pub fn webhook_answered(&self, status: u16, took: Duration) {
        count(&self.webhooks, "class", class(status));
        self.webhook_seconds.observe(took.as_secs_f64());
    }

    pub fn api_answered(&self, status: u16) {
        count(&self.api_calls, "class", class(status));
    }

    pub fn handled(&self, took_ms: u64) {
        self.handler_seconds.observe(Duration::from_millis(took_ms).as_secs_f64());
    }

    pub fn committed(&self, kept: &WebhookRequest, took: Duration) {
        self.commit_seconds.observe(took.as_secs_f64());
        count(&self.requests, "status", status(kept.status));
        self.events.get_or_create(&[("status", "taken")]).inc_by(u64::from(kept.event_count));
        self.events.get_or_create(&[("status", "refused")]).inc_by(kept.refused_event_count.into());
    }

    pub(crate) fn attempted(&self, outcome: &Outcome) {
        count(&self.attempts, "outcome", outcome_name(outcome));
    }

    /// An attempt is on record; the delivery has ended by it, or goes on.
    pub fn settled(&self, ending: DeliveryStatus) {
        match ending {
            DeliveryStatus::Delivered => count(&self.settled, "status", "delivered"),
            DeliveryStatus::Dead => count(&self.settled, "status", "dead"),
            DeliveryStatus::Pending => {}
        }
    }

    pub fn swept(&self, swept: &Swept) {
        let add = |counters: &Counters, why, count| counters.get_or_create(&[("why", why)]).inc_by(count);
        add(&self.requests_removed, "age", swept.expired);
        add(&self.requests_removed, "size", swept.removed_for_room);
        add(&self.events_stopped_waiting, "count", swept.trimmed);
        add(&self.events_stopped_waiting, "size", swept.let_go_for_room);
        self.settled.get_or_create(&[("status", "dead")]).inc_by(swept.ended_for_room);
        self.settled.get_or_create(&[("status", "expired")]).inc_by(swept.undelivered);
    }

    pub fn disabled(&self) {
        self.disabled.inc();
    }

    /// Everything as text.
    pub fn show(&self, levels: &Levels) -> String {
        self.queued.set(i64::try_from(levels.queued).unwrap_or(i64::MAX));
        self.sandbox_calls.set(i64::try_from(levels.sandbox_calls).unwrap_or(i64::MAX));
        set(&self.sandbox_cpu_seconds, levels.sandbox_times.0);
        set(&self.sandbox_held_back_seconds, levels.sandbox_times.1);
        self.memory_bytes.set(i64::try_from(levels.memory_bytes).unwrap_or(i64::MAX));
        let Taken { content, records, records_file } = levels.taken;
        for (part, bytes) in [("content", content), ("records", records), ("records_file", records_file)] {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            self.stored_bytes.get_or_create(&[("part", part)]).set(bytes);
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn count(counters: &Counters, label: &'static str, value: &'static str) {
    counters.get_or_create(&[(label, value)]).inc();
}

/// What is counted elsewhere, and never falls.
fn set(seconds: &Seconds, time: Duration) {
    seconds.inner().store(time.as_secs_f64().to_bits(), Ordering::Relaxed);
}

fn class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500..600 => "5xx",
        _ => "other",
    }
}

fn status(status: RequestStatus) -> &'static str {
    match status {
        RequestStatus::Routed => "routed",
        RequestStatus::Unrouted => "unrouted",
        RequestStatus::Duplicate => "duplicate",
        RequestStatus::Answered => "answered",
        RequestStatus::Refused => "refused",
        RequestStatus::Failed => "failed",
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Refused { .. } => "refused",
        Outcome::Gone => "gone",
        Outcome::TimedOut => "timed_out",
        Outcome::Unreachable(_) => "unreachable",
        Outcome::Denied(_) => "denied",
    }
}
