//! The API of the external app: knows its users by their access tokens, and can be out of order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;

pub(crate) struct ExternalApi {
    pub(crate) url: String,
    book: Arc<Book>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Book {
    users: Mutex<HashMap<String, String>>,
    requests: Mutex<Vec<(String, HeaderMap)>>,
    is_down: AtomicBool,
}

impl ExternalApi {
    pub(crate) async fn start() -> ExternalApi {
        let book = Arc::<Book>::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&book));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        ExternalApi { url, book, server }
    }

    /// Says whom an access token belongs to.
    pub(crate) fn add_user(&self, token: &str, id: &str) {
        self.book.users.lock().unwrap().insert(token.to_owned(), id.to_owned());
    }

    /// While it is down every answer is 500.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.book.is_down.store(is_down, Ordering::Relaxed);
    }

    /// Method and URL of each request, with its headers.
    pub(crate) fn requests(&self) -> Vec<(String, HeaderMap)> {
        self.book.requests.lock().unwrap().clone()
    }
}

impl Drop for ExternalApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(book): State<Arc<Book>>, request: Request<Body>) -> Response {
    let (line, headers) = (format!("{} {}", request.method(), request.uri()), request.headers().clone());
    let path = request.uri().path().to_owned();
    book.requests.lock().unwrap().push((line, headers.clone()));
    if book.is_down.load(Ordering::Relaxed) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let user = token.and_then(|token| book.users.lock().unwrap().get(token).cloned());
    match (path.as_str(), user) {
        ("/users/me", Some(id)) => Json(json!({ "id": id })).into_response(),
        ("/users/me", None) => (StatusCode::UNAUTHORIZED, Json(json!({ "error": "expired" }))).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
