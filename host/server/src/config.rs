//! Every setting, with its unit in its name and its documentation beside it. Read once, then passed down as values.
//! The only place that asks the environment.

use std::hash::Hash;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use ipnet::IpNet;
use url::Url;

use patchbay_connector::api_client;
use patchbay_core::deliver;
use patchbay_core::limits;
use patchbay_core::rate::Rates;
use patchbay_egress::Ports;
use patchbay_rules::retry;
use patchbay_sandbox as sandbox;
use patchbay_store::Bounds;
use patchbay_store_sled::Options;

#[derive(Clone, Debug, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) delivery: Delivery,
    #[command(flatten)]
    pub(crate) storage: Storage,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Server {
    /// Folder that holds everything: store, bundles, compiled code and the master key. Created if it is not there
    #[arg(long, value_name = "DIR", env = "PATCHBAY_DATA")]
    pub(crate) data: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", env = "PATCHBAY_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// URL under which external apps reach this server; webhook URIs start with it
    #[arg(long, value_name = "URL", env = "PATCHBAY_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) public_url: Url,
    /// Certificate chain as PEM, to serve HTTPS; read again on SIGHUP
    #[arg(long, value_name = "FILE", env = "PATCHBAY_TLS_CERT", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate as PEM
    #[arg(long, value_name = "FILE", env = "PATCHBAY_TLS_KEY", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Networks that deliveries and connectors may reach although they are not public, for example 10.1.0.0/16.
    /// May be given several times
    #[arg(long, value_name = "CIDR", env = "PATCHBAY_EGRESS_ALLOW", value_delimiter = ',')]
    pub(crate) egress_allow: Vec<IpNet>,
    /// Ports of public addresses that deliveries and connectors may reach; in the networks of --egress-allow they may reach all
    #[arg(
        long,
        value_name = "PORT,…",
        env = "PATCHBAY_EGRESS_PORTS",
        value_delimiter = ',',
        default_value = "80,443,8080,8443"
    )]
    pub(crate) egress_ports: Vec<Ports>,
    /// How long a stop waits for requests and attempts under way, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_SHUTDOWN_MS_MAX", default_value_t = 20_000)]
    pub(crate) shutdown_ms_max: u64,
    /// How long a request to this server may take to arrive, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_RECEIVE_MS_MAX", default_value_t = 30_000)]
    pub(crate) receive_ms_max: u64,
    /// Request line and headers, in bytes; more are answered 431. At least 8192
    #[arg(
        long,
        value_name = "BYTES",
        env = "PATCHBAY_HEAD_BYTES_MAX",
        default_value_t = 128 << 10,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(8_192..=1 << 30)
    )]
    pub(crate) head_bytes_max: usize,
    /// Connections open at the same time; more wait to be accepted
    #[arg(long, value_name = "N", env = "PATCHBAY_CONNECTIONS_MAX", default_value_t = 4_096)]
    pub(crate) connections_max: usize,
    /// Webhook requests under way at the same time; more are answered 503
    #[arg(long, value_name = "N", env = "PATCHBAY_WEBHOOK_REQUESTS_MAX", default_value_t = 512)]
    pub(crate) webhook_requests_max: usize,
    /// Show /metrics to everyone who reaches this server, not only to tokens of the scopes `read` and `admin`
    #[arg(
        long,
        env = "PATCHBAY_METRICS_PUBLIC",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true"
    )]
    pub(crate) metrics_public: bool,
    /// API tokens; no more can be made
    #[arg(long, value_name = "N", env = "PATCHBAY_API_TOKENS_MAX", default_value_t = 10_000)]
    pub(crate) api_tokens_max: usize,
    /// Calls of the API in a second with one token, on average; more are answered 429. 0 for no limit
    #[arg(long, value_name = "N", env = "PATCHBAY_API_CALLS_PER_S_MAX", default_value_t = 1_000)]
    pub(crate) api_calls_per_s_max: u32,
    /// Calls of the API with one token that may come at once
    #[arg(long, value_name = "N", env = "PATCHBAY_API_CALLS_BURST_MAX", default_value_t = 5_000)]
    pub(crate) api_calls_burst_max: u32,
    /// Requests to one webhook URI in a second, on average; more are answered 429. 0 for no limit: not every external app
    /// sends again what was refused
    #[arg(long, value_name = "N", env = "PATCHBAY_WEBHOOK_REQUESTS_PER_S_MAX", default_value_t = 0)]
    pub(crate) webhook_requests_per_s_max: u32,
    /// Requests to one webhook URI that may come at once, where there is a limit
    #[arg(long, value_name = "N", env = "PATCHBAY_WEBHOOK_REQUESTS_BURST_MAX", default_value_t = 1_000)]
    pub(crate) webhook_requests_burst_max: u32,
    /// Callers whose rate is watched at the same time
    #[arg(long, value_name = "N", env = "PATCHBAY_RATES_WATCHED_MAX", default_value_t = 100_000)]
    pub(crate) rates_watched_max: usize,
    /// How long an answer is kept under its Idempotency-Key, in milliseconds (24 hours)
    #[arg(long, value_name = "MS", env = "PATCHBAY_IDEMPOTENCY_MS", default_value_t = 86_400_000)]
    pub(crate) idempotency_ms: u64,
    /// Idempotency keys that are kept for one API token; with more, creates are answered 429 until the oldest expire
    #[arg(long, value_name = "N", env = "PATCHBAY_IDEMPOTENCY_KEYS_MAX", default_value_t = 10_000)]
    pub(crate) idempotency_keys_max: usize,
    /// Answer that is kept under an Idempotency-Key, in bytes; a larger one is not, and sent again its request is refused
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_IDEMPOTENT_ANSWER_BYTES_MAX", default_value_t = 4 << 20)]
    pub(crate) idempotent_answer_bytes_max: usize,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits of webhooks and connectors")]
