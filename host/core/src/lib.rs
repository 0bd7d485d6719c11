//! What Patchbay does, without HTTP: takes webhooks in, subscribes, replays, takes bundles, delivers, keeps order. Each part
//! holds what it needs, and nothing here knows the server that builds it.

pub mod connectors;
pub mod deliver;
pub mod examples;
pub mod idempotency;
pub mod ingest;
pub mod limits;
pub mod metrics;
pub mod rate;
pub mod replay;
pub mod rotate;
pub mod subscribe;
pub mod sweep;
pub mod targets;
pub mod upload;
