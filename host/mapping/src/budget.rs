//! What one evaluation may take: nesting, steps and bytes, each with a limit that has a name.
//! Never gives anything back but depth: a byte that was dropped again still counts.

use std::fmt;

use serde_json::Value;

use super::Error;

/// How deep a template may be nested, in levels.
pub(crate) const DEPTH_MAX: usize = 64;
/// How deep a value taken from the variables may be nested, in levels.
pub(crate) const VALUE_DEPTH_MAX: usize = 256;
/// How many template nodes and variable nodes one evaluation may visit.
pub(crate) const STEPS_MAX: usize = 100_000;
/// How much memory the values and texts that one evaluation reads and makes may take, in bytes.
/// The result is among them.
pub(crate) const BYTES_MAX: usize = 8 * 1024 * 1024;

/// The limit that an evaluation passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `DEPTH_MAX`
    Depth,
    /// `VALUE_DEPTH_MAX`
    ValueDepth,
    /// `STEPS_MAX`
    Steps,
    /// `BYTES_MAX`
    Bytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Depth => write!(f, "is nested deeper than {DEPTH_MAX} levels"),
            Limit::ValueDepth => write!(f, "uses a value nested deeper than {VALUE_DEPTH_MAX} levels"),
            Limit::Steps => write!(f, "takes more than {STEPS_MAX} steps"),
            Limit::Bytes => write!(f, "handles more than {BYTES_MAX} bytes"),
        }
    }
}

/// Counts what an evaluation takes.
#[derive(Default)]
pub(super) struct Budget {
    depth: usize,
    steps: usize,
    bytes: usize,
}

impl Budget {
    /// Goes one level down in the template.
    pub(super) fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::LimitPassed(Limit::Depth));
        }
        self.node()
    }

    /// Comes one level up again.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Takes a value for the result, or for a comparison.
    pub(super) fn copy(&mut self, value: &Value) -> Result<Value, Error> {
        self.read(value)?;
        Ok(value.clone())
    }

    /// Counts a value of the variables or of the template as a whole.
    pub(super) fn read(&mut self, value: &Value) -> Result<(), Error> {
        self.read_at(value, 0)
    }

    /// Counts one visit.
    pub(super) fn step(&mut self) -> Result<(), Error> {
        self.steps += 1;
        match self.steps > STEPS_MAX {
            true => Err(Error::LimitPassed(Limit::Steps)),
            false => Ok(()),
        }
    }

    /// Counts a text, or any other memory.
    pub(super) fn bytes(&mut self, length: usize) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(length);
        match self.bytes > BYTES_MAX {
            true => Err(Error::LimitPassed(Limit::Bytes)),
            false => Ok(()),
        }
    }

    /// Counts one visit that may make a value.
    fn node(&mut self) -> Result<(), Error> {
        self.step()?;
        self.bytes(size_of::<Value>())
    }

    fn read_at(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > VALUE_DEPTH_MAX {
            return Err(Error::LimitPassed(Limit::ValueDepth));
        }
        self.node()?;
        match value {
            Value::String(text) => self.bytes(text.len()),
            Value::Array(items) => items.iter().try_for_each(|item| self.read_at(item, depth + 1)),
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                self.bytes(size_of::<String>() + name.len())?;
                self.read_at(member, depth + 1)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }
}