pub(crate) struct Limits {
    /// Body of a webhook request, in bytes; larger ones are answered 413
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_REQUEST_BODY_BYTES_MAX", default_value_t = 10 << 20)]
    pub(crate) request_body_bytes_max: usize,
    /// Body after its Content-Encoding is undone, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_INFLATED_BODY_BYTES_MAX", default_value_t = 32 << 20)]
    pub(crate) inflated_body_bytes_max: usize,
    /// Body of an answer that a handler chooses, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_ANSWER_BODY_BYTES_MAX", default_value_t = 10 << 20)]
    pub(crate) answer_body_bytes_max: usize,
    /// Body of a request to the API, bundles aside, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_API_BODY_BYTES_MAX", default_value_t = 1 << 20)]
    pub(crate) api_body_bytes_max: usize,
    /// Body of a request for many subscriptions, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_BULK_BYTES_MAX", default_value_t = 8 << 20)]
    pub(crate) bulk_bytes_max: usize,
    /// Subscriptions that one such request may ask for
    #[arg(long, value_name = "N", env = "PATCHBAY_BULK_LINES_MAX", default_value_t = 10_000)]
    pub(crate) bulk_lines_max: usize,
    /// Uploaded bundle, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_BUNDLE_BYTES_MAX", default_value_t = 64 << 20)]
    pub(crate) bundle_bytes_max: usize,
    /// Wall time of one `handle` call, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_HANDLER_DEADLINE_MS", default_value_t = 5_000)]
    pub(crate) handler_deadline_ms: u64,
    /// Time that the guest itself may run in one call, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_GUEST_CPU_MS_MAX", default_value_t = 2_000)]
    pub(crate) guest_cpu_ms_max: u64,
    /// Memory of one call, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_GUEST_MEMORY_BYTES_MAX", default_value_t = 128 << 20)]
    pub(crate) guest_memory_bytes_max: usize,
    /// Calls under way at the same time, over all connectors
    #[arg(long, value_name = "N", env = "PATCHBAY_GUEST_CALLS_MAX", default_value_t = 64)]
    pub(crate) guest_calls_max: usize,
    /// Calls under way at the same time, of one connector version
    #[arg(long, value_name = "N", env = "PATCHBAY_GUEST_CALLS_PER_CONNECTOR_MAX", default_value_t = 32)]
    pub(crate) guest_calls_per_connector_max: usize,
    /// How long a call may wait for its turn before it is answered 503, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_GUEST_QUEUE_MS_MAX", default_value_t = 2_000)]
    pub(crate) guest_queue_ms_max: u64,
    /// Processor time that a call may take before it takes turns with others that take as long, in milliseconds: all of them
    /// leave one processor to calls that are brief, and where other connectors are called it pauses as long as it runs
    #[arg(long, value_name = "MS", env = "PATCHBAY_GUEST_BRIEF_CALL_MS_MAX", default_value_t = 20)]
    pub(crate) guest_brief_call_ms_max: u64,
    /// Calls of a connector in a row that may trap or run into a limit; then it rests and its webhooks are answered 503
    #[arg(
        long,
        value_name = "N",
        env = "PATCHBAY_GUEST_CRASHES_IN_A_ROW_MAX",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) guest_crashes_in_a_row_max: u32,
    /// How long such a connector rests before one call may prove that it works, in milliseconds; twice as long each time
    #[arg(long, value_name = "MS", env = "PATCHBAY_GUEST_REST_MS_MIN", default_value_t = 5_000)]
    pub(crate) guest_rest_ms_min: u64,
    /// The longest of these rests, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_GUEST_REST_MS_MAX", default_value_t = 60_000)]
    pub(crate) guest_rest_ms_max: u64,
    /// Connector versions that stay loaded; the one that was not used for longest goes first
    #[arg(long, value_name = "N", env = "PATCHBAY_CONNECTORS_LOADED_MAX", default_value_t = 64)]
    pub(crate) connectors_loaded_max: usize,
    /// Time to compile an uploaded bundle, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_COMPILE_MS_MAX", default_value_t = 120_000)]
    pub(crate) compile_ms_max: u64,
    /// Address space to compile an uploaded bundle, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_COMPILE_MEMORY_BYTES_MAX", default_value_t = 8 << 30)]
    pub(crate) compile_memory_bytes_max: u64,
    /// Compiled components that are kept on disk, of about 36 MB each for JavaScript; the oldest go first
    #[arg(long, value_name = "N", env = "PATCHBAY_COMPILED_FILES_MAX", default_value_t = 200)]
    pub(crate) compiled_files_max: usize,
    /// Log lines of one call, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_LOG_BYTES_MAX", default_value_t = 64 << 10)]
    pub(crate) log_bytes_max: usize,
    /// Events of one webhook request
    #[arg(long, value_name = "N", env = "PATCHBAY_EVENTS_PER_REQUEST_MAX", default_value_t = 1_000)]
    pub(crate) events_per_request_max: usize,
    /// Selectors of one event
    #[arg(long, value_name = "N", env = "PATCHBAY_SELECTORS_PER_EVENT_MAX", default_value_t = 100)]
    pub(crate) selectors_per_event_max: usize,
    /// One selector, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_SELECTOR_BYTES_MAX", default_value_t = 512)]
    pub(crate) selector_bytes_max: usize,
    /// One event's payload, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_PAYLOAD_BYTES_MAX", default_value_t = 1 << 20)]
    pub(crate) payload_bytes_max: usize,
    /// Wall time of one `get-event-selector` call, its requests included, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_SELECTOR_DEADLINE_MS", default_value_t = 30_000)]
    pub(crate) selector_deadline_ms: u64,
    /// Requests that one `get-event-selector` call may make
    #[arg(long, value_name = "N", env = "PATCHBAY_API_REQUESTS_MAX", default_value_t = 32)]
    pub(crate) api_requests_max: u32,
    /// Time for one of those requests, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_API_REQUEST_MS_MAX", default_value_t = 10_000)]
    pub(crate) api_request_ms_max: u64,
    /// Answer to one of those requests, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_API_RESPONSE_BYTES_MAX", default_value_t = 4 << 20)]
    pub(crate) api_response_bytes_max: usize,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Delivery")]
