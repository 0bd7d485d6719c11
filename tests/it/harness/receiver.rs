//! A customer's endpoint: answers as it is told, path by path, and reports what it got.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::wait::wait_for;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Status(u16),
    /// A status with one header.
    Header(u16, &'static str, String),
    /// No answer for as long as anyone waits.
    Stall,
    /// 200 and a body that does not end.
    Endless,
}

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at: Instant,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// Answers 200 to whatever no script covers.
pub(crate) struct Receiver {
    address: String,
    state: Arc<Mutex<Book>>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Book {
    scripts: HashMap<String, VecDeque<Step>>,
    received: Vec<Received>,
}

impl Receiver {
    pub(crate) async fn start() -> Receiver {
        let state = Arc::<Mutex<Book>>::default();
        let app = Router::new().fallback(receive).with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Receiver { address, state, server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How the next requests to a path are answered.
    pub(crate) fn script(&self, path: &str, steps: impl IntoIterator<Item = Step>) {
        self.book().scripts.insert(path.to_owned(), steps.into_iter().collect());
    }

    /// What came to a path so far.
    pub(crate) fn received(&self, path: &str) -> Vec<Received> {
        self.book().received.iter().filter(|received| received.path == path).cloned().collect()
    }

    /// How many requests came, to all paths.
    pub(crate) fn count(&self) -> usize {
        self.book().received.len()
    }

    /// Waits until a path has got that many, and returns them.
    pub(crate) async fn wait(&self, path: &str, count: usize) -> Vec<Received> {
        let look = async || Some(self.received(path)).filter(|received| received.len() >= count);
        wait_for(&format!("{count} requests to {path}"), look).await
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.state.lock().unwrap()
    }
}

impl Book {
    /// Writes a request down and says how it is answered.
    fn note(&mut self, path: String, headers: HeaderMap, body: Bytes) -> Step {
        let scripted = self.scripts.get_mut(&path).and_then(VecDeque::pop_front);
        let step = scripted.unwrap_or(Step::Status(200));
        self.received.push(Received { path, headers, body, at: Instant::now() });
        step
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(state): State<Arc<Mutex<Book>>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let path = parts.uri.path().to_owned();
    let step = state.lock().unwrap().note(path, parts.headers, body);
    answer(step).await
}

async fn answer(step: Step) -> Response {
    let mut response = Response::new(Body::empty());
    match step {
        Step::Status(status) => *response.status_mut() = StatusCode::from_u16(status).unwrap(),
        Step::Header(status, name, value) => {
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        Step::Stall => tokio::time::sleep(Duration::from_secs(3600)).await,
        Step::Endless => {
            let chunks = std::iter::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 4096])));
            *response.body_mut() = Body::from_stream(futures::stream::iter(chunks));
        }
    }
    response
}
