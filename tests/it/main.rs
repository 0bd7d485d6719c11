//! Black-box tests: the real binary over real sockets, real connectors built by the real SDK.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets what it did not expect is to fail there and then"
)]

mod access;
mod addresses;
mod api_client;
mod arguments;
mod bodies;
mod canaries;
mod changes;
mod dead_letters;
mod delivery;
mod delivery_settings;
mod egress;
mod fairness;
mod faults;
mod github;
mod guests;
mod harness;
mod hostile;
mod idempotency;
mod key_pairs;
mod machine_code;
mod master_key;
mod metrics;
mod openapi;
mod pages;
mod quickjs;
mod rates;
mod replay;
mod results;
mod retention;
mod routing;
mod samples;
mod seed_example;
mod shutdown;
mod subscribing;
mod tenants;
mod tidy;
mod tls;
mod tokens;
mod torture;
mod uploads;
mod validation;
mod versions;
mod why;
mod wire;
