//! The one way out: every HTTP request that Patchbay makes, for deliveries and for connectors alike.
//! Never follows a redirect, never connects to an address that it has not checked, and keeps nothing between
//! requests but open connections: no cookies, no proxy from the environment, no referrer.

mod address;
mod names;
mod port;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use reqwest::dns::Resolve;
use url::{Host, Url};

use names::{CheckedResolver, Refused, SystemNames};
pub use port::Ports;

/// What may be reached.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Networks that are allowed although they are not public.
    pub allow: Vec<IpNet>,
    /// Ports of public addresses that may be reached. Those of allowed networks all may.
    pub ports: Vec<Ports>,
    /// How long a connection may take to open.
    pub connect_timeout_ms: u64,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: http::Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<Bytes>,
    /// For the whole exchange, until the last byte of the response is read.
    pub timeout_ms: u64,
    pub response_bytes_max: usize,
    pub when_too_large: TooLarge,
}

/// What becomes of a response body that is longer than wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// Its beginning is kept.
    Cut,
    /// The request fails.
    Fail,
}

/// One response, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Response {
    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is one that nobody may make.
    #[error("{0}")]
    Denied(String),
    /// The request cannot be made.
    #[error("{0}")]
    Invalid(String),
    #[error("no answer: {0}")]
    Unreachable(String),
    #[error("no complete answer in time")]
    TimedOut,
    #[error("the answer is larger than accepted")]
    TooLarge,
}

/// The guarded HTTP client.
#[derive(Debug, Clone)]
pub struct Egress {
    client: reqwest::Client,
    /// Reaches allowed networks alone: for ports that public addresses may not have.
    inner_client: reqwest::Client,
    allow: Arc<[IpNet]>,
    ports: Arc<[Ports]>,
}

impl Egress {
    pub fn new(policy: Policy) -> Result<Egress, Error> {
        Egress::with_names(policy, SystemNames)
    }

    /// Names are looked up by `names`, and what it says is checked.
    fn with_names(policy: Policy, names: impl Resolve + Clone + 'static) -> Result<Egress, Error> {
        let allow: Arc<[IpNet]> = policy.allow.into();
        let connect_timeout = Duration::from_millis(policy.connect_timeout_ms);
        let resolver = |is_inner| CheckedResolver { names: names.clone(), allow: allow.clone(), is_inner };
        let client = client(resolver(false), connect_timeout)?;
        let inner_client = self::client(resolver(true), connect_timeout)?;
        Ok(Egress { client, inner_client, allow, ports: policy.ports.into() })
    }

    /// Sends the request and reads the response within its limits.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let timeout = Duration::from_millis(request.timeout_ms);
        tokio::time::timeout(timeout, self.exchange(request)).await.unwrap_or(Err(Error::TimedOut))
    }

    async fn exchange(&self, request: Request) -> Result<Response, Error> {
        check_url(&request.url, &self.allow)?;
        let client = self.client_for(&request.url)?;
        let mut outgoing = client.request(request.method, request.url).headers(headers(&request.headers)?);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let response = outgoing.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = read(response, request.response_bytes_max, request.when_too_large).await?;
        Ok(Response { status, headers, body })
    }

    /// A name's addresses are known only when it is looked up, so a port is refused there.
    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, Error> {
        let port = url.port_or_known_default().unwrap_or_default();
        if self.ports.iter().any(|ports| ports.contain(port)) {
            return Ok(&self.client);
        }
        match ip(url) {
            Some(addr) if !address::is_allowed(addr, &self.allow) => {
                Err(Error::Denied(format!("{addr} may not be reached at port {port}: {}", port::REMEDY)))
            }
            _ => Ok(&self.inner_client),
        }
    }
}

fn client(
    resolver: CheckedResolver<impl Resolve + 'static>,
    connect_timeout: Duration,
) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .user_agent(concat!("patchbay/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        // Repeating is for the callers to decide: they know what was promised to whom.
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(connect_timeout)
        .dns_resolver(Arc::new(resolver))
        .build()
        .map_err(|error| Error::Invalid(format!("the HTTP client cannot be built: {}", chain(&error))))
}

/// The address in a URL; `None` if it holds a name.
fn ip(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(addr) => Some(addr.into()),
        Host::Ipv6(addr) => Some(addr.into()),
        Host::Domain(_) => None,
    }
}

/// The resolver is never asked about a host that is an address already, so those are checked here.
fn check_url(url: &Url, allow: &[IpNet]) -> Result<(), Error> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::Denied(format!("{}: requests go to http and https only", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::Invalid("the URL holds a user name or password: send them in a header instead".into()));
    }
    if url.host().is_none() {
        return Err(Error::Invalid("the URL names no host".into()));
    }
    match ip(url).and_then(|addr| Some((addr, address::refusal(addr, allow)?))) {
        Some((addr, why)) => Err(Error::Denied(format!("{addr} is {why}"))),
        None => Ok(()),
    }
}

/// Names and frames the message: these belong to the client, or a request could be read as two.
const RESERVED: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let invalid = |what| Error::Invalid(format!("the header {name:?} has {what}"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("a name that is not a token"))?;
        let value = HeaderValue::from_str(value).map_err(|_| invalid("a value with a control character"))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(Error::Denied(format!("the header {name} is set by Patchbay alone")));
        }
        headers.append(name, value);
    }
    Ok(headers)
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

async fn read(mut response: reqwest::Response, bytes_max: usize, when_too_large: TooLarge) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        let room = bytes_max.saturating_sub(body.len());
        if chunk.len() <= room {
            body.extend_from_slice(&chunk);
            continue;
        }
        match when_too_large {
            TooLarge::Fail => return Err(Error::TooLarge),
            TooLarge::Cut => {
                body.extend_from_slice(&chunk.slice(..room));
                break;
            }
        }
    }
    Ok(body.freeze())
}

fn failure(error: reqwest::Error) -> Error {
    // A URL may carry a token, and messages end up in records and logs.
    let error = error.without_url();
    if let Some(refused) = sources(&error).find_map(|source| source.downcast_ref::<Refused>()) {
        return Error::Denied(refused.to_string());
    }
    match () {
        () if error.is_timeout() => Error::TimedOut,
        () if error.is_builder() => Error::Invalid(chain(&error)),
        () => Error::Unreachable(chain(&error)),
    }
}

fn sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    sources(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
