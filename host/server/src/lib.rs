//! The server behind global webhooks: what is built on top of the other crates, and speaks HTTP. A library only so that the
//! program and its tests share one build of it: nothing outside this repository should depend on it.

mod access;
mod app;
#[cfg(feature = "bench")]
mod bench;
pub mod cli;
mod config;
mod http;

/// What fuzzing calls, here for its runner that needs no fuzzer.
#[cfg(test)]
#[allow(unreachable_pub, reason = "it is a crate of its own for the fuzzer")]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;
