//! Black-box tests: the real binary over real sockets, real connectors built by the real SDK.

mod access;
mod addresses;
mod arguments;
mod harness;
mod results;
mod routing;
mod seed_example;
mod subscribing;
mod uploads;
mod validation;
