//! Black-box tests: the real binary over real sockets, real connectors built by the real SDK.

mod access;
mod addresses;
mod arguments;
mod crashes;
mod delivery;
mod harness;
mod hostile;
mod pages;
mod results;
mod routing;
mod seed_example;
mod shutdown;
mod subscribing;
mod uploads;
mod validation;
mod versions;
