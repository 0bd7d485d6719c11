//! What can be wrong with a template, in words for its author.
//! Never decides what follows: an upload refuses what the evaluation would refuse, and warns of the rest.

use std::fmt;

use super::budget::DEPTH_MAX;
use super::{JSONATA_REMEDY, condition, formula, operator};

/// Something in a template that its author should know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct Problem {
    /// Where, for example `$.globalWebhookEventSelector.$concat[1]`.
    pub path: String,
    /// What.
    pub fault: Fault,
}

/// What can be wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An ordinary key that looks like a formula.
    UnknownFormula(String),
    /// A formula that is not the first key, and so is none.
    MisplacedFormula(String),
    /// `$jsonata`.
    JsonataUnsupported,
    /// A formula that only the original product's engine can resolve.
    EngineFormula(String),
    /// A locator that cannot be read, which gives `null`.
    InvalidLocator(String),
    /// An `$eval` whose second key is no operator, or that has none: always true.
    UnknownOperator(Option<String>),
    /// A condition without a known operator: skipped.
    UnknownConditionOperator,
    /// A literal filter that is false, which holds all the same.
    FalsyFilter,
    /// Nested too deep to be evaluated.
    TooDeep,
}

impl Fault {
    /// Whether the evaluation refuses what is here; what only surprises is a warning.
    pub fn is_refused(&self) -> bool {
        matches!(self, Fault::JsonataUnsupported | Fault::TooDeep)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::UnknownFormula(name) => {
                write!(f, "`{name}` is not a formula, so it stays an ordinary key. Formulas are: ")?;
                let names: Vec<&str> = formula::NAMES.iter().map(|(name, _)| *name).collect();
                f.write_str(&names.join(", "))
            }
            Fault::MisplacedFormula(name) => {
                write!(f, "`{name}` is an ordinary key here: a formula is the first key of its object")
            }
            Fault::JsonataUnsupported => f.write_str(JSONATA_REMEDY),
            Fault::EngineFormula(name) => {
                write!(f, "`{name}` is not resolved by this host: replace it by a value")
            }
            Fault::InvalidLocator(locator) => {
                write!(f, "{locator} is not a locator, so it gives `null`: write `a.b[0]` or `$.a.b[0]`")
            }
            Fault::UnknownOperator(name) => {
                let name = name.as_deref().unwrap_or("nothing");
                write!(f, "`$eval` needs an operator as its second key; with {name} there it is always true. ")?;
                write!(f, "Operators are: {}", operator::NAMES.join(", "))
            }
            Fault::UnknownConditionOperator => {
                write!(f, "a condition without a known `operator` is skipped. ")?;
                write!(f, "Operators are: {}", condition::OPERATORS.join(", "))
            }
            Fault::FalsyFilter => {
                f.write_str("a filter that is written as a false value always holds: remove the case or the filter")
            }
            Fault::TooDeep => write!(f, "nested deeper than {DEPTH_MAX} levels: make the mapping flatter"),
        }
    }
}
