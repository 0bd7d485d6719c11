//! Black-box tests: the real binary over real sockets, real connectors built by the real SDK.

mod access;
mod addresses;
mod arguments;
mod crashes;
mod delivery;
mod github;
mod harness;
mod hostile;
mod pages;
mod results;
mod routing;
mod samples;
mod seed_example;
mod shutdown;
mod subscribing;
mod tidy;
mod uploads;
mod validation;
mod versions;
