//! How much work a schema can make, before any of it is done.
//!
//! The library that validates cannot be interrupted, and goes through a schema once for each way that leads there. So
//! the ways are counted: how often anything at a given depth of a value is looked at, at most. That times the size of
//! the value bounds the work. Sums saturate, so nothing here takes longer than the schema is long.

use serde_json::Value;

use super::STEPS_MAX;
use super::graph::{Graph, Node};

/// How many schemas may be inside one another while a value is validated: each takes a piece of the stack.
const NESTING_MAX: usize = 256;
/// Work for compiling what `unevaluatedProperties` and `unevaluatedItems` look through, in schemas.
const TRACKED_MAX: u64 = 100_000;

/// A value that every schema must be able to validate: values at each depth, and bytes of text in all of them.
const SMALL_VALUE: &[Level] = &[
    Level { values: 1, bytes: 0 },
    Level { values: 8, bytes: 128 },
    Level { values: 8, bytes: 128 },
    Level { values: 8, bytes: 128 },
];

/// What can be said of the work that a schema makes.
pub(super) struct Cost {
    nodes: Vec<Node>,
    /// All of them, each behind those that it applies to the same value.
    order: Vec<usize>,
}

/// What a value has at one depth. Names of members count as values inside of their object.
#[derive(Clone, Copy, Default)]
struct Level {
    values: u64,
    bytes: u64,
}

impl Cost {
    /// Refuses a schema that is endless, or too much for a small value already.
    pub(super) fn of(graph: Graph) -> Result<Cost, String> {
        let cost = Cost { order: order(&graph.nodes)?, nodes: graph.nodes };
        check_tracked(&cost.nodes)?;
        let steps = cost.steps_for(SMALL_VALUE);
        if steps > STEPS_MAX {
            return Err(format!("a small value takes up to {steps} steps to check, {STEPS_MAX} are allowed"));
        }
        Ok(cost)
    }

    /// How many schemas it consists of.
    pub(super) fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The most steps that validating a value takes.
    pub(super) fn steps(&self, value: &Value) -> u64 {
        let mut levels = Vec::new();
        measure(value, 0, &mut levels);
        self.steps_for(&levels)
    }

    fn steps_for(&self, levels: &[Level]) -> u64 {
        if self.nesting(levels.len()) > NESTING_MAX {
            return u64::MAX;
        }
        let for_values = self.looks(levels.len(), |node, depth| match depth {
            0 => node.own,
            1 => node.per_member + if node.is_deep { 16 } else { 0 },
            _ => {
                if node.is_deep {
                    16
                } else {
                    0
                }
            }
        });
        let for_bytes = self.looks(levels.len(), |node, depth| match depth {
            0 => node.per_byte,
            1 => node.per_name_byte + u64::from(node.is_deep),
            _ => u64::from(node.is_deep),
        });
        levels.iter().zip(for_values).zip(for_bytes).fold(0u64, |sum, ((level, per_value), per_byte)| {
            let values = level.values.saturating_mul(per_value);
            sum.saturating_add(values).saturating_add(level.bytes.saturating_mul(per_byte))
        })
    }

    /// What is done at each depth for one value there, if a schema does `own` itself for a value so far inside of its own.
    fn looks(&self, depths: usize, own: impl Fn(&Node, usize) -> u64) -> Vec<u64> {
        let mut before: Option<Vec<Work>> = None;
        let mut looks = Vec::with_capacity(depths);
        for depth in 0..depths {
            let mut now = vec![Work::default(); self.nodes.len()];
            for &index in &self.order {
                let Some(node) = self.nodes.get(index) else { continue };
                let work = work(node, own(node, depth), &now, before.as_deref());
                if let Some(slot) = now.get_mut(index) {
                    *slot = work;
                }
            }
            looks.push(now.first().map_or(0, |work| work.explain));
            before = Some(now);
        }
        looks
    }

    /// How many schemas can be inside one another for a value with so many levels.
    fn nesting(&self, depths: usize) -> usize {
        let mut before = vec![0; self.nodes.len()];
        for _ in 0..depths {
            let mut now = vec![0; self.nodes.len()];
            for &index in &self.order {
                let Some(node) = self.nodes.get(index) else { continue };
                let in_place = node.in_place.iter().filter_map(|index| now.get(*index));
                let inside = node.inside.iter().flatten().filter_map(|index| before.get(*index));
                let deepest: usize = in_place.chain(inside).max().copied().unwrap_or(0);
                if let Some(slot) = now.get_mut(index) {
                    *slot = deepest.saturating_add(1);
                }
            }
            before = now;
        }
        before.first().copied().unwrap_or(0)
    }
}

/// What a schema takes for one value at some depth, by what is asked of it.
#[derive(Clone, Copy, Default)]
struct Work {
    /// Whether a value is valid.
    judge: u64,
    /// Which members or items a schema has looked at: that asks again whether its parts find the value valid.
    track: u64,
    /// What is wrong with a value: that asks first whether anything is.
    explain: u64,
}

