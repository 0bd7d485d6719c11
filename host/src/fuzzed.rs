//! The root of the crate that `host/fuzz` builds: what reads bytes from outside, and what that needs. It leaves out the
//! WebAssembly engine, the store and the server, so that a build with a fuzzer's instruments takes minutes and not an hour.

#![allow(dead_code, unused_imports, reason = "most of these modules serves the server, which is left out")]

mod api_client;
mod bundle;
mod clock;
mod connector;
mod decode;
mod egress;
pub mod fuzz;
mod id;
mod mapping;
mod retry;
mod routing;
mod schema;
mod secret;
mod subscription;

/// Its keys alone.
mod store {
    mod keys;
    pub(crate) use keys::check_key;
}
