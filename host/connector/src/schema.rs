//! JSON Schema: the parameters and credentials that a connector asks for. Pure.
//! Never fetches a schema from anywhere; patterns run on an engine whose time is linear.

use jsonschema::{PatternOptions, Validator};
use serde::Serialize;
use serde_json::Value;

/// How many violations one answer lists.
const VIOLATIONS_MAX: usize = 20;

/// One thing that is wrong, and where. Holds no value: values may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Violation {
    /// JSON Pointer into what was sent.
    pub pointer: String,
    pub message: String,
}

/// What is wrong with a schema; the error is a sentence.
pub fn check(schema: &Value) -> Result<(), String> {
    compile(schema).map(|_| ())
}

/// What is wrong with a value. An absent schema allows every object.
pub fn violations(schema: Option<&Value>, value: &Value, pointer: &str) -> Vec<Violation> {
    let any_object = serde_json::json!({ "type": "object" });
    match compile(schema.unwrap_or(&any_object)) {
        Ok(validator) => {
            validator.iter_errors(value).take(VIOLATIONS_MAX).map(|error| violation(&error, pointer)).collect()
        }
        Err(message) => vec![Violation { pointer: pointer.to_owned(), message }],
    }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| format!("it is not a JSON Schema that can be used here: {}", error.masked()))
}

fn violation(error: &jsonschema::ValidationError<'_>, pointer: &str) -> Violation {
    Violation { pointer: format!("{pointer}{}", error.instance_path()), message: error.masked().to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_violation_names_the_place_and_hides_the_value() {
        let schema = json!({ "type": "object", "properties": { "token": { "type": "string", "minLength": 30 } } });
        let found = violations(Some(&schema), &json!({ "token": "hunter2" }), "/parameters");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pointer, "/parameters/token");
        assert!(!found[0].message.contains("hunter2"), "{}", found[0].message);
    }

    #[test]
    fn without_a_schema_every_object_will_do() {
        assert_eq!(violations(None, &json!({ "a": 1 }), ""), []);
        assert_eq!(violations(None, &json!([]), "").len(), 1);
    }

    #[test]
    fn a_schema_that_points_elsewhere_is_refused() {
        assert!(check(&json!({ "$ref": "https://schemas.example.test/other.json" })).is_err());
        assert!(check(&json!({ "type": "strnig" })).is_err());
        assert!(check(&json!({ "type": "object" })).is_ok());
    }
}
