//! Reads a JSON Schema as a graph: which schemas apply to the same value, and which to the values inside it.
//! Refuses what cannot be followed here: references that leave the schema, and those that depend on who refers.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

use super::pattern::Patterns;

/// Schemas within one schema.
const NODES_MAX: usize = 10_000;

/// Every schema that the first one can reach; the first is the schema itself.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
}

/// One schema.
#[derive(Default)]
pub(super) struct Node {
    /// Steps for one value, without what other schemas take.
    pub(super) own: u64,
    /// Steps for each byte of a text.
    pub(super) per_byte: u64,
    /// Steps for each member of an object, and for each byte of its name.
    pub(super) per_member: u64,
    pub(super) per_name_byte: u64,
    /// Whether it looks at everything inside a value by itself.
    pub(super) is_deep: bool,
    /// Whether it must find out what other schemas have looked at.
    pub(super) tracks: bool,
    /// Schemas for the same value.
    pub(super) in_place: Vec<usize>,
    /// Schemas for the values inside it. Of each group only one applies to any of these.
    pub(super) inside: Vec<Vec<usize>>,
}

const DRAFTS: &[&str] = &[
    "json-schema.org/draft-04/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft/2020-12/schema",
];

/// Keywords that say nothing about values, or hold schemas for others to refer to.
const SILENT: &[&str] = &["title", "description", "default", "examples", "$comment", "$defs", "definitions"];

impl Graph {
    pub(super) fn read(schema: &Value, patterns: &mut Patterns) -> Result<Graph, String> {
        let mut reader = Reader::new(schema, patterns)?;
        reader.index(schema)?;
        while let Some((index, schema)) = reader.unread.pop_front() {
            let node = reader.node(schema)?;
            if let Some(slot) = reader.nodes.get_mut(index) {
                *slot = node;
            }
        }
        Ok(Graph { nodes: reader.nodes })
    }
}

/// The schema without its own name: nothing refers to it by that, and it must not take the place of another.
pub(super) fn without_id(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(members) = &mut schema {
        members.shift_remove("$id");
        if members.get("id").is_some_and(Value::is_string) {
            members.shift_remove("id");
        }
    }
    schema
}

struct Reader<'s, 'p> {
    root: &'s Value,
    patterns: &'p mut Patterns,
    anchors: HashMap<&'s str, Vec<&'s Value>>,
    nodes: Vec<Node>,
    /// Where schemas lie in memory, and their index.
    known: HashMap<*const Value, usize>,
    unread: VecDeque<(usize, &'s Value)>,
}

impl<'s, 'p> Reader<'s, 'p> {
    fn new(root: &'s Value, patterns: &'p mut Patterns) -> Result<Reader<'s, 'p>, String> {
        let anchors = anchors(root)?;
        Ok(Reader { root, anchors, patterns, nodes: Vec::new(), known: HashMap::new(), unread: VecDeque::new() })
    }

    fn index(&mut self, schema: &'s Value) -> Result<usize, String> {
        if let Some(index) = self.known.get(&std::ptr::from_ref(schema)) {
            return Ok(*index);
        }
        let index = self.nodes.len();
        if index >= NODES_MAX {
            return Err(format!("it consists of more than {NODES_MAX} schemas"));
        }
        self.nodes.push(Node::default());
        self.known.insert(schema, index);
        self.unread.push_back((index, schema));
        Ok(index)
    }

    fn node(&mut self, schema: &'s Value) -> Result<Node, String> {
        let mut node = Node { own: 4, per_member: 2, ..Node::default() };
        let Value::Object(keywords) = schema else { return Ok(node) };
        let mut of_members = Vec::new();
        let mut of_items = Vec::new();
        for (keyword, value) in keywords {
            match keyword.as_str() {
                "$ref" => self.reference(value, &mut node)?,
                "$dynamicRef" | "$recursiveRef" => return Err(format!("`{keyword}` is not supported; use `$ref`")),
                "allOf" | "anyOf" | "oneOf" => self.each(value.as_array(), &mut node.in_place)?,
                "not" | "if" | "then" | "else" => {
                    node.own += size(value);
                    node.in_place.push(self.index(value)?);
                }
                "dependentSchemas" | "dependencies" => {
                    node.own += size_without_schemas(value);
                    let schemas = members(value).filter(|schema| !schema.is_array());
                    for schema in schemas {
                        node.in_place.push(self.index(schema)?);
                    }
                }
                "properties" => {
                    node.own += members(value).count() as u64;
                    for schema in members(value) {
                        of_members.push(self.index(schema)?);
                    }
                }
                "additionalProperties" => of_members.push(self.index(value)?),
                "patternProperties" => self.pattern_properties(value, &mut node)?,
                "propertyNames" | "contains" => node.inside.push(vec![self.index(value)?]),
                "unevaluatedProperties" | "unevaluatedItems" => {
                    node.tracks = true;
                    node.inside.push(vec![self.index(value)?]);
                }
                "items" | "prefixItems" if value.is_array() => self.each(value.as_array(), &mut of_items)?,
                "items" | "additionalItems" => of_items.push(self.index(value)?),
                "pattern" => node.per_byte += self.patterns.steps_per_byte(value.as_str().unwrap_or_default())?,
                "format" | "minLength" | "maxLength" | "contentEncoding" | "contentMediaType" => node.per_byte += 4,
                "uniqueItems" => node.is_deep = value == &Value::Bool(true),
                keyword if SILENT.contains(&keyword) => {}
                _ => node.own += size(value),
            }
        }
        node.inside.extend([of_members, of_items].into_iter().filter(|group| !group.is_empty()));
        Ok(node)
    }