pub(crate) struct Delivery {
    /// Time for one attempt, the answer's body included, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_ATTEMPT_MS_MAX", default_value_t = 15_000)]
    pub(crate) attempt_ms_max: u64,
    /// Time to open a connection, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_CONNECT_MS_MAX", default_value_t = 5_000)]
    pub(crate) connect_ms_max: u64,
    /// How much of an answer is read, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_DELIVERY_RESPONSE_BYTES_MAX", default_value_t = 64 << 10)]
    pub(crate) delivery_response_bytes_max: usize,
    /// Pauses between attempts, in milliseconds: one more attempt than there are pauses
    #[arg(
        long,
        value_name = "MS,…",
        env = "PATCHBAY_RETRY_GAPS_MS",
        value_delimiter = ',',
        default_value = "5000,300000,1800000,7200000,18000000,36000000,50400000,72000000,86400000"
    )]
    pub(crate) retry_gaps_ms: Vec<u64>,
    /// How far a pause varies, in percent
    #[arg(long, value_name = "PCT", env = "PATCHBAY_RETRY_JITTER_PCT", default_value_t = 20)]
    pub(crate) retry_jitter_pct: u32,
    /// The longest pause that a destination may ask for with Retry-After, in seconds
    #[arg(long, value_name = "S", env = "PATCHBAY_RETRY_AFTER_S_MAX", default_value_t = 86_400)]
    pub(crate) retry_after_s_max: u64,
    /// Attempts under way at the same time
    #[arg(long, value_name = "N", env = "PATCHBAY_ATTEMPTS_IN_FLIGHT_MAX", default_value_t = 256)]
    pub(crate) attempts_in_flight_max: usize,
    /// Attempts under way at the same time to one subscription
    #[arg(long, value_name = "N", env = "PATCHBAY_ATTEMPTS_PER_SUBSCRIPTION_MAX", default_value_t = 8)]
    pub(crate) attempts_per_subscription_max: usize,
    /// Attempts under way at the same time for one customer
    #[arg(
        long,
        value_name = "N",
        env = "PATCHBAY_ATTEMPTS_PER_CUSTOMER_MAX",
        default_value_t = 32,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..)
    )]
    pub(crate) attempts_per_customer_max: usize,
    /// Attempts under way at the same time to one host, whoever's they are
    #[arg(
        long,
        value_name = "N",
        env = "PATCHBAY_ATTEMPTS_PER_HOST_MAX",
        default_value_t = 64,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..)
    )]
    pub(crate) attempts_per_host_max: usize,
    /// Attempts in a row to one host that may end without any answer; then it gets one at a time until it answers
    #[arg(
        long,
        value_name = "N",
        env = "PATCHBAY_SILENCES_IN_A_ROW_MAX",
        default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) silences_in_a_row_max: u32,
    /// Attempts under way at the same time to all hosts together that were never tried since the start. Half of
    /// --attempts-in-flight-max if not given
    #[arg(
        long,
        value_name = "N",
        env = "PATCHBAY_ATTEMPTS_NEW_HOSTS_MAX",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..)
    )]
    pub(crate) attempts_new_hosts_max: Option<usize>,
    /// Attempts under way at the same time to all hosts together whose latest attempt ended without any answer: however many
    /// destinations are dead, the others keep their places. A quarter of --attempts-in-flight-max if not given
    #[arg(
        long,
        value_name = "N",
        env = "PATCHBAY_ATTEMPTS_SILENT_HOSTS_MAX",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..)
    )]
    pub(crate) attempts_silent_hosts_max: Option<usize>,
    /// The longest time for one attempt that a subscription may ask for, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_SUBSCRIPTION_TIMEOUT_MS_MAX", default_value_t = 60_000)]
    pub(crate) subscription_timeout_ms_max: u64,
    /// The most attempts under way at the same time that a subscription may ask for
    #[arg(long, value_name = "N", env = "PATCHBAY_SUBSCRIPTION_CONCURRENCY_MAX", default_value_t = 32)]
    pub(crate) subscription_concurrency_max: usize,
    /// The most pauses between attempts that a subscription may ask for
    #[arg(long, value_name = "N", env = "PATCHBAY_SUBSCRIPTION_RETRY_GAPS_MAX", default_value_t = 20)]
    pub(crate) subscription_retry_gaps_max: usize,
    /// A subscription is disabled when every attempt has failed for so long, in milliseconds (5 days); 0 for never
    #[arg(long, value_name = "MS", env = "PATCHBAY_DISABLE_AFTER_MS", default_value_t = 5 * 86_400_000)]
    pub(crate) disable_after_ms: u64,
    /// How long a replaced signing secret signs along, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_SECRET_OVERLAP_MS", default_value_t = 86_400_000)]
    pub(crate) secret_overlap_ms: u64,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Storage")]
