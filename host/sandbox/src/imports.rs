//! What a connector may import besides clocks, random numbers and stdio: `log`, `api-client` and `crypto`.
//! Translates between the contract and the host's own modules; decides nothing.

use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::{WasiView, p2};

use super::guest::Guest;
use super::wit::patchbay::connector::{api_client, crypto, log, types};
use patchbay_connector::api_client as host_api;
use patchbay_crypto as host_crypto;

/// Requests in one call of `send`. Each is answered with a failure at least, which takes memory of the host.
const REQUESTS_AT_ONCE_MAX: usize = 10_000;

/// Links all that a connector may import. Sockets and HTTP are not among it. `wasi:filesystem` is there because every
/// JavaScript component names it, but with no folder open, so there is no file to be had.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<Guest, wasmtime_wasi::random::WasiRandom>(linker, |guest| {
        guest.ctx().ctx.random()
    })?;
    random::insecure_seed::add_to_linker::<Guest, wasmtime_wasi::random::WasiRandom>(linker, |guest| {
        guest.ctx().ctx.random()
    })?;
    link_cli(linker)?;
    link_empty_filesystem(linker)?;
    types::add_to_linker::<Guest, Itself>(linker, |guest| guest)?;
    log::add_to_linker::<Guest, Itself>(linker, |guest| guest)?;
    crypto::add_to_linker::<Guest, Itself>(linker, |guest| guest)?;
    api_client::add_to_linker::<Guest, Itself>(linker, |guest| guest)
}

/// An environment without variables and arguments, and a terminal that is none.
fn link_cli(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
    cli::environment::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::exit::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_input::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_output::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdin::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdout::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stderr::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)
}

fn link_empty_filesystem(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
    filesystem::types::add_to_linker::<Guest, WasiFilesystem>(linker, Guest::filesystem)?;
    filesystem::preopens::add_to_linker::<Guest, WasiFilesystem>(linker, Guest::filesystem)
}

struct Itself;

impl HasData for Itself {
    type Data<'a> = &'a mut Guest;
}

impl types::Host for Guest {}

impl log::Host for Guest {
    fn write(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        };
        self.log.write(level, &message);
    }
}

impl crypto::Host for Guest {
    fn digest(&mut self, hash: crypto::Hash, data: Vec<u8>) -> Vec<u8> {
        host_crypto::digest(hash.into(), &data)
    }

    fn hmac(&mut self, hash: crypto::Hash, key: Vec<u8>, data: Vec<u8>) -> Vec<u8> {
        host_crypto::hmac(hash.into(), &key, &data)
    }

    fn equal(&mut self, a: Vec<u8>, b: Vec<u8>) -> bool {
        host_crypto::equal(&a, &b)
    }

    fn verify(
        &mut self,
        scheme: crypto::Scheme,
        public_key: Vec<u8>,
        data: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<bool, String> {
        host_crypto::verify(scheme.into(), &public_key, &data, &signature)
    }

    fn sign(&mut self, scheme: crypto::Scheme, private_key: Vec<u8>, data: Vec<u8>) -> Result<Vec<u8>, String> {
        host_crypto::sign(scheme.into(), &private_key, &data)
    }
}

impl From<crypto::Hash> for host_crypto::Hash {
    fn from(hash: crypto::Hash) -> Self {
        match hash {
            crypto::Hash::Sha1 => Self::Sha1,
            crypto::Hash::Sha256 => Self::Sha256,
            crypto::Hash::Sha384 => Self::Sha384,
            crypto::Hash::Sha512 => Self::Sha512,
        }
    }
}

impl From<crypto::Scheme> for host_crypto::Scheme {
    fn from(scheme: crypto::Scheme) -> Self {
        match scheme {
            crypto::Scheme::Ed25519 => Self::Ed25519,
            crypto::Scheme::EcdsaP256Der(hash) => Self::EcdsaP256Der(hash.into()),
            crypto::Scheme::EcdsaP256Raw(hash) => Self::EcdsaP256Raw(hash.into()),
            crypto::Scheme::RsaPkcs1(hash) => Self::RsaPkcs1(hash.into()),
            crypto::Scheme::RsaPss(hash) => Self::RsaPss(hash.into()),
        }
    }
}

impl api_client::Host for Guest {
    async fn send(
        &mut self,
        requests: Vec<api_client::Request>,
    ) -> wasmtime::Result<Vec<Result<api_client::Response, api_client::Failure>>> {
        if requests.len() > REQUESTS_AT_ONCE_MAX {
            return Err(wasmtime::Error::msg(format!("{} requests at once: too many", requests.len())));
        }
        let requests: Vec<host_api::Request> = requests.into_iter().map(Into::into).collect();
        let answers = match &mut self.api_client {
            Some(api_client) => api_client.send_all(requests).await,
            None => requests.iter().map(|_| Err(host_api::Failure::no_connection())).collect(),
        };
        Ok(answers.into_iter().map(|answer| answer.map(Into::into).map_err(Into::into)).collect())
    }
}

impl From<api_client::Request> for host_api::Request {
    fn from(request: api_client::Request) -> Self {
        host_api::Request {
            method: request.method,
            url: request.url,
            base_uri: request.base_uri,
            query: request.query,
            headers: request.headers,
            auth: request.auth.map(|auth| (auth.username, auth.password)),
            body: request.body,
        }
    }
}

impl From<host_api::Response> for api_client::Response {
    fn from(response: host_api::Response) -> Self {
        api_client::Response { status: response.status, headers: response.headers, body: response.body }
    }
}

impl From<host_api::Failure> for api_client::Failure {
    fn from(failure: host_api::Failure) -> Self {
        use api_client::FailureKind as Wit;
        use host_api::FailureKind as Host;
        let kind = match failure.kind {
            Host::Denied => Wit::Denied,
            Host::InvalidRequest => Wit::InvalidRequest,
            Host::Unreachable => Wit::Unreachable,
            Host::TimedOut => Wit::TimedOut,
            Host::TooLarge => Wit::TooLarge,
            Host::TooManyRequestsMade => Wit::TooManyRequestsMade,
            Host::Unauthorized => Wit::Unauthorized,
            Host::RateLimited => Wit::RateLimited,
            Host::Refused => Wit::Refused,
        };
        let response = failure.response.map(Into::into);
        api_client::Failure { kind, message: failure.message, retry_after_ms: failure.retry_after_ms, response }
    }
}
