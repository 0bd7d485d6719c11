//! Every verified vector of the formula language, the checks of an upload, and the limits.

#![allow(clippy::indexing_slicing, reason = "a test may panic")]

mod limits;
mod properties;
mod uploads;

use serde_json::{Value, json};

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).expect("vectors.json is JSON")
}

/// A template, its variables, and what must come of them.
fn check(name: &str, template: &Value, variables: &Value, expected: Result<Option<Value>, Error>) {
    assert_eq!(evaluate(template, variables), expected, "{name}: {template} over {variables}");
}

#[test]
fn every_formula_vector_gives_its_result() {
    let vectors = vectors();
    let sections = vectors["formulas"].as_object().expect("sections");
    let rows = sections.values().flat_map(|rows| rows.as_array().expect("rows"));
    let checked = rows.map(|row| {
        let variables = match row["variables"].as_str() {
            Some(name) => &vectors["variables"][name],
            None => &row["variables"],
        };
        let expected = match row.get("refused") {
            Some(_) => Err(Error::JsonataUnsupported),
            None => Ok(row.get("result").cloned()),
        };
        check(row["id"].as_str().expect("id"), &row["template"], variables, expected);
    });
    assert_eq!(checked.count(), 586);
}

#[test]
fn every_condition_vector_gives_its_result() {
    let vectors = vectors();
    let rows = vectors["conditions"].as_array().expect("rows");
    assert_eq!(rows.len(), 42);
    for row in rows {
        let condition = json!({"field": row["field"], "operator": row["operator"], "value": row["value"]});
        let expected = Ok(Some(row["result"].clone()));
        check(row["id"].as_str().expect("id"), &case_with(json!([condition])), &row["variables"], expected);
    }
}

#[test]
fn all_conditions_of_a_list_must_hold() {
    let template = case_with(json!([
        {"field": "a", "operator": "is", "value": 1},
        {"field": "b", "operator": "is", "value": 2},
    ]));
    check("one of two", &template, &json!({"a": 1, "b": 3}), Ok(Some(json!("miss"))));
    check("both", &template, &json!({"a": 1, "b": 2}), Ok(Some(json!("hit"))));
}

#[test]
fn what_the_vectors_leave_open_gives_the_careful_result() {
    let rows = [
        ("data is not a formula", json!({"$var": "x"}), json!({"$var": "y"})),
        ("data is not a mapping", json!({"$map": {"value": 1, "mapping": {"$var": "m"}}}), json!({"$var": "y"})),
        ("conditions see the item", iterate_where("item.n"), json!([{"n": 1}])),
    ];
    let variables = json!({
        "x": {"$var": "y"}, "y": "secret", "m": [null, {"from": 1, "to": {"$var": "y"}}], "l": [{"n": 1}, {"n": 2}],
    });
    for (name, template, expected) in rows {
        check(name, &template, &variables, Ok(Some(expected)));
    }
    check("cases are literal", &json!({"$case": {"cases": {"$var": "m"}}}), &variables, Ok(None));
    check("a null operand", &json!({"$eval": "null", "contains": null}), &variables, Ok(Some(json!(false))));
}

#[test]
fn a_formula_kept_for_later_holds_no_values_of_an_earlier_evaluation() {
    let template = json!({"$formula": {"k": {"$var": "x"}}});
    check("first", &template, &json!({"x": 1}), Ok(Some(json!({"k": 1}))));
    check("second", &template, &json!({"x": 2}), Ok(Some(json!({"k": 2}))));
}

#[test]
fn dates_are_read_in_iso_and_http_form_only() {
    let rows = [
        ("2024-03-05T10:20:30+0200", Some("08:20:30")),
        ("2024-03-05T10:20:30+02", Some("08:20:30")),
        ("2024-03-05T10:20:30+2", None),
        ("2024-03-05T10:20:60Z", None),
        ("2024-03-05T24:00:01Z", None),
        ("2024-03-05T10:20.5Z", None),
        ("2024-03-05T10Z", None),
        ("2024-03-05T", None),
        ("9999-12-31T23:00:00-02:00", None),
        ("0000-01-01T00:00:00+01:00", None),
        ("Tue, 05 Mar 2024 10:00:00 +0200", None),
    ];
    for (text, expected) in rows {
        check(text, &json!({"$extractTime": text}), &json!({}), Ok(expected.map(Value::from)));
    }
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    let rows = [
        (0.0, "0"),
        (-0.0, "0"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (1e20, "100000000000000000000"),
        (1.5e21, "1.5e+21"),
        (-1e21, "-1e+21"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
    ];
    for (number, expected) in rows {
        assert_eq!(text::of_number(number), expected);
    }
}

fn case_with(filter: Value) -> Value {
    json!({"$case": {"cases": [{"filter": filter, "value": "hit"}], "default": "miss"}})
}

fn iterate_where(field: &str) -> Value {
    let filter = json!([{"field": field, "operator": "is", "value": 1}]);
    json!({"$iterate": {"source": {"$var": "l"}, "item": {"$case": [{"filter": filter, "value": {"$var": "item"}}]}}})
}
