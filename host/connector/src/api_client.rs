//! `apiClient`: HTTP to the external app on behalf of one connection, during one call of `get-event-selector`.
//! Adds the credentials, so that the connector's code does not have to; goes to declared hosts and no others.

mod hosts;
mod secrets;
mod setup;
mod transport;
mod verdict;

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use url::Url;

use hosts::HostRules;
use patchbay_egress::{self as egress, TooLarge};

pub use setup::{Setup, check};
pub use transport::{Canned, Script, Transport};

/// Redirects of one request, each checked like the first URL.
const REDIRECTS_MAX: u32 = 5;

/// What bounds the requests of one call.
#[derive(Clone, Debug)]
pub struct Limits {
    pub requests_max: u32,
    pub request_timeout_ms: u64,
    pub response_bytes_max: usize,
}

pub struct Request {
    pub method: String,
    /// A path, or an absolute URL.
    pub url: String,
    pub base_uri: Option<String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub auth: Option<(String, String)>,
    pub body: Option<Vec<u8>>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
    pub retry_after_ms: Option<u64>,
    pub response: Option<Response>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    Denied,
    InvalidRequest,
    Unreachable,
    TimedOut,
    TooLarge,
    TooManyRequestsMade,
    Unauthorized,
    RateLimited,
    Refused,
}

pub struct ApiClient {
    transport: Transport,
    setup: Setup,
    limits: Limits,
    requests_left: u32,
    deadline: Instant,
    transcript: Vec<String>,
}

impl ApiClient {
    /// A client for one call, which ends at `deadline`.
    pub fn new(transport: Transport, setup: Setup, limits: Limits, deadline: Instant) -> ApiClient {
        let requests_left = limits.requests_max;
        ApiClient { transport, setup, limits, requests_left, deadline, transcript: Vec::new() }
    }

    /// Sends all requests at the same time; the answers are in their order.
    pub async fn send_all(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        let allowed = usize::try_from(self.requests_left).unwrap_or(usize::MAX);
        let made = requests.len().min(allowed);
        self.requests_left = self.requests_left.saturating_sub(u32::try_from(made).unwrap_or(u32::MAX));
        let client = &*self;
        let answers = join_all(requests.into_iter().enumerate().map(async |(index, request)| {
            if index < allowed { client.send(request).await } else { ("-".to_owned(), Err(client.too_many())) }
        }))
        .await;
        answers.into_iter().map(|(line, answer)| self.note(line, answer)).collect()
    }

    /// One line for each request made: method, URL without its query, what came back. No secrets.
    pub fn into_transcript(self) -> Vec<String> {
        self.transcript
    }

    async fn send(&self, request: Request) -> (String, Result<Response, Failure>) {
        let start = Instant::now();
        let outgoing = match self.resolve(request) {
            Ok(outgoing) => outgoing,
            Err(failure) => return ("request".to_owned(), Err(failure)),
        };
        let line = format!("{} {}", outgoing.method, self.setup.secrets.redact(&without_query(&outgoing.url)));
        let answer = self.follow(outgoing).await.and_then(|response| self.setup.handlers.judge(self.redact(response)));
        (format!("{line} ({} ms)", start.elapsed().as_millis()), answer)
    }

    async fn follow(&self, mut request: egress::Request) -> Result<egress::Response, Failure> {
        for _ in 0..=REDIRECTS_MAX {
            self.setup.hosts.check(&request.url).map_err(|why| Failure::new(FailureKind::Denied, why))?;
            let left_ms = millis_until(self.deadline);
            if left_ms == 0 {
                return Err(egress::Error::TimedOut.into());
            }
            request.timeout_ms = request.timeout_ms.min(left_ms);
            let response = self.transport.send(request.clone()).await?;
            match redirect(&request, &response) {
                Some(url) => request.url = url,
                None => return Ok(response),
            }
        }
        Err(Failure::new(FailureKind::Refused, format!("more than {REDIRECTS_MAX} redirects")))
    }

