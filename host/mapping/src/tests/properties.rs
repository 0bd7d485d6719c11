//! What holds for every template, whoever wrote it, and for all variables.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::*;
use super::case_with;

/// Scalars with a liking for what formulas treat specially.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[ae.\\[\\]$\\\\0-9{}@,\"é -]{0,12}".prop_map(Value::from),
        "(a|item|parent|index|\\$|\\[0\\]|\\.|0){0,6}".prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}[+Z-][0-9:]{0,5}".prop_map(Value::from),
    ]
}

/// JSON whose keys are taken from `names`.
fn json_with(names: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let key = move || proptest::sample::select(names.clone());
    scalar().prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((key(), inner), 0..4).prop_map(|members| {
                Value::Object(Map::from_iter(members.into_iter().map(|(name, value)| (name.to_owned(), value))))
            }),
        ]
    })
}

fn template() -> impl Strategy<Value = Value> {
    let mut names: Vec<&str> =
        formula::NAMES.iter().map(|(name, _)| *name).filter(|name| *name != "$jsonata").collect();
    names.extend(["$nope", "a", "values", "delimiter", "template", "cases", "filter", "value", "mapping", "from"]);
    names.extend(["to", "default", "source", "item", "field", "operator", "id"]);
    names.extend(operator::NAMES);
    json_with(names)
}

proptest! {
    #[test]
    fn evaluation_never_panics_and_never_makes_more_than_it_may(
        template in template(),
        variables in json_with(vec!["a", "b", "item", "length", "$var"]),
    ) {
        if let Ok(Some(value)) = evaluate(&template, &variables) {
            prop_assert!(budget::Budget::default().read(&value).is_ok());
        }
    }

    #[test]
    fn an_operator_never_panics(
        operator in proptest::sample::select(operator::NAMES.to_vec()),
        condition in proptest::sample::select(condition::OPERATORS.to_vec()),
        value in json_with(vec!["a", "b"]),
        operand in json_with(vec!["a", "b"]),
    ) {
        let eval = json!({"$eval": {"$var": "v"}, operator: operand});
        let is_evaluated = evaluate(&eval, &json!({"v": value})).is_ok();
        prop_assert!(is_evaluated);
        let case = case_with(json!([{"field": "v", "operator": condition, "value": operand}]));
        let is_evaluated = evaluate(&case, &json!({"v": value})).is_ok();
        prop_assert!(is_evaluated);
    }

    #[test]
    fn every_part_of_any_text_is_read_without_a_panic(text in ".*") {
        for formula in ["$firstName", "$lastName", "$extractDate", "$extractTime", "$domainFromEmail", "$var"] {
            let is_evaluated = evaluate(&json!({formula: text}), &json!({})).is_ok();
            prop_assert!(is_evaluated);
        }
    }

    #[test]
    fn values_without_formulas_stay_as_they_are(value in json_with(vec!["a", "b", "$nope", "$", "var"])) {
        prop_assert_eq!(evaluate(&value, &json!({"a": 1})), Ok(Some(value)));
    }

    #[test]
    fn plain_keeps_everything(value in template()) {
        prop_assert_eq!(evaluate(&json!({"$plain": value}), &json!({})), Ok(Some(value)));
    }

    #[test]
    fn what_variables_hold_is_never_evaluated(value in template()) {
        prop_assert_eq!(evaluate(&json!({"$var": "v"}), &json!({"v": value})), Ok(Some(value)));
    }

    #[test]
    fn a_value_never_reshapes_the_text_it_is_put_into(value in "[a-z{}$&]{0,9}") {
        let template = json!({"$tpl": {"template": "<{a}|{b}>", "values": {"a": {"$var": "v"}, "b": "B"}}});
        prop_assert_eq!(evaluate(&template, &json!({"v": value})), Ok(Some(json!(format!("<{value}|B>")))));
    }

    #[test]
    fn a_check_never_panics(template in template()) {
        let _ = check(&template);
    }

    #[test]
    fn loose_equality_is_symmetric(left in json_with(vec!["a"]), right in json_with(vec!["a"])) {
        let is = |left: &Value, right: &Value| {
            evaluate(&json!({"$eval": {"$plain": left}, "is": {"$plain": right}}), &json!({}))
        };
        prop_assert_eq!(is(&left, &right), is(&right, &left));
    }
}
