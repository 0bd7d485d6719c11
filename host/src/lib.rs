//! The server behind global webhooks. A library only so that the program, its fuzz targets and its benchmark share one
//! build of it: nothing outside this repository should depend on it.

mod access;
mod api_client;
mod api_token;
mod app;
#[cfg(feature = "bench")]
mod bench;
mod bundle;
pub mod cli;
mod clock;
mod config;
mod connection;
mod connector;
mod crypto;
mod decimal;
mod decode;
mod deliver;
mod delivery;
mod egress;
mod event;
mod examples;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod http;
mod id;
mod idempotency;
mod ingest;
mod integration;
mod mapping;
mod metrics;
mod permits;
mod profile;
mod rate;
mod replay;
mod respond;
mod retry;
mod rotate;
mod routing;
mod sandbox;
mod schema;
mod secret;
mod signature;
mod store;
mod subscribe;
mod subscription;
mod targets;
mod unusual_numbers;
mod upload;
mod webhook_request;