pub(crate) struct Storage {
    /// How long requests, events and deliveries are kept, in milliseconds (14 days)
    #[arg(long, value_name = "MS", env = "PATCHBAY_RETENTION_MS", default_value_t = 14 * 86_400_000)]
    pub(crate) retention_ms: u64,
    /// How long an event with the same provider id counts as a repeat, in milliseconds (3 days)
    #[arg(long, value_name = "MS", env = "PATCHBAY_DUPLICATE_WINDOW_MS", default_value_t = 3 * 86_400_000)]
    pub(crate) duplicate_window_ms: u64,
    /// Pause between two sweeps, which remove what has expired, in milliseconds
    #[arg(long, value_name = "MS", env = "PATCHBAY_SWEEP_GAP_MS", default_value_t = 60_000)]
    pub(crate) sweep_gap_ms: u64,
    /// Events that may wait for a subscription; beyond that the oldest stop waiting
    #[arg(long, value_name = "N", env = "PATCHBAY_UNROUTED_EVENTS_MAX", default_value_t = 100_000)]
    pub(crate) unrouted_events_max: u64,
    /// Requests, events and deliveries with bodies and payloads, in bytes; beyond that the oldest that are finished go
    /// first, then the oldest events that wait for a subscription, then what waits for a disabled one, and never what is still
    /// to be delivered. Four fifths of --content-bytes-max if not given
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_RETENTION_BYTES")]
    pub(crate) retention_bytes: Option<u64>,
    /// Bodies and payloads on disk, in bytes; beyond that webhooks are answered 503. Those without events get three quarters
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_CONTENT_BYTES_MAX", default_value_t = 50 << 30)]
    pub(crate) content_bytes_max: u64,
    /// Size of one file of bodies and payloads, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_CONTENT_SEGMENT_BYTES", default_value_t = 64 << 20)]
    pub(crate) content_segment_bytes: u64,
    /// How long a group of commits waits for more webhooks where many come, in microseconds
    #[arg(long, value_name = "US", env = "PATCHBAY_COMMIT_GATHER_US", default_value_t = 500)]
    pub(crate) commit_gather_us: u64,
    /// Cache of the store, in bytes
    #[arg(long, value_name = "BYTES", env = "PATCHBAY_STORE_CACHE_BYTES", default_value_t = 256 << 20)]
    pub(crate) store_cache_bytes: u64,
}

