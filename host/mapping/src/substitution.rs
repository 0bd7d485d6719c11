//! `$formula`: a formula for later, with the variables of now.
//! Never writes into the template: the values of one customer must not reach the next.

use serde_json::{Map, Value};

use super::Error;
use super::evaluation::Evaluation;
use super::formula::Formula;
use super::scope::Scope;

impl Evaluation {
    /// The argument with its `$var`s replaced. One that is nothing but a `$var` stays as it is.
    pub(super) fn substitute(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        match Formula::Var.is(argument) {
            true => self.budget.copy(argument).map(Some),
            false => self.substituted(argument, scope),
        }
    }

    fn substituted(&mut self, template: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        self.budget.enter()?;
        let value = match template {
            Value::Object(members) => match Formula::of(members) {
                Some((Formula::Var, locator)) => self.variable(locator, scope),
                Some((Formula::Iterate, argument)) => self.substituted_iterate(argument, scope),
                _ => self.substituted_members(members, scope, |_| true),
            },
            Value::Array(items) => self.substituted_items(items, scope),
            scalar => self.budget.copy(scalar).map(Some),
        }?;
        self.budget.leave();
        Ok(value)
    }

    /// The variables of `item` exist only while the list is walked, so only `source` is searched.
    fn substituted_iterate(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let argument = match argument {
            Value::Object(members) => self.substituted_members(members, scope, |name| name == "source")?,
            other => Some(self.budget.copy(other)?),
        };
        Ok(argument.map(|argument| Value::Object(Map::from_iter([("$iterate".to_owned(), argument)]))))
    }

    fn substituted_members(
        &mut self,
        members: &Map<String, Value>,
        scope: &Scope,
        is_searched: fn(&str) -> bool,
    ) -> Result<Option<Value>, Error> {
        let mut kept = Map::new();
        for (name, template) in members {
            let value = match is_searched(name) {
                true => self.substituted(template, scope)?,
                false => Some(self.budget.copy(template)?),
            };
            if let Some(value) = value {
                self.budget.bytes(size_of::<String>() + name.len())?;
                kept.insert(name.clone(), value);
            }
        }
        Ok((members.is_empty() || !kept.is_empty()).then_some(Value::Object(kept)))
    }

    fn substituted_items(&mut self, items: &[Value], scope: &Scope) -> Result<Option<Value>, Error> {
        let mut kept = Vec::new();
        for template in items {
            kept.extend(self.substituted(template, scope)?);
        }
        Ok((items.is_empty() || !kept.is_empty()).then_some(Value::Array(kept)))
    }
}