    fn each(&mut self, schemas: Option<&'s Vec<Value>>, indices: &mut Vec<usize>) -> Result<(), String> {
        for schema in schemas.into_iter().flatten() {
            indices.push(self.index(schema)?);
        }
        Ok(())
    }

    fn pattern_properties(&mut self, value: &'s Value, node: &mut Node) -> Result<(), String> {
        for (pattern, schema) in value.as_object().into_iter().flatten() {
            node.per_member += 4;
            node.per_name_byte += self.patterns.steps_per_byte(pattern)?;
            // A name may match all of them.
            node.inside.push(vec![self.index(schema)?]);
        }
        Ok(())
    }

    fn reference(&mut self, reference: &'s Value, node: &mut Node) -> Result<(), String> {
        let reference = reference.as_str().ok_or("`$ref` must be a text")?;
        let nowhere = || format!("`$ref` leads nowhere: `{reference}`");
        let fragment = reference
            .strip_prefix('#')
            .ok_or_else(|| format!("`$ref` must stay within the schema and begin with `#`: `{reference}`"))?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            if fragment.contains('%') {
                return Err(nowhere());
            }
            // Two may have the same name; then either may be meant.
            for target in self.anchors.get(fragment).cloned().ok_or_else(nowhere)? {
                node.in_place.push(self.index(target)?);
            }
            return Ok(());
        }
        let pointer = percent_encoding::percent_decode_str(fragment).decode_utf8().map_err(|_| nowhere())?;
        let target = self.root.pointer(&pointer).ok_or_else(nowhere)?;
        node.in_place.push(self.index(target)?);
        Ok(())
    }
}

/// Every place in a schema that has a name. Refuses parts that have an identity, or a draft, of their own.
fn anchors(schema: &Value) -> Result<HashMap<&str, Vec<&Value>>, String> {
    let draft = schema.get("$schema").and_then(Value::as_str);
    if let Some(draft) = draft.filter(|draft| !is_draft(draft)) {
        return Err(format!("`$schema` must name draft 4, 6, 7, 2019-09 or 2020-12 of JSON Schema, not `{draft}`"));
    }
    // Draft 4 has other names for them.
    let id = if draft.is_some_and(|draft| draft.contains("draft-04")) { "id" } else { "$id" };
    let mut anchors = HashMap::<&str, Vec<&Value>>::new();
    let mut unread = vec![schema];
    while let Some(value) = unread.pop() {
        let Value::Object(members) = value else {
            unread.extend(value.as_array().into_iter().flatten());
            continue;
        };
        unread.extend(members.values());
        let is_root = std::ptr::eq(value, schema);
        if !is_root && members.get("$schema").is_some_and(Value::is_string) {
            return Err("`$schema` may stand only at the beginning".to_owned());
        }
        let identity = members.get(id).and_then(Value::as_str);
        let name = identity.and_then(|identity| identity.strip_prefix('#')).filter(|name| !name.is_empty());
        if identity.is_some() && name.is_none() && !is_root {
            return Err(format!("`{id}` may stand only at the beginning"));
        }
        let named = ["$anchor", "$dynamicAnchor"].map(|keyword| members.get(keyword).and_then(Value::as_str));
        for name in named.into_iter().flatten().chain(name) {
            anchors.entry(name).or_default().push(value);
        }
    }
    Ok(anchors)
}

fn is_draft(uri: &str) -> bool {
    let uri = uri.trim_end_matches('#');
    let name = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"));
    name.is_some_and(|name| DRAFTS.contains(&name))
}

fn members(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(Map::values)
}

/// Values in a value, and its texts.
fn size(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<u64>(),
        Value::Object(members) => 1 + members.iter().map(|(name, value)| text(name) + size(value)).sum::<u64>(),
        Value::String(string) => 1 + text(string),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn size_without_schemas(value: &Value) -> u64 {
    members(value).map(|member| if member.is_array() { 1 + size(member) } else { 1 }).sum()
}

fn text(text: &str) -> u64 {
    (text.len() / 16) as u64
}
