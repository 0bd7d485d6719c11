//! Condition lists in `$case`: `{field, operator, value}`, all of which must hold.
//! Never evaluates `value`: it is literal. A condition whose operator is unknown is skipped, which `check` reports.

use std::cmp::Ordering;

use serde_json::Value;

use super::Error;
use super::comparison::{is_empty, is_truthy, loosely_equal};
use super::evaluation::Evaluation;
use super::locator::{self, Locator};
use super::operator::includes;
use super::scope::Scope;

/// The operators of a condition.
pub(super) const OPERATORS: [&str; 16] = [
    "is",
    "is_not",
    "is_one_of",
    "is_not_one_of",
    "is_true",
    "is_false",
    "contains",
    "does_not_contain",
    "array_includes",
    "array_does_not_include",
    "less_than",
    "less_than_or_equal",
    "more_than",
    "more_than_or_equal",
    "is_empty",
    "is_not_empty",
];

impl Evaluation {
    /// Whether every condition holds.
    pub(super) fn all_hold(&mut self, conditions: &[Value], scope: &Scope) -> Result<bool, Error> {
        for condition in conditions {
            self.budget.step()?;
            if !self.condition_holds(condition, scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Through a list, a field has several values, and one that satisfies the operator is enough.
    fn condition_holds(&mut self, condition: &Value, scope: &Scope) -> Result<bool, Error> {
        let Some(operator) = operator(condition) else {
            return Ok(true);
        };
        let operand = condition.get("value");
        let values = self.field(condition.get("field"), scope)?;
        if values.is_empty() {
            return self.satisfies(operator, None, operand);
        }
        for value in &values {
            if self.satisfies(operator, Some(value), operand)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn field(&mut self, field: Option<&Value>, scope: &Scope) -> Result<Vec<Value>, Error> {
        let field = field.and_then(Value::as_str).unwrap_or_default();
        self.budget.bytes(field.len())?;
        let Some(locator) = Locator::parse(field) else {
            return Ok(Vec::new());
        };
        let Some((start, steps)) = scope.start(&locator.steps, &mut self.budget)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        locator::spread(&start, steps, &mut self.budget, &mut found)?;
        found.retain(|value| !value.is_null());
        found.into_iter().map(|value| self.budget.copy(value)).collect()
    }

    fn satisfies(&mut self, operator: &str, value: Option<&Value>, operand: Option<&Value>) -> Result<bool, Error> {
        self.budget.read(operand.unwrap_or(&Value::Null))?;
        let sides = (value, operand);
        match operator {
            "is" => loosely_equal(value, operand, &mut self.budget),
            "is_not" => loosely_equal(value, operand, &mut self.budget).map(|is_equal| !is_equal),
            "is_one_of" => Ok(includes(operand, value)),
            "is_not_one_of" => Ok(!includes(operand, value)),
            "is_true" => Ok(value.is_some_and(is_truthy)),
            "is_false" => Ok(value == Some(&Value::Bool(false))),
            "contains" => self.has_text(value, operand, true),
            "does_not_contain" => self.has_text(value, operand, false),
            "array_includes" => Ok(includes(value, operand)),
            "array_does_not_include" => Ok(!includes(value, operand)),
            "less_than" => self.is_ordered(sides, Ordering::is_lt),
            "less_than_or_equal" => self.is_ordered(sides, Ordering::is_le),
            "more_than" => self.is_ordered(sides, Ordering::is_gt),
            "more_than_or_equal" => self.is_ordered(sides, Ordering::is_ge),
            "is_empty" => Ok(is_empty(value)),
            "is_not_empty" => Ok(!is_empty(value)),
            _ => Ok(true),
        }
    }

    /// A falsy value neither contains nor lacks a text.
    fn has_text(&mut self, value: Option<&Value>, operand: Option<&Value>, is_wanted: bool) -> Result<bool, Error> {
        let Some(value) = value.filter(|value| is_truthy(value)) else {
            return Ok(false);
        };
        let Some(operand) = operand.filter(|operand| !operand.is_null()) else {
            return Ok(!is_wanted);
        };
        Ok(self.text(value)?.contains(&self.text(operand)?) == is_wanted)
    }
}

/// The operator of a condition, if it is a known one.
pub(super) fn operator(condition: &Value) -> Option<&str> {
    condition.get("operator").and_then(Value::as_str).filter(|name| OPERATORS.contains(name))
}
