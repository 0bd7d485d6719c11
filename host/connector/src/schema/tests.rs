//! Tests of what a schema may cost: the bound is held against what really happens, for schemas that nobody would write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jsonschema::{Keyword, ValidationError};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Validation of what is allowed takes no longer, even in a debug build on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(10);

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
fn ordinary_schemas_are_accepted() {
    let accept = |schema: Value, value: Value| {
        let compiled = Schema::compile(&schema).unwrap_or_else(|why| panic!("{why}\n{schema:#}"));
        assert_eq!(compiled.violations(&value, ""), [], "{schema:#}");
    };
    accept(
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.test/schema.json",
            "type": "object", "required": ["channel"], "additionalProperties": false,
            "definitions": { "id": { "type": "string", "pattern": "^[CGD][A-Z0-9]{8,}$", "format": "hostname" } },
            "properties": {
                "channel": { "$ref": "#/definitions/id" },
                "kinds": { "type": "array", "uniqueItems": true, "items": { "enum": ["message", "reaction"] } },
            },
        }),
        json!({ "channel": "C01234567", "kinds": ["message", "reaction"] }),
    );
    accept(
        json!({
            "$defs": { "node": {
                "$anchor": "node", "type": "object",
                "properties": { "children": { "type": "array", "items": { "$ref": "#node" } }, "id": { "pattern": r"^\w{1,64}$" } },
            } },
            "$ref": "#node",
        }),
        json!({ "id": "a", "children": [{ "children": [{ "id": "b", "children": [] }] }] }),
    );
    accept(
        json!({
            "allOf": [{ "properties": { "a": { "type": "string" } } }, { "properties": { "b": { "$ref": "#/$defs/b" } } }],
            "oneOf": [{ "required": ["a"] }, { "required": ["b"] }],
            "$defs": { "b": { "anyOf": [{ "type": "integer" }, { "const": "none" }] } },
            "unevaluatedProperties": false,
        }),
        json!({ "a": "x".repeat(10_000) }),
    );
}

#[test]
fn a_schema_that_points_elsewhere_or_is_none_is_refused() {
    refuse(json!({ "$ref": "https://schemas.example.test/other.json" }), "must stay within the schema");
    refuse(json!({ "$ref": "http://json-schema.org/draft-07/schema#" }), "must stay within the schema");
    refuse(json!({ "$ref": "#/$defs/missing" }), "leads nowhere");
    refuse(json!({ "$schema": "https://example.test/mine" }), "`$schema` must name");
    refuse(json!({ "$defs": { "a": { "$id": "b", "$ref": "#" } } }), "only at the beginning");
    refuse(json!({ "properties": { "a": { "$dynamicRef": "#a" } } }), "not supported");
    refuse(json!({ "type": "strnig" }), "can be used here");
    refuse(json!({ "$ref": "#" }), "lead back to themselves");
    refuse(json!({ "$ref": "#/$defs/a", "$defs": { "a": { "not": { "$ref": "#/$defs/a" } } } }), "lead back to");
}

#[test]
fn a_schema_that_doubles_its_work_again_and_again_is_refused_before_anything_is_done() {
    refuse(doubled(40, |next| json!({ "allOf": [next, next] })), "steps");
    refuse(doubled(40, |next| json!({ "properties": { "a": next }, "anyOf": [next, next] })), "steps");
    refuse(doubled(40, |next| json!({ "if": next, "then": next, "else": next })), "steps");
    refuse(doubled(40, |next| json!({ "dependentSchemas": { "a": next, "b": next } })), "steps");
    refuse(doubled(40, |next| json!({ "unevaluatedProperties": next, "additionalProperties": next })), "too many");
    // Not by a reference, but by asking again.
    let tracked = (0..60).fold(json!({}), |inner, _| json!({ "allOf": [inner], "unevaluatedProperties": false }));
    refuse(tracked, "too many");
    let tracked = (0..60).fold(json!({}), |inner, _| json!({ "unevaluatedItems": inner }));
    refuse(tracked, "too many");
}

