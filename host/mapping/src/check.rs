//! Looks through a template when it is uploaded, and names what its author probably did not mean.
//! Never evaluates anything: what depends on variables is left to the evaluation.

use serde_json::{Map, Value};

use super::budget::DEPTH_MAX;
use super::comparison::is_truthy;
use super::fault::{Fault, Problem};
use super::formula::Formula;
use super::locator::Locator;
use super::{condition, operator};

/// How many problems are named.
pub(crate) const PROBLEMS_MAX: usize = 100;
/// How much of a name is repeated, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Names the problems of a template, the first `PROBLEMS_MAX` of them.
pub fn check(template: &Value) -> Result<(), Vec<Problem>> {
    let mut check = Check::default();
    check.value(template);
    match check.problems.is_empty() {
        true => Ok(()),
        false => Err(check.problems),
    }
}

#[derive(Default)]
struct Check {
    path: Vec<String>,
    /// As deep as the evaluation would be here: not every step of the path is evaluated.
    depth: usize,
    problems: Vec<Problem>,
}

impl Check {
    fn value(&mut self, template: &Value) {
        self.nested(|check| match template {
            Value::Object(members) => match Formula::of(members) {
                Some((formula, argument)) => check.formula(formula, argument, members),
                None => check.object(members),
            },
            Value::Array(items) => check.each(items, Check::value),
            _ => {}
        });
    }

    fn object(&mut self, members: &Map<String, Value>) {
        for (name, template) in members {
            self.at(step(name), |check| {
                match Formula::named(name) {
                    Some(_) => check.report(Fault::MisplacedFormula(shortened(name))),
                    None if looks_like_formula(name) => check.report(Fault::UnknownFormula(shortened(name))),
                    None => {}
                }
                check.value(template);
            });
        }
    }

    fn formula(&mut self, formula: Formula, argument: &Value, members: &Map<String, Value>) {
        let name = members.keys().next().map_or("", String::as_str);
        self.at(step(name), |check| match formula {
            Formula::Var => check.locator(argument),
            Formula::Plain | Formula::Record => {}
            Formula::Later if Formula::Var.is(argument) => {}
            Formula::Later => check.variables(argument),
            Formula::Concat if argument.is_array() => check.value(argument),
            Formula::Concat => check.members(argument, &["values", "delimiter"], Check::value),
            Formula::Tpl => check.members(argument, &["values"], Check::entries),
            Formula::Case => check.case(argument),
            Formula::Map => {
                check.members(argument, &["value", "default"], Check::value);
                check.members(argument, &["mapping"], Check::mapping);
            }
            Formula::Iterate => check.members(argument, &["source", "item"], Check::value),
            Formula::Jsonata => check.report(Fault::JsonataUnsupported),
            Formula::Copy
            | Formula::Lookup
            | Formula::FindExternalRecordId
            | Formula::FindAppRecordId
            | Formula::DataSchemaRef => check.report(Fault::EngineFormula(shortened(name))),
            _ => check.value(argument),
        });
        if formula == Formula::Eval {
            self.operand(members);
        }
    }

    fn operand(&mut self, members: &Map<String, Value>) {
        match members.iter().nth(1) {
            Some((name, operand)) if operator::NAMES.contains(&name.as_str()) => {
                self.at(step(name), |check| check.value(operand));
            }
            Some((name, _)) => self.report(Fault::UnknownOperator(Some(format!("`{}`", shortened(name))))),
            None => self.report(Fault::UnknownOperator(None)),
        }
    }

    fn case(&mut self, argument: &Value) {
        match argument {
            Value::Array(cases) => self.each(cases, Check::one_case),
            _ => self.members(argument, &["cases"], |check, cases| {
                check.each(cases.as_array().map_or(&[], Vec::as_slice), Check::one_case);
            }),
        }
        self.members(argument, &["default"], Check::value);
    }

    fn one_case(&mut self, case: &Value) {
        self.members(case, &["filter"], |check, filter| match filter {
            Value::Array(conditions) => check.each(conditions, Check::condition),
            literal if !is_truthy(literal) => check.report(Fault::FalsyFilter),
            filter => check.value(filter),
        });
        self.members(case, &["value"], Check::value);
    }

    fn condition(&mut self, condition: &Value) {
        match condition::operator(condition) {
            Some(_) => self.at(step("field"), |check| {
                check.locator(condition.get("field").unwrap_or(&Value::Null));
            }),
            None => self.report(Fault::UnknownConditionOperator),
        }
    }

    fn mapping(&mut self, mapping: &Value) {
        match mapping {
            Value::Array(entries) => self.each(entries, |check, entry| match entry {
                Value::Object(members) if Formula::of(members).is_none() => {
                    check.members(entry, &["from", "to"], Check::value);
                }
                formula => check.value(formula),
            }),
            formula => self.value(formula),
        }
    }

    /// The names of a `$tpl`'s values are the author's own, and may look like anything.
    fn entries(&mut self, values: &Value) {
        match values {
            Value::Object(members) if Formula::of(members).is_none() => {
                for (name, template) in members {
                    self.at(step(name), |check| check.value(template));
                }
            }
            formula => self.value(formula),
        }
    }

    /// In a `$formula` only `$var`s are read.
    fn variables(&mut self, template: &Value) {
        self.nested(|check| match template {
            Value::Object(members) => match Formula::of(members) {
                Some((Formula::Var, locator)) => check.at(step("$var"), |check| check.locator(locator)),
                Some((Formula::Iterate, argument)) => check.at(step("$iterate"), |check| {
                    check.members(argument, &["source"], Check::variables);
                }),
                _ => members.iter().for_each(|(name, member)| {
                    check.at(step(name), |check| check.variables(member));
                }),
            },
            Value::Array(items) => check.each(items, Check::variables),
            _ => {}
        });
    }

    fn nested(&mut self, look: impl FnOnce(&mut Check)) {
        if self.depth >= DEPTH_MAX {
            return self.report(Fault::TooDeep);
        }
        self.depth += 1;
        look(self);
        self.depth -= 1;
    }

    fn locator(&mut self, locator: &Value) {
        if locator.as_str().and_then(Locator::parse).is_none() {
            self.report(Fault::InvalidLocator(shortened(&format!("`{locator}`"))));
        }
    }

    fn members(&mut self, parent: &Value, names: &[&str], look: impl Fn(&mut Check, &Value)) {
        for name in names {
            if let Some(member) = parent.get(*name) {
                self.at(step(name), |check| look(check, member));
            }
        }
    }

    fn each(&mut self, items: &[Value], look: impl Fn(&mut Check, &Value)) {
        for (index, item) in items.iter().enumerate() {
            self.at(format!("[{index}]"), |check| look(check, item));
        }
    }

    fn at(&mut self, step: String, look: impl FnOnce(&mut Check)) {
        self.path.push(step);
        look(self);
        self.path.pop();
    }

    fn report(&mut self, fault: Fault) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { path: format!("${}", self.path.concat()), fault });
        }
    }
}

fn step(name: &str) -> String {
    format!(".{}", shortened(name))
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

fn looks_like_formula(name: &str) -> bool {
    name.strip_prefix('$').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic()))
}
