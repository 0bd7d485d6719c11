//! Black-box tests: the real binary over real sockets, real connectors built by the real SDK.

mod harness;
mod seed_example;