#[test]
fn a_schema_that_branches_at_each_level_refuses_only_values_that_are_deep() {
    let schema = json!({ "items": { "allOf": [{ "$ref": "#" }, { "$ref": "#" }] } });
    let compiled = Schema::compile(&schema).unwrap();
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(compiled.violations(&nested(5), ""), []);
    let start = Instant::now();
    let found = compiled.violations(&nested(60), "/parameters");
    assert!(found[0].message.contains("steps to check"), "{found:?}");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn patterns_have_a_size_and_a_number_and_texts_count_by_their_length() {
    refuse(json!({ "pattern": r"(\w{100}){100}" }), "compiled");
    refuse(json!({ "pattern": "(".repeat(500) }), "regular expression");
    refuse(json!({ "pattern": "a".repeat(1_001) }), "1001 bytes");
    let many: serde_json::Map<String, Value> = (0..501).map(|n| (format!("^{n}[a-z]"), json!({}))).collect();
    refuse(json!({ "patternProperties": many }), "500 patterns");
    let costly = Schema::compile(&json!({ "pattern": r"^((\w{30}){30}|x)*$" })).unwrap();
    assert!(costly.steps(&json!("x".repeat(100_000))) > STEPS_MAX);
    assert_eq!(costly.violations(&json!("x".repeat(100)), ""), []);
}

#[test]
fn a_regular_expression_as_a_value_does_not_end_the_process() {
    let schema = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "format": "regex" });
    let compiled = Schema::compile(&schema).unwrap();
    for value in ["(".repeat(200_000), "[".repeat(200_000), "(?:a|".repeat(100_000), r"\w{1000}".repeat(1_000)] {
        let start = Instant::now();
        compiled.violations(&json!(value), "");
        assert!(start.elapsed() < TIME_MAX, "{:?}", start.elapsed());
    }
}

#[test]
fn what_is_allowed_takes_a_bounded_time() {
    let steps = doubled(14, |next| json!({ "anyOf": [next, next] }));
    let large: Vec<Value> = (0..20_000).map(|n| json!({ "name": n.to_string(), "tags": ["a", "b", n] })).collect();
    let cases = [
        (steps, json!("a")),
        (json!({ "uniqueItems": true, "items": { "properties": { "tags": { "uniqueItems": true } } } }), json!(large)),
        (json!({ "items": { "enum": (0..100).collect::<Vec<_>>() } }), json!(large)),
        (json!({ "pattern": r"^(\w{4}|x)*y$" }), json!("x".repeat(20_000))),
        (json!({ "additionalProperties": { "pattern": "(a|aa)*$" } }), json!({ "b": "a".repeat(100_000) })),
    ];
    for (schema, value) in cases {
        let Ok(compiled) = Schema::compile(&schema) else { continue };
        let (steps, start) = (compiled.steps(&value), Instant::now());
        compiled.violations(&value, "");
        assert!(start.elapsed() < TIME_MAX, "{steps} steps took {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Every schema inside counts how often it is asked.
    #[test]
    fn no_schema_is_evaluated_more_often_than_was_said(schema in any_schema(), value in any_value()) {
        let Ok(cost) = Graph::read(&schema, &mut Patterns::default()).and_then(Cost::of) else { return Ok(()) };
        let count = Arc::new(AtomicU64::new(0));
        let counting = jsonschema::options().with_pattern_options(pattern_options(1 << 20)).with_keyword("x-count", {
            let count = Arc::clone(&count);
            move |_, _, _| Ok(Box::new(Count(Arc::clone(&count))) as Box<dyn for<'i> Keyword<'i>>)
        });
        let validator = counting.build(&schema).unwrap();
        let allowed = cost.steps(&value);
        let errors = validator.iter_errors(&value).count();
        let counted = count.load(Ordering::Relaxed);
        prop_assert!(counted <= allowed, "{counted} of {allowed} ({errors} errors)\n{schema:#}\n{value}");
    }

    #[test]
    fn whatever_a_schema_is_reading_it_ends(schema in any_schema()) {
        let start = Instant::now();
        let _ = Schema::compile(&schema);
        prop_assert!(start.elapsed() < TIME_MAX);
    }
}

struct Count(Arc<AtomicU64>);

impl<'i> Keyword<'i> for Count {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        true
    }
}

fn refuse(schema: Value, expected: &str) {
    let start = Instant::now();
    match Schema::compile(&schema) {
        Ok(_) => panic!("was accepted: {schema:#}"),
        Err(why) => assert!(why.contains(expected), "{why}"),
    }
    assert!(start.elapsed() < TIME_MAX, "{:?}", start.elapsed());
}

/// A chain of schemas, each made of references to the next.
fn doubled(links: usize, link: impl Fn(&Value) -> Value) -> Value {
    let mut definitions = serde_json::Map::new();
    for index in 0..links {
        definitions.insert(format!("s{index}"), link(&json!({ "$ref": format!("#/$defs/s{}", index + 1) })));
    }
    definitions.insert(format!("s{links}"), json!({ "type": "string" }));
    json!({ "$ref": "#/$defs/s0", "$defs": definitions })
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(null)), Just(json!(1)), Just(json!("a")), Just(json!("bb"))];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[abc]", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

