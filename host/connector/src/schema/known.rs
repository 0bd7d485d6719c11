//! Schemas of connectors, compiled once for each version, and validation that leaves the threads of others alone.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};

use super::{Schema, Violation};

/// How many are kept; beyond that all are forgotten and compiled again.
const SCHEMAS_MAX: usize = 1_000;

/// Compiled schemas, or why they cannot be used, by the digest of a bundle and the place in it.
#[derive(Default)]
pub struct Schemas {
    known: RwLock<HashMap<(String, String), Compiled>>,
}

type Compiled = Result<Arc<Schema>, String>;

impl Schemas {
    /// What is wrong with a value. An absent schema allows every object. To be called on a thread of a runtime that has
    /// several.
    pub fn violations(
        &self,
        (digest, place): (&str, &str),
        schema: Option<&Value>,
        value: &Value,
        pointer: &str,
    ) -> Vec<Violation> {
        let compiled = match schema {
            Some(schema) => self.compiled((digest, place), schema),
            None => self.compiled(("", ""), &json!({ "type": "object" })),
        };
        match compiled {
            Ok(schema) if schema.is_brief(value) => schema.violations(value, pointer),
            Ok(schema) => tokio::task::block_in_place(|| schema.violations(value, pointer)),
            Err(message) => vec![Violation { pointer: pointer.to_owned(), message }],
        }
    }

    fn compiled(&self, (digest, place): (&str, &str), schema: &Value) -> Compiled {
        let key = (digest.to_owned(), place.to_owned());
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let compiled = tokio::task::block_in_place(|| Schema::compile(schema).map(Arc::new));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SCHEMAS_MAX {
            known.clear();
        }
        known.insert(key, compiled.clone());
        compiled
    }
}
