//! Numbers that look alike, and numbers that are alike.

use serde_json::json;

use super::*;

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    for (left, right) in [
        ("1", "1.0"),
        ("1e3", "1000.00"),
        ("1E+3", "10e2"),
        ("-0", "0"),
        ("0e5", "0.0"),
        ("0.10", "1e-1"),
        ("1e400", "10E399"),
    ] {
        assert!(same_value(&number(left), &number(right)), "{left} {right}");
    }
}

#[test]
fn numbers_that_are_one_double_are_two_numbers() {
    for (left, right) in [
        ("9007199254740992", "9007199254740993"),
        ("0.1", "0.10000000000000001"),
        ("1e400", "1e401"),
        ("1e-400", "0"),
        ("1", "-1"),
        ("1e99999999999999999999", "1e99999999999999999998"),
    ] {
        assert!(!same_value(&json!({ "n": [number(left)] }), &json!({ "n": [number(right)] })), "{left} {right}");
    }
}

#[test]
fn numbers_are_in_order() {
    let texts = [
        "-1e400",
        "-9007199254740993",
        "-9007199254740992",
        "-2",
        "-1e-400",
        "0",
        "1e-400",
        "0.1",
        "0.11",
        "2",
        "10",
        "1e400",
    ];
    for pair in texts.windows(2) {
        let [left, right] = [0, 1].map(|side| Decimal::parse(pair[side]).unwrap());
        assert!(left < right && left.cmp(&right) == right.cmp(&left).reverse(), "{pair:?}");
    }
}

#[test]
fn what_is_no_number_is_none() {
    for text in ["", "-", ".", "1e", "1.2.3", "0x10", "Infinity", "1e5e5"] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}

#[test]
fn a_number_of_the_store_is_as_it_was_written() {
    for text in ["1.0", "-0", "9007199254740993", "0.10000000000000001", "1.2345678901234567890"] {
        assert_eq!(number(text).to_string(), text);
    }
}