fn work(node: &Node, own: u64, now: &[Work], before: Option<&[Work]>) -> Work {
    let in_place = |ask: fn(&Work) -> u64| sum(node.in_place.iter().filter_map(|index| now.get(*index)).map(ask));
    let inside = |ask: fn(&Work) -> u64| {
        let works =
            |group: &Vec<usize>| group.iter().filter_map(|index| before?.get(*index)).map(ask).max().unwrap_or(0);
        sum(node.inside.iter().map(works))
    };
    let judge = |work: &Work| work.judge;
    let explain = |work: &Work| work.judge.saturating_mul(2).saturating_add(work.explain);
    let track = |work: &Work| work.judge.saturating_add(work.track);
    let judged_inside = inside(judge);
    let tracked = sum([own, in_place(track), judged_inside].into_iter());
    let for_itself = if node.tracks { tracked } else { 0 };
    Work {
        judge: sum([own, in_place(judge), judged_inside, for_itself].into_iter()),
        track: tracked,
        explain: sum([own, in_place(explain), inside(explain), for_itself].into_iter()),
    }
}

fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

/// Counts what a value has at each depth.
fn measure(value: &Value, depth: usize, levels: &mut Vec<Level>) {
    let text = value.as_str().map_or(0, str::len);
    count(text, depth, levels);
    match value {
        Value::Array(items) => items.iter().for_each(|item| measure(item, depth + 1, levels)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            count(name.len(), depth + 1, levels);
            measure(member, depth + 1, levels);
        }),
        _ => {}
    }
}

fn count(bytes: usize, depth: usize, levels: &mut Vec<Level>) {
    if levels.len() <= depth {
        levels.resize(depth + 1, Level::default());
    }
    if let Some(level) = levels.get_mut(depth) {
        level.values += 1;
        level.bytes += bytes as u64;
    }
}

/// Every schema behind those that it applies to the same value; refused if they lead back to itself.
fn order(nodes: &[Node]) -> Result<Vec<usize>, String> {
    let mut walk = Walk::new(nodes, |node: &Node| node.in_place.clone());
    for index in 0..nodes.len() {
        walk.visit(index, 0).map_err(|why| format!("schemas for the same value {why}"))?;
    }
    Ok(walk.order)
}

/// Keywords that ask what others have looked at are compiled once for each way that leads there, inside values too.
fn check_tracked(nodes: &[Node]) -> Result<(), String> {
    let mut walk = Walk::new(nodes, |node: &Node| [node.in_place.as_slice(), &node.inside.concat()].concat());
    for (index, _) in nodes.iter().enumerate().filter(|(_, node)| node.tracks) {
        walk.visit(index, 0).map_err(|why| format!("what `unevaluated…` stands beside {why}"))?;
    }
    // For each schema: compiling it, and compiling what it looks at.
    let mut works = vec![(0u64, 0u64); nodes.len()];
    let mut total = 0u64;
    for index in walk.order {
        let Some(node) = nodes.get(index) else { continue };
        let all = |indices: &[usize], of: fn(&(u64, u64)) -> u64| {
            sum(indices.iter().filter_map(|index| works.get(*index)).map(of))
        };
        let inside = all(&node.inside.concat(), |work| work.0);
        let in_place = all(&node.in_place, |work| work.0);
        let looked_at = sum([1, in_place, inside, all(&node.in_place, |work| work.1)].into_iter());
        let for_itself = if node.tracks { looked_at } else { 0 };
        total = total.saturating_add(for_itself);
        if let Some(slot) = works.get_mut(index) {
            *slot = (sum([1, in_place, inside, for_itself].into_iter()), looked_at);
        }
    }
    match total > TRACKED_MAX {
        true => Err("`unevaluatedProperties` and `unevaluatedItems` look through too many schemas".to_owned()),
        false => Ok(()),
    }
}

/// Goes through schemas in depth.
struct Walk<'n, E> {
    nodes: &'n [Node],
    edges: E,
    states: Vec<State>,
    order: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Begun,
    Done,
}

impl<'n, E: Fn(&Node) -> Vec<usize>> Walk<'n, E> {
    fn new(nodes: &'n [Node], edges: E) -> Walk<'n, E> {
        Walk { nodes, edges, states: vec![State::New; nodes.len()], order: Vec::new() }
    }

    /// The error ends a sentence.
    fn visit(&mut self, index: usize, depth: usize) -> Result<(), String> {
        let (Some(state), Some(node)) = (self.states.get(index).copied(), self.nodes.get(index)) else { return Ok(()) };
        match state {
            State::Done => return Ok(()),
            State::Begun => return Err("lead back to themselves".to_owned()),
            State::New if depth > NESTING_MAX => return Err(format!("are nested deeper than {NESTING_MAX} levels")),
            State::New => {}
        }
        self.mark(index, State::Begun);
        for next in (self.edges)(node) {
            self.visit(next, depth + 1)?;
        }
        self.mark(index, State::Done);
        self.order.push(index);
        Ok(())
    }

    fn mark(&mut self, index: usize, state: State) {
        if let Some(slot) = self.states.get_mut(index) {
            *slot = state;
        }
    }
}
