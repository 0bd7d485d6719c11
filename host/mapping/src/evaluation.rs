//! Walks a template and puts values in the place of formulas.
//! Never evaluates a value twice: what a formula yields is data, whatever it looks like.

use serde_json::{Map, Value};

use super::budget::Budget;
use super::formula::Formula;
use super::locator::{self, Locator};
use super::scope::Scope;
use super::{Error, comparison, date, name, text};

/// One evaluation, from the template's root to its result.
#[derive(Default)]
pub(super) struct Evaluation {
    pub(super) budget: Budget,
}

impl Evaluation {
    /// The value of a template.
    pub(super) fn value(&mut self, template: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        self.budget.enter()?;
        let value = match template {
            Value::Object(members) => match Formula::of(members) {
                Some((formula, argument)) => self.formula(formula, argument, members, scope),
                None => self.object(members, scope),
            },
            Value::Array(items) => self.list(items, scope),
            scalar => self.budget.copy(scalar).map(Some),
        }?;
        self.budget.leave();
        Ok(value)
    }

    /// The value of a template that may be missing.
    pub(super) fn optional(&mut self, template: Option<&Value>, scope: &Scope) -> Result<Option<Value>, Error> {
        template.map_or(Ok(None), |template| self.value(template, scope))
    }

    /// The value at a locator: absent if there is nothing, `null` if the locator cannot be read.
    pub(super) fn variable(&mut self, locator: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        self.budget.bytes(locator.as_str().map_or(0, str::len))?;
        let Some(locator) = locator.as_str().and_then(Locator::parse) else {
            return Ok(Some(Value::Null));
        };
        let Some((start, steps)) = scope.start(&locator.steps, &mut self.budget)? else {
            return Ok(None);
        };
        locator::walk(&start, steps).map(|found| self.budget.copy(&found)).transpose()
    }

    /// A value as text, as JavaScript writes it.
    pub(super) fn text(&mut self, value: &Value) -> Result<String, Error> {
        text::of(value, &mut self.budget)
    }

    fn formula(
        &mut self,
        formula: Formula,
        argument: &Value,
        members: &Map<String, Value>,
        scope: &Scope,
    ) -> Result<Option<Value>, Error> {
        match formula {
            Formula::Var => self.variable(argument, scope),
            Formula::Plain => self.budget.copy(argument).map(Some),
            Formula::Record => argument.get("id").map(|id| self.budget.copy(id)).transpose(),
            Formula::Later => self.substitute(argument, scope),
            Formula::Concat => self.concat(argument, scope),
            Formula::Tpl => self.tpl(argument, scope),
            Formula::Eval => self.eval(argument, members, scope),
            Formula::Case => self.case(argument, scope),
            Formula::Map => self.map(argument, scope),
            Formula::Iterate => self.iterate(argument, scope),
            Formula::And => self.judged(argument, scope, |items| items.iter().all(comparison::is_truthy)),
            Formula::Or => self.judged(argument, scope, |items| items.iter().any(comparison::is_truthy)),
            Formula::FirstNotEmpty => self.first_not_empty(argument, scope),
            Formula::MergeObjects => self.merge_objects(argument, scope),
            Formula::FirstName => self.part(argument, scope, name::first),
            Formula::LastName => self.part(argument, scope, name::last),
            Formula::ExtractDate => self.part(argument, scope, date::date),
            Formula::ExtractTime => self.part(argument, scope, date::time),
            Formula::DomainFromEmail => self.domain_from_email(argument, scope),
            Formula::Copy | Formula::Lookup | Formula::FindExternalRecordId | Formula::FindAppRecordId => {
                self.keep(members, scope)
            }
            Formula::DataSchemaRef => Ok(None),
            Formula::Jsonata => Err(Error::JsonataUnsupported),
        }
    }

    fn object(&mut self, members: &Map<String, Value>, scope: &Scope) -> Result<Option<Value>, Error> {
        let mut kept = Map::new();
        for (name, template) in members {
            if let Some(value) = self.value(template, scope)? {
                self.budget.bytes(size_of::<String>() + name.len())?;
                kept.insert(name.clone(), value);
            }
        }
        Ok((members.is_empty() || !kept.is_empty()).then_some(Value::Object(kept)))
    }

    fn list(&mut self, items: &[Value], scope: &Scope) -> Result<Option<Value>, Error> {
        let mut kept = Vec::new();
        for template in items {
            kept.extend(self.value(template, scope)?);
        }
        Ok((items.is_empty() || !kept.is_empty()).then_some(Value::Array(kept)))
    }

    /// A formula that only the original product's engine can resolve stays, with its argument evaluated.
    fn keep(&mut self, members: &Map<String, Value>, scope: &Scope) -> Result<Option<Value>, Error> {
        let Some((name, argument)) = members.iter().next() else {
            return Ok(None);
        };
        let argument = self.value(argument, scope)?;
        Ok(argument.map(|argument| Value::Object(Map::from_iter([(name.clone(), argument)]))))
    }

    /// `$and` and `$or`: a judgement on the items of a list that are not `null`.
    fn judged(&mut self, argument: &Value, scope: &Scope, judge: fn(&[Value]) -> bool) -> Result<Option<Value>, Error> {
        let Some(Value::Array(mut items)) = self.value(argument, scope)? else {
            return Ok(None);
        };
        items.retain(|item| !item.is_null());
        Ok((!items.is_empty()).then(|| Value::Bool(judge(&items))))
    }

    /// A part of what is text or a number; of anything else there is none.
    fn part(
        &mut self,
        argument: &Value,
        scope: &Scope,
        part: fn(&str) -> Option<String>,
    ) -> Result<Option<Value>, Error> {
        match self.value(argument, scope)? {
            Some(whole @ (Value::String(_) | Value::Number(_))) => Ok(part(&self.text(&whole)?).map(Value::String)),
            _ => Ok(None),
        }
    }

    fn domain_from_email(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let address = self.value(argument, scope)?;
        let halves = address.as_ref().and_then(Value::as_str).and_then(|text| text.split_once('@'));
        Ok(halves.filter(|(_, domain)| !domain.contains('@')).map(|(_, domain)| Value::from(domain)))
    }
}