impl Config {
    /// Checks how settings fit together; the error names both.
    pub(crate) fn check(&self) -> Result<(), String> {
        let limits = &self.limits;
        below("guest-cpu-ms-max", limits.guest_cpu_ms_max, "handler-deadline-ms", limits.handler_deadline_ms)?;
        below("guest-queue-ms-max", limits.guest_queue_ms_max, "handler-deadline-ms", limits.handler_deadline_ms)?;
        below("api-request-ms-max", limits.api_request_ms_max, "selector-deadline-ms", limits.selector_deadline_ms)?;
        below("guest-rest-ms-min", limits.guest_rest_ms_min, "guest-rest-ms-max", limits.guest_rest_ms_max)?;
        let of_connector = limits.guest_calls_per_connector_max as u64;
        below("guest-calls-per-connector-max", of_connector, "guest-calls-max", limits.guest_calls_max as u64)?;
        let gaps_ms: u64 = self.delivery.retry_gaps_ms.iter().sum();
        below("the sum of retry-gaps-ms", gaps_ms, "retention-ms", self.storage.retention_ms)?;
        below("duplicate-window-ms", self.storage.duplicate_window_ms, "retention-ms", self.storage.retention_ms)?;
        let content_bytes_max = self.storage.content_bytes_max;
        below("retention-bytes", self.storage.retention_bytes(), "content-bytes-max", content_bytes_max)?;
        if !matches!(self.server.public_url.scheme(), "http" | "https") || self.server.public_url.query().is_some() {
            return Err(format!(
                "--public-url ({}) must be an http or https URL without a query",
                self.server.public_url
            ));
        }
        Ok(())
    }

    /// Rates of the API, by token.
    pub(crate) fn api_rates<K: Eq + Hash>(&self) -> Rates<K> {
        let server = &self.server;
        Rates::new(server.api_calls_per_s_max, server.api_calls_burst_max, server.rates_watched_max)
    }

    /// Rates of webhooks, by the token in their URI.
    pub(crate) fn webhook_rates<K: Eq + Hash>(&self) -> Rates<K> {
        let server = &self.server;
        Rates::new(server.webhook_requests_per_s_max, server.webhook_requests_burst_max, server.rates_watched_max)
    }

    /// When deliveries are tried again.
    pub(crate) fn retry_schedule(&self) -> retry::Schedule {
        retry::Schedule {
            gaps_ms: self.delivery.retry_gaps_ms.clone(),
            jitter_pct: self.delivery.retry_jitter_pct,
            retry_after_s_max: self.delivery.retry_after_s_max,
        }
    }