/// Schemas with definitions that refer to one another.
fn any_schema() -> impl Strategy<Value = Value> {
    (any_part(), prop::collection::vec(any_part(), 3)).prop_map(|(mut root, parts)| {
        let definitions: serde_json::Map<String, Value> =
            parts.into_iter().enumerate().map(|(index, part)| (index.to_string(), part)).collect();
        root["$defs"] = definitions.into();
        root
    })
}

fn any_part() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => (0..3).prop_map(|index| json!({ "$ref": format!("#/$defs/{index}") })),
        1 => Just(json!({ "type": "string" })),
        1 => Just(json!({ "enum": [1, "a", null] })),
        1 => Just(json!({ "pattern": "a+", "uniqueItems": true })),
        1 => Just(json!({})),
    ];
    let part = leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            two.clone().prop_map(|(a, b)| json!({ "allOf": [a, b] })),
            two.clone().prop_map(|(a, b)| json!({ "anyOf": [a, b] })),
            two.clone().prop_map(|(a, b)| json!({ "oneOf": [a, b] })),
            two.clone().prop_map(|(a, b)| json!({ "if": a, "then": b, "else": { "required": ["a"] } })),
            two.clone().prop_map(|(a, b)| json!({ "properties": { "a": a }, "additionalProperties": b })),
            two.clone().prop_map(|(a, b)| json!({ "patternProperties": { "a": a, "[ab]": b } })),
            two.clone().prop_map(|(a, b)| json!({ "prefixItems": [a], "items": b })),
            two.clone().prop_map(|(a, b)| json!({ "allOf": [a], "unevaluatedProperties": b })),
            two.clone().prop_map(|(a, b)| json!({ "anyOf": [a], "unevaluatedItems": b })),
            two.prop_map(|(a, b)| json!({ "contains": a, "minContains": 1, "dependentSchemas": { "a": b } })),
            inner.clone().prop_map(|a| json!({ "not": a, "propertyNames": { "pattern": "a" } })),
            inner.prop_map(|a| json!({ "$ref": "#/$defs/1", "allOf": [a] })),
        ]
    });
    part.prop_map(|mut part| {
        count_in(&mut part);
        part
    })
}

/// Adds the counter to every schema: here these are the objects, except for those that hold schemas by name.
fn count_in(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(count_in),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "properties" | "patternProperties" | "dependentSchemas" => {
                        member.as_object_mut().unwrap().values_mut().for_each(count_in);
                    }
                    "enum" => {}
                    _ => count_in(member),
                }
            }
            members.insert("x-count".to_owned(), json!(true));
        }
        _ => {}
    }
}
