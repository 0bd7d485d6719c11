//! The formula language of mapping files: turns a template and variables into a JSON value, or into nothing.
//! Pure: no I/O, no clock, no memory from one evaluation to the next. Never evaluates what comes from variables.
//!
//! A template is untrusted, and so are the variables: depth, steps and bytes of every evaluation are bounded.

mod budget;
mod check;
mod choice;
mod comparison;
mod condition;
mod date;
mod evaluation;
mod fault;
mod formula;
mod list;
mod locator;
mod name;
mod number;
mod operator;
mod scope;
mod substitution;
mod text;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use check::check;

/// Why a template has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The template uses a formula that this host does not evaluate.
    #[error("{JSONATA_REMEDY}")]
    JsonataUnsupported,
    /// The evaluation would take more than it may.
    #[error("the mapping {0}: make it or its input smaller")]
    LimitPassed(budget::Limit),
}

/// What to tell an author who uses `$jsonata`.
const JSONATA_REMEDY: &str = "`$jsonata` is not supported: use `$concat`, `$tpl`, `$case` or another formula, \
     or write the method in JavaScript (`implementationType: javascript`)";

/// Evaluates the template; `None` is the absence of a value, which is not the same as `null`.
pub fn evaluate(template: &Value, variables: &Value) -> Result<Option<Value>, Error> {
    evaluation::Evaluation::default().value(template, &scope::Scope::Root(variables))
}

/// Whether the template comes out as something that counts as true.
pub fn is_true(template: &Value, variables: &Value) -> Result<bool, Error> {
    Ok(evaluate(template, variables)?.as_ref().is_some_and(comparison::is_truthy))
}
