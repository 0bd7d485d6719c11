//! What an evaluation may not take, and that an upload says so as far as it can be seen there.

use serde_json::{Value, json};

use super::super::budget::{BYTES_MAX, DEPTH_MAX, Limit, STEPS_MAX, VALUE_DEPTH_MAX};
use super::super::fault::Fault;
use super::super::locator::LOCATOR_BYTES_MAX;
use super::super::name::NAME_BYTES_MAX;
use super::super::{Error, check as check_upload, evaluate};
use super::check;

#[test]
fn every_limit_refuses_what_passes_it() {
    let long = Value::from(vec![1; STEPS_MAX]);
    let fat = Value::from("x".repeat(BYTES_MAX / 2));
    let all = json!({"$iterate": {"source": {"$var": "$"}, "item": {"$var": "parent"}}});
    let rows = [
        (nested(DEPTH_MAX - 1, json!(1)), json!({}), None),
        (nested(DEPTH_MAX, json!(1)), json!({}), Some(Limit::Depth)),
        (nested_cases(DEPTH_MAX - 1), json!({}), None),
        (nested_cases(DEPTH_MAX), json!({}), Some(Limit::Depth)),
        (json!({"$var": "$"}), nested(VALUE_DEPTH_MAX + 1, json!(1)), Some(Limit::ValueDepth)),
        (json!({"$var": "$"}), long.clone(), Some(Limit::Steps)),
        (all, Value::from(vec![1; 1_000]), Some(Limit::Steps)),
        (json!({"$concat": [{"$var": "$"}, {"$var": "$"}]}), fat, Some(Limit::Bytes)),
    ];
    for (template, variables, limit) in rows {
        assert_eq!(evaluate(&template, &variables).err(), limit.map(Error::LimitPassed));
        let is_too_deep = check_upload(&template).is_err_and(|problems| problems[0].fault == Fault::TooDeep);
        assert_eq!(is_too_deep, limit == Some(Limit::Depth));
    }
}

#[test]
fn a_text_that_is_too_long_is_neither_a_locator_nor_a_name() {
    let longest = "a".repeat(LOCATOR_BYTES_MAX);
    check("longest locator", &json!({"$var": longest}), &json!({longest.clone(): 1}), Ok(Some(json!(1))));
    let long = longest + "a";
    check("locator", &json!({"$var": long}), &json!({long.clone(): 1}), Ok(Some(Value::Null)));
    check("name", &json!({"$lastName": "a".repeat(NAME_BYTES_MAX + 1)}), &json!({}), Ok(None));
}

fn nested(levels: usize, inner: Value) -> Value {
    (0..levels).fold(inner, |inner, _| Value::Array(vec![inner]))
}

fn nested_cases(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!({"$case": {"cases": [], "default": inner}}))
}
