//! Decisions that only compute: how a body is read, what may be answered, when a delivery is tried again.

pub mod decode;
pub mod respond;
pub mod retry;
