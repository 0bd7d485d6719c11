//! What bounds the calls of connectors and what they return.

use patchbay_connector::api_client;

#[derive(Clone, Debug)]
pub struct Limits {
    /// A body after its Content-Encoding is undone.
    pub inflated_body_bytes_max: usize,
    pub answer_body_bytes_max: usize,
    pub handler_deadline_ms: u64,
    pub events_per_request_max: usize,
    pub selectors_per_event_max: usize,
    pub selector_bytes_max: usize,
    pub payload_bytes_max: usize,
    pub selector_deadline_ms: u64,
    pub api_client: api_client::Limits,
}
