//! Reads an uploaded bundle without running anything: is it a component, does it export and import what a connector
//! may, is its manifest sound. Says exactly what is wrong.

use serde_json::Value;
use wasmparser::{ComponentTypeRef, Parser, Payload};

use crate::api_client;
use crate::schema;
use patchbay_mapping as mapping;
use patchbay_model::connector::{ApiClientImplementation, MANIFEST_VERSION, Manifest, Method};

/// The custom section that holds the manifest.
pub(crate) const MANIFEST_SECTION: &str = "patchbay:manifest";
const MANIFEST_BYTES_MAX: usize = 1 << 20;
const KEY_BYTES_MAX: usize = 64;

const EXPORTS: &[&str] = &["handle", "get-event-selector"];
/// Packages that a connector may import from. `wasi:filesystem` is linked without any folder: JavaScript components name
/// it without need.
const IMPORTS: &[&str] =
    &["patchbay:connector/", "wasi:io/", "wasi:clocks/", "wasi:random/", "wasi:cli/", "wasi:filesystem/"];

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    NotAComponent(String),
    #[error("{0}")]
    WorldNotImplemented(String),
    #[error("{0}")]
    ImportRefused(String),
    #[error("{0}")]
    ManifestInvalid(String),
}

/// A bundle taken apart.
pub struct Contents {
    pub manifest: Manifest,
    /// The component without its manifest: all that can run.
    pub component: Vec<u8>,
}

/// Takes a bundle apart, or says why it is none.
pub fn read(bundle: &[u8]) -> Result<Contents, Error> {
    let outline = outline(bundle)?;
    for export in EXPORTS {
        if !outline.exports.iter().any(|name| name == export) {
            return Err(Error::WorldNotImplemented(format!(
                "the component does not export `{export}`: build it for the world `connector` of patchbay:connector@0.1.0"
            )));
        }
    }
    if let Some(import) = outline.imports.iter().find(|name| !is_allowed(name)) {
        return Err(Error::ImportRefused(format!(
            "the component imports `{import}`; a connector may import log, api-client and crypto of patchbay:connector, \
             and clocks, random numbers and stdio of WASI"
        )));
    }
    let component = without(bundle, &outline.manifests);
    let manifests: Vec<&[u8]> = outline.manifests.iter().map(|section| section.data).collect();
    Ok(Contents { manifest: manifest(&manifests)?, component })
}

/// The bytes outside of these sections.
fn without(bundle: &[u8], sections: &[Section<'_>]) -> Vec<u8> {
    let mut component = Vec::with_capacity(bundle.len());
    let mut from = 0;
    for section in sections {
        component.extend_from_slice(bundle.get(from..section.start).unwrap_or_default());
        from = section.end;
    }
    component.extend_from_slice(bundle.get(from..).unwrap_or_default());
    component
}

fn is_allowed(import: &str) -> bool {
    let is_own = import.starts_with("patchbay:connector/");
    let is_this_version = import.split_once('@').is_some_and(|(_, version)| version.starts_with("0.1."));
    IMPORTS.iter().any(|package| import.starts_with(package)) && (!is_own || is_this_version)
}

/// What the outermost layer of a component shows.
#[derive(Default)]
struct Outline<'b> {
    imports: Vec<String>,
    exports: Vec<String>,
    manifests: Vec<Section<'b>>,
}

impl<'b> Outline<'b> {
    /// Keeps what matters of a part of the outermost layer. `start` is where the part begins.
    fn note(&mut self, payload: &Payload<'b>, start: usize) -> Result<(), wasmparser::BinaryReaderError> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import?;
                    // A type gives nothing to reach.
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        self.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                self.manifests.push(Section { start, end: section.range().end, data: section.data() });
            }
            _ => {}
        }
        Ok(())
    }
}

/// A custom section, from its first byte to its last.
struct Section<'b> {
    start: usize,
    end: usize,
    data: &'b [u8],
}

fn outline(bundle: &[u8]) -> Result<Outline<'_>, Error> {
    if !Parser::is_component(bundle) {
        let what = if Parser::is_core_wasm(bundle) { "a core module, not a component" } else { "not WebAssembly" };
        return Err(Error::NotAComponent(format!("the bundle is {what}: build it with `patchbay-sdk build`")));
    }
    let broken = |error: wasmparser::BinaryReaderError| Error::NotAComponent(format!("the bundle is damaged: {error}"));
    let mut outline = Outline::default();
    // Ends of the modules and components that the parser is inside of, and of what it read last.
    let (mut nested, mut end) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(bundle) {
        let payload = payload.map_err(broken)?;
        if nested.is_empty() {
            outline.note(&payload, end).map_err(broken)?;
        }
        match &payload {
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                nested.push(unchecked_range.end);
            }
            Payload::Version { range, .. } => end = range.end,
            Payload::End(_) => end = nested.pop().unwrap_or(end),
            other => end = other.as_section().map_or(end, |(_, range)| range.end),
        }
    }
    Ok(outline)
}

