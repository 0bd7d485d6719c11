//! Tells formulas from ordinary objects.
//! Never looks at the content: a formula is recognised by the first key of an object, and by nothing else.

use serde_json::{Map, Value};

/// A formula by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formula {
    Var,
    Copy,
    Tpl,
    Record,
    Lookup,
    Plain,
    Map,
    Concat,
    FirstName,
    LastName,
    Iterate,
    Case,
    ExtractDate,
    ExtractTime,
    FindExternalRecordId,
    FindAppRecordId,
    Eval,
    And,
    Or,
    MergeObjects,
    FirstNotEmpty,
    DomainFromEmail,
    /// `$formula`: a formula for later.
    Later,
    Jsonata,
    DataSchemaRef,
}

/// Every name that makes an object a formula.
pub(super) const NAMES: [(&str, Formula); 25] = [
    ("$var", Formula::Var),
    ("$copy", Formula::Copy),
    ("$tpl", Formula::Tpl),
    ("$record", Formula::Record),
    ("$lookup", Formula::Lookup),
    ("$plain", Formula::Plain),
    ("$map", Formula::Map),
    ("$concat", Formula::Concat),
    ("$firstName", Formula::FirstName),
    ("$lastName", Formula::LastName),
    ("$iterate", Formula::Iterate),
    ("$case", Formula::Case),
    ("$extractDate", Formula::ExtractDate),
    ("$extractTime", Formula::ExtractTime),
    ("$findExternalRecordId", Formula::FindExternalRecordId),
    ("$findAppRecordId", Formula::FindAppRecordId),
    ("$eval", Formula::Eval),
    ("$and", Formula::And),
    ("$or", Formula::Or),
    ("$mergeObjects", Formula::MergeObjects),
    ("$firstNotEmpty", Formula::FirstNotEmpty),
    ("$domainFromEmail", Formula::DomainFromEmail),
    ("$formula", Formula::Later),
    ("$jsonata", Formula::Jsonata),
    ("$dataSchemaRef", Formula::DataSchemaRef),
];

impl Formula {
    /// The formula that an object is, with its argument.
    pub(super) fn of(members: &Map<String, Value>) -> Option<(Formula, &Value)> {
        let (name, argument) = members.iter().next()?;
        Some((Formula::named(name)?, argument))
    }

    /// The formula with this name, dollar sign included.
    pub(super) fn named(name: &str) -> Option<Formula> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, formula)| *formula)
    }

    /// Whether a value is exactly this formula.
    pub(super) fn is(self, value: &Value) -> bool {
        value.as_object().and_then(Formula::of).is_some_and(|(formula, _)| formula == self)
    }
}