    pub(crate) fn attempts(&self) -> deliver::Limits {
        deliver::Limits {
            in_flight_max: self.delivery.attempts_in_flight_max,
            timeout_ms: self.delivery.attempt_ms_max,
            response_bytes_max: self.delivery.delivery_response_bytes_max,
        }
    }

    pub(crate) fn store(&self) -> Options {
        Options {
            cache_bytes: self.storage.store_cache_bytes,
            commit_gather_us: self.storage.commit_gather_us,
            content_segment_bytes: self.storage.content_segment_bytes,
            content_bytes_max: self.storage.content_bytes_max,
            retention_bytes: self.storage.retention_bytes(),
            unrouted_events_max: self.storage.unrouted_events_max,
            duplicate_window_ms: self.storage.duplicate_window_ms,
            attempts: Bounds {
                per_subscription_max: self.delivery.attempts_per_subscription_max,
                per_customer_max: self.delivery.attempts_per_customer_max,
                per_host_max: self.delivery.attempts_per_host_max,
                silences_in_a_row_max: self.delivery.silences_in_a_row_max,
                new_hosts_max: self.delivery.new_hosts_max(),
                silent_hosts_max: self.delivery.silent_hosts_max(),
            },
            disable_after_ms: self.delivery.disable_after_ms,
            api_tokens_max: self.server.api_tokens_max,
        }
    }
}

impl Delivery {
    fn new_hosts_max(&self) -> usize {
        self.attempts_new_hosts_max.unwrap_or((self.attempts_in_flight_max / 2).max(1))
    }

    fn silent_hosts_max(&self) -> usize {
        self.attempts_silent_hosts_max.unwrap_or((self.attempts_in_flight_max / 4).max(1))
    }
}

impl Storage {
    fn retention_bytes(&self) -> u64 {
        self.retention_bytes.unwrap_or(self.content_bytes_max / 5 * 4)
    }
}

impl Limits {
    pub(crate) fn sandbox(&self, program: PathBuf) -> sandbox::Limits {
        sandbox::Limits {
            memory_bytes_max: self.guest_memory_bytes_max,
            cpu_ms_max: self.guest_cpu_ms_max,
            log_bytes_max: self.log_bytes_max,
            calls_max: self.guest_calls_max,
            calls_per_connector_max: self.guest_calls_per_connector_max,
            queue_ms_max: self.guest_queue_ms_max,
            brief_call_ms_max: self.guest_brief_call_ms_max,
            crashes: sandbox::standing::Limits {
                crashes_in_a_row_max: self.guest_crashes_in_a_row_max,
                rest_ms_min: self.guest_rest_ms_min,
                rest_ms_max: self.guest_rest_ms_max,
            },
            connectors_loaded_max: self.connectors_loaded_max,
            compile: sandbox::machine_code::Limits {
                program,
                ms_max: self.compile_ms_max,
                memory_bytes_max: self.compile_memory_bytes_max,
                files_max: self.compiled_files_max,
            },
        }
    }

    pub(crate) fn core(&self) -> limits::Limits {
        limits::Limits {
            inflated_body_bytes_max: self.inflated_body_bytes_max,
            answer_body_bytes_max: self.answer_body_bytes_max,
            handler_deadline_ms: self.handler_deadline_ms,
            events_per_request_max: self.events_per_request_max,
            selectors_per_event_max: self.selectors_per_event_max,
            selector_bytes_max: self.selector_bytes_max,
            payload_bytes_max: self.payload_bytes_max,
            selector_deadline_ms: self.selector_deadline_ms,
            api_client: api_client::Limits {
                requests_max: self.api_requests_max,
                request_timeout_ms: self.api_request_ms_max,
                response_bytes_max: self.api_response_bytes_max,
            },
        }
    }
}

/// The path of this program, to run its own `compile` in a child process.
pub(crate) fn own_program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// Where this user's programs keep what they can make again.
pub(crate) fn cache_folder() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    cache.unwrap_or_else(std::env::temp_dir).join("patchbay")
}

fn below(lower: &str, lower_value: u64, upper: &str, upper_value: u64) -> Result<(), String> {
    if lower_value <= upper_value {
        return Ok(());
    }
    Err(format!("{lower} ({lower_value}) must not be above {upper} ({upper_value})"))
}
