//! Where a body or payload is kept. Only the store that made a reference can read it.

use serde::{Deserialize, Serialize};

/// Where a piece of content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentRef {
    pub segment: u32,
    pub offset: u64,
    pub len: u32,
    pub check: u32,
}
