//! Reads locators such as `$.user.emails[0]` and finds what they name.
//! Never leaves the JSON value: no inherited members, no wildcards, and no length but that of a list.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

use super::Error;
use super::budget::Budget;
use super::comparison::is_truthy;

/// How long a locator may be, in bytes: a longer text is none.
pub(super) const LOCATOR_BYTES_MAX: usize = 1024;

/// A place in the variables.
#[derive(Debug, PartialEq)]
pub(super) struct Locator {
    pub(super) steps: Vec<Step>,
}

/// One step on the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// `.name`
    Member(String),
    /// `[n]`
    Index(usize),
}

impl Step {
    /// The name, if this step names a member.
    pub(super) fn member(&self) -> Option<&str> {
        match self {
            Step::Member(name) => Some(name),
            Step::Index(_) => None,
        }
    }
}

impl Locator {
    /// Reads a locator; `None` if it is not one.
    pub(super) fn parse(text: &str) -> Option<Locator> {
        if text.len() > LOCATOR_BYTES_MAX {
            return None;
        }
        let (mut rest, mut steps) = match text.strip_prefix('$') {
            Some("") => return Some(Locator { steps: Vec::new() }),
            Some(rest) if rest.starts_with(['.', '[']) => (rest.chars().peekable(), Vec::new()),
            Some(_) => return None,
            None if text.is_empty() => return None,
            None => {
                let mut rest = text.chars().peekable();
                let first = Step::Member(name(&mut rest));
                (rest, vec![first])
            }
        };
        while let Some(next) = rest.next() {
            steps.push(match next {
                '.' => Step::Member(name(&mut rest)),
                '[' => index(&mut rest)?,
                _ => return None,
            });
        }
        Some(Locator { steps })
    }
}

/// Follows the steps as `$var` does.
pub(super) fn walk<'v>(value: &'v Value, steps: &[Step]) -> Option<Cow<'v, Value>> {
    let mut place = value;
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        place = match (step, place) {
            (Step::Member(name), Value::Object(members)) => members.get(name)?,
            (Step::Member(name), Value::Array(items)) if name == "length" => {
                return steps.peek().is_none().then(|| Cow::Owned(Value::from(items.len())));
            }
            (Step::Member(name), Value::Array(items)) => items.get(position(name)?)?,
            // The original hides falsy items from `[n]`, though not from `.n`: mappings rely on it.
            (Step::Index(index), Value::Array(items)) => items.get(*index).filter(|item| is_truthy(item))?,
            _ => return None,
        };
    }
    Some(Cow::Borrowed(place))
}

/// Follows the steps as a condition list does: a list on the way stands for each of its items.
pub(super) fn spread<'v>(
    value: &'v Value,
    steps: &[Step],
    budget: &mut Budget,
    found: &mut Vec<&'v Value>,
) -> Result<(), Error> {
    budget.step()?;
    let Some((step, rest)) = steps.split_first() else {
        found.push(value);
        return Ok(());
    };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            members.get(name).map_or(Ok(()), |member| spread(member, rest, budget, found))
        }
        (Step::Member(_), Value::Array(items)) => items.iter().try_for_each(|item| spread(item, steps, budget, found)),
        (Step::Index(index), Value::Array(items)) => {
            items.get(*index).map_or(Ok(()), |item| spread(item, rest, budget, found))
        }
        _ => Ok(()),
    }
}

fn name(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut name = String::new();
    while let Some(next) = rest.next_if(|next| !matches!(next, '.' | '[')) {
        let escaped = (next == '\\').then(|| rest.next_if(|next| matches!(next, '.' | '[' | ']' | '\\')));
        name.push(escaped.flatten().unwrap_or(next));
    }
    name
}

fn index(rest: &mut Peekable<Chars<'_>>) -> Option<Step> {
    let mut digits = String::new();
    loop {
        match rest.next()? {
            ']' => break,
            digit if digit.is_ascii_digit() => digits.push(digit),
            _ => return None,
        }
    }
    let is_closed = rest.peek().is_none_or(|next| matches!(next, '.' | '['));
    // More digits than a list can be long: a good index, with nothing there.
    let step = Step::Index(digits.parse().unwrap_or(usize::MAX));
    (is_closed && !digits.is_empty()).then_some(step)
}

fn position(name: &str) -> Option<usize> {
    let position: usize = name.parse().ok()?;
    (position.to_string() == name).then_some(position)
}
