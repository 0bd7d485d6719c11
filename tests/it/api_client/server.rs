//! An external app's API that misbehaves as its paths say.
//! Never decides whether what it saw was right.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::StreamExt as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

/// How many requests to `/meet` wait for each other.
pub(super) const MEETING: usize = 3;

pub(super) struct Server {
    pub(super) url: String,
    book: Arc<Book>,
    server: tokio::task::JoinHandle<()>,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Method and URL.
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

struct Book {
    seen: Mutex<Vec<Seen>>,
    meeting: Barrier,
}

impl Server {
    pub(super) async fn start() -> Server {
        let book = Arc::new(Book { seen: Mutex::default(), meeting: Barrier::new(MEETING) });
        let app = Router::new()
            .route("/json", any(async || ([("x-page", "2")], axum::Json(json!({ "a": 1 })))))
            .route("/text", get(async || "{\"plain\": \"text\"}"))
            .route("/status/{status}", get(status))
            .route("/redirect", any(redirect))
            .route("/round", get(async || (StatusCode::SEE_OTHER, [("location", "/round")])))
            .route("/bytes/{count}", get(async |Path(count): Path<usize>| "x".repeat(count)))
            .route("/endless", get(async || Body::from_stream(chunks(Duration::ZERO))))
            .route("/drip", get(async || Body::from_stream(chunks(Duration::from_millis(50)))))
            .route("/stall", get(std::future::pending::<()>))
            .route("/meet", get(meet))
            .route("/told-in-headers", get(told_in_headers))
            .route("/say", any(say))
            .fallback(async || "")
            .layer(from_fn_with_state(Arc::clone(&book), note))
            .with_state(Arc::clone(&book));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Server { url, book, server }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.book.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn note(State(book): State<Arc<Book>>, request: Request<Body>, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let line = format!("{} {}", parts.method, parts.uri);
    book.seen.lock().unwrap().push(Seen { line, headers: parts.headers.clone(), body: body.clone() });
    next.run(Request::from_parts(parts, Body::from(body))).await
}

async fn status(Path(status): Path<u16>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("retry-after", "7")], axum::Json(json!({ "why": "because" }))).into_response()
}

#[derive(serde::Deserialize)]
struct To {
    to: String,
}

async fn redirect(Query(To { to }): Query<To>) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert("location", HeaderValue::from_str(&to).unwrap());
    response
}

async fn meet(State(book): State<Arc<Book>>) -> &'static str {
    book.meeting.wait().await;
    "met"
}

/// Tells in its headers what it was sent, in every form in which servers do.
async fn told_in_headers(request: Request<Body>) -> Response {
    let sent = request.headers()["authorization"].to_str().unwrap();
    let query = request.uri().query().unwrap_or_default();
    let encoded: String = url::form_urlencoded::byte_serialize(sent.as_bytes()).collect();
    let (_, bare) = sent.split_once(' ').unwrap();
    let told = [
        ("x-plain", sent.to_owned()),
        ("x-inside", format!("bearer=\"{sent}\", realm=\"api\"")),
        ("x-base64", STANDARD.encode(sent)),
        ("x-base64-bare", STANDARD.encode(bare)),
        ("x-base64-inside", format!("v1:{}", STANDARD.encode(format!("{{\"token\":\"{bare}\"}}")))),
        ("x-base64-url", URL_SAFE_NO_PAD.encode(sent)),
        ("x-percent", encoded.clone()),
        ("x-percent-lower", encoded.to_lowercase()),
        ("x-query", query.to_owned()),
        ("x-link", format!("<https://api.example.test/next?{query}>; rel=\"next\"")),
        ("x-harmless", "page 2 of 3".to_owned()),
    ];
    let mut response = StatusCode::OK.into_response();
    if query.contains("refuse") {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    for (name, value) in told {
        response.headers_mut().insert(name, HeaderValue::from_str(&value).unwrap());
    }
    response
}

#[derive(serde::Deserialize)]
struct Said {
    status: u16,
}

/// Says what it was sent, headers and all, and names a failure in the host's own words.
async fn say(Query(Said { status }): Query<Said>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = told_in_headers(Request::from_parts(parts, Body::empty())).await;
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response.headers_mut().insert("patchbay-error-key", HeaderValue::from_static("spoofed"));
    *response.body_mut() = body;
    response
}

/// A body that does not end.
fn chunks(pause: Duration) -> impl futures::Stream<Item = Result<Bytes, Infallible>> {
    futures::stream::repeat(pause).then(|pause| async move {
        tokio::time::sleep(pause).await;
        Ok(Bytes::from_static(&[b'x'; 64]))
    })
}
