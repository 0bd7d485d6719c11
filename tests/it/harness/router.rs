//! A connector that takes next to no time and needs no build by Node.js: `connectors/router.wat` with a manifest.

use std::path::Path;

use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::bundles::{connector_folder, repository};

/// A bundle of the router under this key. Each `build` is another version of it.
pub(crate) fn router(key: &str, build: &str) -> Vec<u8> {
    with_manifest(component(), key, build)
}

/// The same with a component that no host has compiled before.
pub(crate) fn router_to_compile(key: &str, build: &str) -> Vec<u8> {
    let mut component = component();
    section(&mut component, "build", build.as_bytes());
    with_manifest(component, key, build)
}

/// The router with another schema for its events' parameters.
pub(crate) fn router_with_schema(key: &str, schema: &Value) -> Vec<u8> {
    with_schema(component(), key, "1", schema)
}

fn component() -> Vec<u8> {
    let source = connector_folder("router.wat");
    let mut module = wat::parse_file(source).unwrap();
    let mut resolve = Resolve::default();
    let contract = std::fs::read_to_string(repository().join("wit/connector.wit")).unwrap();
    let package = resolve.push_str(Path::new("connector.wit"), &contract).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

pub(super) fn with_manifest(component: Vec<u8>, key: &str, build: &str) -> Vec<u8> {
    let schema = json!({ "type": "object", "properties": { "selector": { "type": "string" } } });
    with_schema(component, key, build, &schema)
}

fn with_schema(mut component: Vec<u8>, key: &str, build: &str, schema: &Value) -> Vec<u8> {
    let webhook = |key: &str| {
        let methods = json!({ "handle": { "implementationType": "javascript" } });
        json!({ "key": key, "name": key, "methods": methods })
    };
    let event = |key: &str| {
        let mapping =
            json!({ "globalWebhookKey": key, "globalWebhookEventSelector": { "$var": "parameters.selector" } });
        json!({
            "key": key,
            "name": key,
            "implementationType": "global-webhook",
            "parametersSchema": schema,
            "methods": { "get-event-selector": { "implementationType": "mapping", "mapping": mapping } },
        })
    };
    let manifest = json!({
        "manifestVersion": 1,
        "connector": { "key": key, "name": key },
        "globalWebhooks": [webhook("events"), webhook("other")],
        "events": [event("events"), event("other")],
        "build": { "sdk": build },
    });
    section(&mut component, "patchbay:manifest", manifest.to_string().as_bytes());
    component
}

/// Appends a custom section.
pub(crate) fn section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut content = leb128(name.len());
    content.extend(name.as_bytes());
    content.extend(data);
    component.push(0);
    component.extend(leb128(content.len()));
    component.extend(content);
}

/// Adds a core module that nothing uses.
pub(crate) fn core_module(component: &mut Vec<u8>, module: &[u8]) {
    component.push(1);
    component.extend(leb128(module.len()));
    component.extend(module);
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}
