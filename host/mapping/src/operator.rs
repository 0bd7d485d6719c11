//! `$eval`: compares two values by the operator that the second key names.
//! Never fails on an operator it does not know: such a comparison is true, which `check` reports.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::Error;
use super::comparison::{is_empty, is_truthy, loosely_equal, order, strictly_equal};
use super::evaluation::Evaluation;
use super::scope::Scope;

/// The operators of `$eval`.
pub(super) const NAMES: [&str; 12] =
    ["is", "isNot", "oneOf", "noneOf", "contains", "doesNotContain", "lt", "lte", "gt", "gte", "isEmpty", "isNotEmpty"];

/// Two values, either of which may be absent.
type Sides<'a> = (Option<&'a Value>, Option<&'a Value>);

impl Evaluation {
    /// `$eval`: whether the comparison holds.
    pub(super) fn eval(
        &mut self,
        argument: &Value,
        members: &Map<String, Value>,
        scope: &Scope,
    ) -> Result<Option<Value>, Error> {
        let Some((operator, operand)) = members.iter().nth(1) else {
            return Ok(Some(Value::Bool(true)));
        };
        let value = self.value(argument, scope)?;
        let operand = self.value(operand, scope)?;
        let holds = self.compare(operator, (value.as_ref(), operand.as_ref()))?;
        Ok(Some(Value::Bool(holds)))
    }

    fn compare(&mut self, operator: &str, sides: Sides) -> Result<bool, Error> {
        match operator {
            "is" => loosely_equal(sides.0, sides.1, &mut self.budget),
            "isNot" => loosely_equal(sides.0, sides.1, &mut self.budget).map(|is_equal| !is_equal),
            "oneOf" => Ok(includes(sides.1, sides.0)),
            "noneOf" => Ok(!includes(sides.1, sides.0)),
            "contains" => self.contains_any_case(sides),
            "doesNotContain" => self.contains_any_case(sides).map(|contains| !contains),
            "lt" => self.is_ordered(sides, Ordering::is_lt),
            "lte" => self.is_ordered(sides, Ordering::is_le),
            "gt" => self.is_ordered(sides, Ordering::is_gt),
            "gte" => self.is_ordered(sides, Ordering::is_ge),
            "isEmpty" => Ok(is_empty(sides.0)),
            "isNotEmpty" => Ok(!is_empty(sides.0)),
            _ => Ok(true),
        }
    }

    /// Whether both sides are numbers in this order.
    pub(super) fn is_ordered(&mut self, sides: Sides, is_in_order: fn(Ordering) -> bool) -> Result<bool, Error> {
        Ok(order(sides.0, sides.1, &mut self.budget)?.is_some_and(is_in_order))
    }

    fn contains_any_case(&mut self, (value, operand): Sides) -> Result<bool, Error> {
        match (value.filter(|value| is_truthy(value)), operand) {
            (list @ Some(Value::Array(_)), operand) => Ok(includes(list, operand)),
            (Some(value), Some(operand)) if !operand.is_null() => {
                let (text, part) = (self.text(value)?, self.text(operand)?);
                Ok(text.to_lowercase().contains(&part.to_lowercase()))
            }
            _ => Ok(false),
        }
    }
}

/// Whether the list has the value in it, of the same type. What is not a list has nothing in it.
pub(super) fn includes(list: Option<&Value>, value: Option<&Value>) -> bool {
    match (list, value) {
        (Some(Value::Array(items)), Some(value)) => items.iter().any(|item| strictly_equal(item, value)),
        _ => false,
    }
}