    fn resolve(&self, request: Request) -> Result<egress::Request, Failure> {
        let invalid = |why: String| Failure::new(FailureKind::InvalidRequest, why);
        let method = request.method.to_uppercase().parse();
        let method = method.map_err(|_| invalid(format!("`{}` is not an HTTP method", request.method)))?;
        let mut url = self.setup.url(&request.url, request.base_uri.as_deref()).map_err(invalid)?;
        let query: Vec<_> = self.setup.query.iter().chain(&request.query).collect();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut headers = merged(&self.setup.headers, request.headers);
        if let Some((username, password)) = request.auth.as_ref().or(self.setup.auth.as_ref()) {
            let basic = STANDARD.encode(format!("{username}:{password}"));
            headers = merged(&headers, vec![("authorization".to_owned(), format!("Basic {basic}"))]);
        }
        Ok(egress::Request {
            method,
            url,
            headers,
            body: request.body.map(Into::into),
            timeout_ms: self.limits.request_timeout_ms,
            response_bytes_max: self.limits.response_bytes_max,
            when_too_large: TooLarge::Fail,
        })
    }

    /// A server may echo what it was sent; in its headers secrets come back as `***`.
    fn redact(&self, mut response: egress::Response) -> egress::Response {
        response.headers.retain(|(name, _)| name != verdict::ERROR_KEY_HEADER);
        for (_, value) in &mut response.headers {
            *value = self.setup.secrets.redact(value);
        }
        response
    }

    /// Writes the transcript. What goes wrong may quote a URL, and a URL may hold a secret.
    fn note(&mut self, line: String, answer: Result<Response, Failure>) -> Result<Response, Failure> {
        let secrets = &self.setup.secrets;
        let answer = answer.map_err(|failure| Failure { message: secrets.redact(&failure.message), ..failure });
        let end = match &answer {
            Ok(response) => response.status.to_string(),
            Err(failure) => failure.message.clone(),
        };
        self.transcript.push(format!("api: {line}: {end}"));
        answer
    }

    fn too_many(&self) -> Failure {
        let message = format!("a call may make {} requests", self.limits.requests_max);
        Failure::new(FailureKind::TooManyRequestsMade, message)
    }
}

impl Failure {
    fn new(kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure { kind, message: message.into(), retry_after_ms: None, response: None }
    }

    /// What every request made from `handle` gets.
    pub fn no_connection() -> Failure {
        Failure::new(
            FailureKind::Denied,
            "`handle` belongs to no connection and cannot make requests; do it in `get-event-selector`",
        )
    }
}

impl From<egress::Error> for Failure {
    fn from(error: egress::Error) -> Failure {
        use egress::Error as E;
        let kind = match &error {
            E::Denied(_) => FailureKind::Denied,
            E::Invalid(_) => FailureKind::InvalidRequest,
            E::Unreachable(_) => FailureKind::Unreachable,
            E::TimedOut => FailureKind::TimedOut,
            E::TooLarge => FailureKind::TooLarge,
        };
        Failure::new(kind, error.to_string())
    }
}

impl From<egress::Response> for Response {
    fn from(response: egress::Response) -> Response {
        Response { status: response.status, headers: response.headers, body: response.body.to_vec() }
    }
}

/// Where a response sends a request that can safely be made again. Never from https to http: it carries credentials.
fn redirect(request: &egress::Request, response: &egress::Response) -> Option<Url> {
    let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    let url = request.url.join(response.header("location")?).ok()?;
    let is_downgrade = request.url.scheme() == "https" && url.scheme() != "https";
    (is_redirect && request.method.is_safe() && !is_downgrade).then_some(url)
}

/// `added` over `base`; names compare without case.
fn merged(base: &[(String, String)], added: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_replaced = |name: &str| added.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let kept = base.iter().filter(|(name, _)| !is_replaced(name)).cloned();
    kept.collect::<Vec<_>>().into_iter().chain(added).collect()
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

fn millis_until(deadline: Instant) -> u64 {
    let left = deadline.saturating_duration_since(Instant::now());
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, from: &str, location: &str, expected: Option<&str>) {
        let request = egress::Request {
            method: method.parse().unwrap(),
            url: from.parse().unwrap(),
            headers: Vec::new(),
            body: None,
            timeout_ms: 1,
            response_bytes_max: 1,
            when_too_large: TooLarge::Fail,
        };
        let headers = vec![("location".to_owned(), location.to_owned())];
        let response = egress::Response { status: 302, headers, body: bytes::Bytes::new() };
        assert_eq!(redirect(&request, &response).as_ref().map(Url::as_str), expected, "{method} {from} {location}");
    }

    #[test]
    fn a_redirect_is_followed_only_where_the_request_can_safely_be_made_again() {
        check("GET", "https://a.test/x", "/y", Some("https://a.test/y"));
        check("GET", "http://a.test/x", "https://b.test/", Some("https://b.test/"));
        check("GET", "https://a.test/x", "http://a.test/x", None);
        check("POST", "https://a.test/x", "/y", None);
    }
}
