//! The variables that a formula sees.
//! Never copies them for each item of a list: an item's variables are looked up through its parent's.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Error;
use super::budget::Budget;
use super::locator::Step;

/// Where a locator starts.
pub(super) enum Scope<'a> {
    /// The variables of the whole evaluation.
    Root(&'a Value),
    /// The variables `item`, `parent` and `index` inside an `$iterate`.
    Item { item: &'a Value, index: usize, parent: &'a Scope<'a> },
}

/// The value to walk from, and the steps that are left.
type Start<'s> = (Cow<'s, Value>, &'s [Step]);

impl Scope<'_> {
    /// Finds the start of a way; there is none if an item's variables have no such name.
    pub(super) fn start<'s>(&'s self, steps: &'s [Step], budget: &mut Budget) -> Result<Option<Start<'s>>, Error> {
        let (item, index, parent) = match self {
            Scope::Root(variables) => return Ok(Some((Cow::Borrowed(variables), steps))),
            Scope::Item { item, index, parent } => (item, *index, parent),
        };
        let Some((first, rest)) = steps.split_first() else {
            return Ok(Some((Cow::Owned(self.whole(budget)?), steps)));
        };
        match first.member() {
            Some("item") => Ok(Some((Cow::Borrowed(item), rest))),
            Some("index") => Ok(Some((Cow::Owned(Value::from(index)), rest))),
            Some("parent") => parent.start(rest, budget),
            _ => Ok(None),
        }
    }

    fn whole(&self, budget: &mut Budget) -> Result<Value, Error> {
        match self {
            Scope::Root(variables) => budget.copy(variables),
            Scope::Item { item, index, parent } => {
                let mut variables = Map::new();
                variables.insert("item".to_owned(), budget.copy(item)?);
                variables.insert("parent".to_owned(), parent.whole(budget)?);
                variables.insert("index".to_owned(), Value::from(*index));
                Ok(Value::Object(variables))
            }
        }
    }
}
