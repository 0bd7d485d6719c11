//! The formulas that choose: `$case` and `$map`.
//! Never takes cases from variables: whoever supplies data must not supply the rules.

use serde_json::Value;

use super::Error;
use super::comparison::{is_truthy, loosely_equal};
use super::evaluation::Evaluation;
use super::formula::Formula;
use super::scope::Scope;

impl Evaluation {
    /// `$case`: the value of the first case that holds, even where that value is absent; else the default.
    pub(super) fn case(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let cases = match argument {
            Value::Array(cases) => Some(cases),
            other => other.get("cases").and_then(Value::as_array),
        };
        let Some(cases) = cases else {
            return Ok(None);
        };
        for case in cases.iter().filter(|case| case.is_object()) {
            self.budget.step()?;
            if self.holds(case.get("filter"), scope)? {
                return self.optional(case.get("value"), scope);
            }
        }
        let default = self.optional(argument.get("default"), scope)?;
        Ok(default.filter(|default| !default.is_null()))
    }

    /// `$map`: what the value is mapped to, even where that is absent; else the default.
    pub(super) fn map(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let value = self.optional(argument.get("value"), scope)?;
        let hit = match argument.get("mapping") {
            Some(Value::Array(entries)) => self.hit(value.as_ref(), entries, scope)?,
            Some(formula) => match self.value(formula, scope)? {
                Some(Value::Array(entries)) => self.hit_in_data(value.as_ref(), entries)?,
                _ => None,
            },
            None => None,
        };
        match hit {
            Some(to) => Ok(to),
            None => self.optional(argument.get("default"), scope),
        }
    }

    fn holds(&mut self, filter: Option<&Value>, scope: &Scope) -> Result<bool, Error> {
        match filter {
            None => Ok(true),
            Some(literal) if !is_truthy(literal) => Ok(true),
            Some(Value::Array(conditions)) => self.all_hold(conditions, scope),
            Some(filter) => {
                let value = self.value(filter, scope)?;
                Ok(value.is_none_or(|value| value.is_null() || is_truthy(&value)))
            }
        }
    }

    fn hit(&mut self, value: Option<&Value>, entries: &[Value], scope: &Scope) -> Result<Option<Option<Value>>, Error> {
        for entry in entries {
            self.budget.step()?;
            let hit = match entry.as_object().and_then(Formula::of) {
                Some(_) => {
                    let entry = self.value(entry, scope)?;
                    self.hit_in_data(value, entry.into_iter().collect())?
                }
                None if self.is_from(value, entry, scope)? => Some(self.optional(entry.get("to"), scope)?),
                None => None,
            };
            if hit.is_some() {
                return Ok(hit);
            }
        }
        Ok(None)
    }

    fn is_from(&mut self, value: Option<&Value>, entry: &Value, scope: &Scope) -> Result<bool, Error> {
        if !entry.is_object() {
            return Ok(false);
        }
        let from = self.optional(entry.get("from"), scope)?;
        loosely_equal(value, from.as_ref(), &mut self.budget)
    }

    fn hit_in_data(&mut self, value: Option<&Value>, entries: Vec<Value>) -> Result<Option<Option<Value>>, Error> {
        for mut entry in entries.into_iter().filter(Value::is_object) {
            if loosely_equal(value, entry.get("from"), &mut self.budget)? {
                return Ok(Some(entry.get_mut("to").map(Value::take)));
            }
        }
        Ok(None)
    }
}
