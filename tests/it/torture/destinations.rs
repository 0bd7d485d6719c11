//! The customers' endpoints of the torture: each listener's kind says how it behaves. Writes down what came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use super::ledger::{Ledger, Payload};

/// How a destination behaves; part of its URL.
pub(super) const KINDS: [&str; 7] = ["prompt", "slow", "second-try", "flapping", "busy", "stalls", "refuses"];
/// Disables its subscription now and then. What such a listener is owed nobody can say from outside.
pub(super) const GONE: &str = "gone";

#[derive(Clone)]
pub(super) struct Destinations {
    ledger: Arc<Ledger>,
    started: Instant,
    /// How often each delivery was tried.
    tries: Arc<Mutex<HashMap<String, u32>>>,
    kindness: Arc<Mutex<Kindness>>,
    address: String,
}

/// At the end destinations behave, so that the rest is delivered soon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kindness {
    #[default]
    Nobody,
    /// All but `refuses`.
    Most,
    All,
}

#[derive(Deserialize)]
struct Body {
    data: Payload,
    integration: String,
}

impl Destinations {
    pub(super) async fn start(ledger: Arc<Ledger>) -> Destinations {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let destinations = Destinations {
            ledger,
            started: Instant::now(),
            tries: Arc::default(),
            kindness: Arc::default(),
            address: listener.local_addr().unwrap().to_string(),
        };
        let app = Router::new().route("/{kind}/{listener}", post(receive)).with_state(destinations.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        destinations
    }

    pub(super) fn url(&self, kind: &str, listener: usize) -> String {
        format!("http://{}/{kind}/{listener}", self.address)
    }

    pub(super) fn be_kind(&self, kindness: Kindness) {
        *self.kindness.lock().unwrap() = kindness;
    }

    fn try_number(&self, id: &str) -> u32 {
        let mut tries = self.tries.lock().unwrap();
        let number = tries.entry(id.to_owned()).or_default();
        *number += 1;
        *number
    }

    fn is_in_a_bad_second(&self) -> bool {
        self.started.elapsed().as_millis() % 3_000 < 1_200
    }
}

async fn receive(
    State(destinations): State<Destinations>,
    Path((kind, listener)): Path<(String, usize)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Body = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => {
            destinations.ledger.violation(format!("a delivery that cannot be read: {error}"));
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    destinations.ledger.came(listener, &body.integration, &body.data);
    let number = destinations.try_number(&id);
    let (status, pause_ms) = behaviour(&destinations, &kind, number, body.data.number);
    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    if status == 200 {
        destinations.ledger.accepted(listener, &body.data, &id);
    }
    let status = StatusCode::from_u16(status).unwrap();
    if status == StatusCode::TOO_MANY_REQUESTS {
        (status, [("retry-after", "1")]).into_response()
    } else {
        status.into_response()
    }
}

/// The status with which a try is answered, and after which pause.
fn behaviour(destinations: &Destinations, kind: &str, number: u32, event: usize) -> (u16, u64) {
    let kindness = *destinations.kindness.lock().unwrap();
    match kind {
        "refuses" if kindness != Kindness::All => (500, 0),
        _ if kindness != Kindness::Nobody => (200, 0),
        "slow" => (200, 20 + event as u64 % 200),
        "second-try" if number == 1 => (503, 0),
        "flapping" if destinations.is_in_a_bad_second() => (502, 0),
        "busy" if number == 1 && event.is_multiple_of(3) => (429, 0),
        "stalls" if number == 1 && event.is_multiple_of(5) => (200, 60_000),
        GONE if event.is_multiple_of(40) => (410, 0),
        _ => (200, 0),
    }
}
