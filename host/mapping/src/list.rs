//! The formulas that join or walk lists: `$concat`, `$tpl`, `$iterate`, `$mergeObjects`, `$firstNotEmpty`.
//! Never reads a value as a pattern: what is put into a text stays literal, and is not filled again.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Error;
use super::comparison::is_truthy;
use super::evaluation::Evaluation;
use super::formula::Formula;
use super::scope::Scope;

impl Evaluation {
    /// `$concat`: the texts of a list in one, with a delimiter between those that are not empty.
    pub(super) fn concat(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let (values, delimiter) = match argument {
            Value::Array(_) => (Some(argument), None),
            other => (other.get("values"), other.get("delimiter")),
        };
        let Some(Value::Array(values)) = self.optional(values, scope)? else {
            return Ok(None);
        };
        if values.is_empty() {
            return Ok(None);
        }
        let delimiter = self.optional(delimiter, scope)?.unwrap_or_default();
        let delimiter = self.text_or_nothing(&delimiter)?;
        self.join(&values, &delimiter).map(|joined| Some(Value::String(joined)))
    }

    /// `$tpl`: a text in which each `{name}` is replaced by a value, in one pass.
    pub(super) fn tpl(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let Some(template) = argument.get("template").and_then(Value::as_str) else {
            return Ok(None);
        };
        let texts = self.texts_by_name(argument.get("values"), scope)?;
        self.budget.bytes(template.len())?;
        let mut filled = String::new();
        let mut rest = template;
        while let Some((head, tail)) = rest.split_once('}') {
            let placeholder = head.rsplit_once('{');
            match placeholder.and_then(|(before, name)| Some((before, texts.get(name)?))) {
                Some((before, text)) => {
                    self.budget.bytes(text.len())?;
                    filled.extend([before, text]);
                }
                None => filled.extend([head, "}"]),
            }
            rest = tail;
        }
        filled.push_str(rest);
        Ok(Some(Value::String(filled)))
    }

    /// `$iterate`: a template evaluated once for each item of a list.
    pub(super) fn iterate(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let Some(Value::Array(source)) = self.optional(argument.get("source"), scope)? else {
            return Ok(None);
        };
        let Some(template) = argument.get("item") else {
            return Ok(None);
        };
        let mut kept = Vec::new();
        for (index, item) in source.iter().enumerate() {
            let value = self.value(template, &Scope::Item { item, index, parent: scope })?;
            kept.extend(value.filter(is_truthy));
        }
        Ok((!kept.is_empty()).then_some(Value::Array(kept)))
    }

    /// `$mergeObjects`: the members of all objects of a list in one; the later one wins.
    pub(super) fn merge_objects(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        let Some(Value::Array(items)) = self.value(argument, scope)? else {
            return Ok(None);
        };
        let mut merged = Map::new();
        for item in items {
            if let Value::Object(members) = item {
                merged.extend(members);
            }
        }
        Ok((!merged.is_empty()).then_some(Value::Object(merged)))
    }

    /// `$firstNotEmpty`: the first item that is neither `null` nor absent.
    pub(super) fn first_not_empty(&mut self, argument: &Value, scope: &Scope) -> Result<Option<Value>, Error> {
        match self.value(argument, scope)? {
            Some(Value::Array(items)) => Ok(items.into_iter().find(|item| !item.is_null())),
            _ => Ok(None),
        }
    }

    fn join(&mut self, values: &[Value], delimiter: &str) -> Result<String, Error> {
        let mut texts = Vec::new();
        for value in values {
            let text = self.text_or_nothing(value)?;
            if !text.is_empty() {
                self.budget.bytes(text.len() + delimiter.len())?;
                texts.push(text);
            }
        }
        Ok(texts.join(delimiter))
    }

    /// An entry whose value is absent is an entry all the same: it fills its place with nothing.
    fn texts_by_name(&mut self, values: Option<&Value>, scope: &Scope) -> Result<HashMap<String, String>, Error> {
        let mut texts = HashMap::new();
        match values {
            Some(Value::Object(members)) if Formula::of(members).is_none() => {
                for (name, template) in members {
                    self.budget.bytes(name.len())?;
                    let value = self.value(template, scope)?.unwrap_or_default();
                    texts.insert(name.clone(), self.text_or_nothing(&value)?);
                }
            }
            Some(Value::Array(items)) => {
                for (index, template) in items.iter().enumerate() {
                    let value = self.value(template, scope)?.unwrap_or_default();
                    texts.insert(index.to_string(), self.text_or_nothing(&value)?);
                }
            }
            formula => {
                for (name, value) in named(self.optional(formula, scope)?) {
                    texts.insert(name, self.text_or_nothing(&value)?);
                }
            }
        }
        Ok(texts)
    }

    fn text_or_nothing(&mut self, value: &Value) -> Result<String, Error> {
        match value {
            Value::Null => Ok(String::new()),
            value => self.text(value),
        }
    }
}

fn named(values: Option<Value>) -> Vec<(String, Value)> {
    match values {
        Some(Value::Object(members)) => members.into_iter().collect(),
        Some(Value::Array(items)) => {
            items.into_iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    }
}
