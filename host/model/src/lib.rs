//! The nouns of Patchbay as plain records, their ids, and the time. No I/O; knows no engine and no library of one.

pub mod api_token;
pub mod clock;
pub mod connection;
pub mod connector;
pub mod content;
pub mod delivery;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod integration;
pub mod page;
pub mod profile;
pub mod routing;
pub mod scope;
pub mod sealed;
pub mod subscription;
pub mod webhook_request;
