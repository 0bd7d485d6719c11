//! JSON Schema: the parameters and credentials that a connector asks for. Pure.
//! Never fetches a schema from anywhere, and never starts work that it has not bounded before: validation cannot be
//! interrupted, so a schema or a value that could cost too much is refused first.

mod cost;
mod graph;
mod known;
mod pattern;
#[cfg(test)]
mod tests;

use jsonschema::{PatternOptions, Validator};
use serde::Serialize;
use serde_json::Value;

use cost::Cost;
use graph::Graph;

pub use known::Schemas;
pub use pattern::Patterns;

/// How many violations one answer lists.
const VIOLATIONS_MAX: usize = 20;
/// Work that one validation may take, in steps of about 30 ns.
const STEPS_MAX: u64 = 5_000_000;
/// Work that does not hold up others, in the same steps, and for a schema that consists of so many others.
const BRIEF_STEPS_MAX: u64 = 30_000;
const BRIEF_SIZE_MAX: usize = 300;

/// One thing that is wrong, and where. Holds no value: values may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Violation {
    /// JSON Pointer into what was sent.
    pub pointer: String,
    pub message: String,
}

/// A schema that is ready to validate values, and knows what that costs.
pub struct Schema {
    validator: Validator,
    cost: Cost,
}

impl Schema {
    /// The error is a sentence.
    pub fn compile(schema: &Value) -> Result<Schema, String> {
        Schema::compile_with(schema, &mut Patterns::default())
    }

    fn compile_with(schema: &Value, patterns: &mut Patterns) -> Result<Schema, String> {
        let refused = |why: String| format!("it is not a JSON Schema that can be used here: {why}");
        let cost = Cost::of(Graph::read(schema, patterns).map_err(refused)?).map_err(refused)?;
        let options = jsonschema::options().with_pattern_options(pattern_options(pattern::COMPILED_BYTES_MAX));
        let validator =
            options.build(&graph::without_id(schema)).map_err(|error| refused(error.masked().to_string()))?;
        Ok(Schema { validator, cost })
    }

    /// The most steps that validating a value can take.
    fn steps(&self, value: &Value) -> u64 {
        self.cost.steps(value)
    }

    /// Whether a value can be validated in about a millisecond, and that is known at once.
    fn is_brief(&self, value: &Value) -> bool {
        self.cost.size() <= BRIEF_SIZE_MAX && self.steps(value) <= BRIEF_STEPS_MAX
    }

    /// What is wrong with a value.
    pub fn violations(&self, value: &Value, pointer: &str) -> Vec<Violation> {
        let steps = self.steps(value);
        if steps > STEPS_MAX {
            let message = format!("takes up to {steps} steps to check against its schema, {STEPS_MAX} are allowed");
            return vec![Violation { pointer: pointer.to_owned(), message }];
        }
        self.validator.iter_errors(value).take(VIOLATIONS_MAX).map(|error| violation(&error, pointer)).collect()
    }
}

/// What is wrong with a schema, which may share its patterns with others of the same bundle; the error is a sentence.
pub fn check(schema: &Value, patterns: &mut Patterns) -> Result<(), String> {
    Schema::compile_with(schema, patterns).map(|_| ())
}

/// What is wrong with a value. An absent schema allows every object.
pub fn violations(schema: Option<&Value>, value: &Value, pointer: &str) -> Vec<Violation> {
    let any_object = serde_json::json!({ "type": "object" });
    match Schema::compile(schema.unwrap_or(&any_object)) {
        Ok(schema) => schema.violations(value, pointer),
        Err(message) => vec![Violation { pointer: pointer.to_owned(), message }],
    }
}

/// An engine whose time is linear, for patterns that take at most this much memory.
fn pattern_options(compiled_bytes_max: usize) -> PatternOptions<jsonschema::Regex> {
    PatternOptions::regex().size_limit(compiled_bytes_max)
}

fn violation(error: &jsonschema::ValidationError<'_>, pointer: &str) -> Violation {
    Violation { pointer: format!("{pointer}{}", error.instance_path()), message: error.masked().to_string() }
}