fn manifest(sections: &[&[u8]]) -> Result<Manifest, Error> {
    let invalid = |why: String| Error::ManifestInvalid(why);
    let section = match sections {
        [section] => section,
        [] => {
            return Err(invalid(format!(
                "the bundle has no `{MANIFEST_SECTION}` section: build it with `patchbay-sdk`"
            )));
        }
        _ => return Err(invalid(format!("the bundle has {} manifests, one was expected", sections.len()))),
    };
    if section.len() > MANIFEST_BYTES_MAX {
        return Err(invalid(format!("the manifest has {} bytes, {MANIFEST_BYTES_MAX} are allowed", section.len())));
    }
    let value: Value =
        serde_json::from_slice(section).map_err(|error| invalid(format!("the manifest is not JSON: {error}")))?;
    let version = value.get("manifestVersion").and_then(Value::as_u64);
    if version != Some(u64::from(MANIFEST_VERSION)) {
        return Err(invalid(format!("`manifestVersion` must be {MANIFEST_VERSION}: this host reads no other")));
    }
    let manifest = serde_json::from_slice(section)
        .map_err(|error| invalid(format!("the manifest is not as expected: {error}")))?;
    check(&manifest).map_err(invalid)?;
    Ok(manifest)
}

fn check(manifest: &Manifest) -> Result<(), String> {
    check_key("connector.key", &manifest.connector.key)?;
    check_schema("connector.parametersSchema", manifest.connector.parameters_schema.as_ref())?;
    check_schema("connector.credentialsSchema", manifest.connector.credentials_schema.as_ref())?;
    check_unique("global webhook", manifest.global_webhooks.iter().map(|webhook| webhook.key.as_str()))?;
    check_unique("event", manifest.events.iter().map(|event| event.key.as_str()))?;
    for event in &manifest.events {
        check_schema(&format!("events/{}: parametersSchema", event.key), event.parameters_schema.as_ref())?;
        if let Method::Mapping { mapping } = &event.methods.get_event_selector {
            check_mapping(&format!("events/{}: get-event-selector", event.key), mapping)?;
        }
    }
    if let Some(declared) = &manifest.api_client {
        let is_mapping = declared.implementation_type == Some(ApiClientImplementation::Mapping);
        if is_mapping != declared.mapping.is_some() {
            return Err("apiClient: `mapping` goes with implementationType `mapping`, and with no other".into());
        }
        for template in declared.hosts.iter().chain(&declared.mapping) {
            check_mapping("apiClient", template)?;
        }
        if let Some(template) = &declared.mapping {
            api_client::check(template).map_err(|why| format!("auth/make-api-client: {why}"))?;
        }
    }
    Ok(())
}

/// Whether a key can stand in a path and a file name.
pub fn is_key(key: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    key.len() <= KEY_BYTES_MAX && key.starts_with(|c: char| c.is_ascii_alphanumeric()) && key.chars().all(is_fine)
}

fn check_key(place: &str, key: &str) -> Result<(), String> {
    if is_key(key) {
        return Ok(());
    }
    Err(format!(
        "{place}: `{key}` must be 1 to {KEY_BYTES_MAX} letters, digits, hyphens, underscores or dots, the first a letter or digit"
    ))
}

fn check_unique<'k>(what: &str, keys: impl Iterator<Item = &'k str>) -> Result<(), String> {
    let mut seen = std::collections::HashSet::new();
    for key in keys {
        check_key(what, key)?;
        if !seen.insert(key) {
            return Err(format!("two of {what} have the key `{key}`"));
        }
    }
    Ok(())
}

fn check_schema(place: &str, schema: Option<&Value>) -> Result<(), String> {
    schema.map_or(Ok(()), |schema| schema::check(schema).map_err(|why| format!("{place}: {why}")))
}

/// Refuses what cannot be evaluated. Other oddities may be meant, and the SDK has warned of them.
fn check_mapping(place: &str, template: &Value) -> Result<(), String> {
    let problems = mapping::check(template).err().unwrap_or_default();
    match problems.iter().find(|problem| problem.fault.is_refused()) {
        Some(problem) => Err(format!("{place}: {problem}")),
        None => Ok(()),
    }
}
