//! What a pattern of a schema costs for each byte that it is matched against.

use std::collections::HashMap;

use serde_json::json;

/// Memory that one compiled pattern may take, in bytes.
pub(super) const COMPILED_BYTES_MAX: usize = 256 << 10;
const PATTERN_BYTES_MAX: usize = 1_000;
/// Different patterns in one bundle.
const PATTERNS_MAX: usize = 500;
/// The engine may try every state of a pattern at every byte; this many bytes of states are one step.
const BYTES_PER_STEP: usize = 256;
const SMALLEST_BYTES: usize = 1 << 10;

/// Patterns that were looked at, in one schema or in all of a bundle.
#[derive(Default)]
pub struct Patterns {
    steps: HashMap<String, u64>,
}

impl Patterns {
    /// Steps for each byte of a text; or why a pattern is refused.
    pub(super) fn steps_per_byte(&mut self, pattern: &str) -> Result<u64, String> {
        if let Some(steps) = self.steps.get(pattern) {
            return Ok(*steps);
        }
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!("a pattern has {} bytes, {PATTERN_BYTES_MAX} are allowed", pattern.len()));
        }
        if self.steps.len() >= PATTERNS_MAX {
            return Err(format!("there are more than {PATTERNS_MAX} patterns"));
        }
        let steps = (compiled_bytes(pattern)? / BYTES_PER_STEP) as u64;
        self.steps.insert(pattern.to_owned(), steps);
        Ok(steps)
    }
}

/// How much memory a pattern takes, rounded up: the smallest limit under which it compiles.
fn compiled_bytes(pattern: &str) -> Result<usize, String> {
    let schema = json!({ "pattern": pattern });
    let fits = |limit: &usize| {
        jsonschema::options().with_pattern_options(super::pattern_options(*limit)).build(&schema).is_ok()
    };
    let limits = std::iter::successors(Some(SMALLEST_BYTES), |limit| Some(limit * 2));
    limits.take_while(|limit| *limit <= COMPILED_BYTES_MAX).find(fits).ok_or_else(|| {
        format!(
            "the pattern `{pattern}` is not a regular expression, looks around itself, or takes more than \
             {COMPILED_BYTES_MAX} bytes when it is compiled"
        )
    })
}
