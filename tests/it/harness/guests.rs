//! Connectors of a few lines of WebAssembly text: `tests/guests/*.wat` with the router's manifest. What the SDK would
//! never build, and what a stranger may.

use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::bundles::repository;
use super::router::{section, with_manifest};

/// The contract, and what guests use of WASI.
const WORLD: &str = "
    package test:guests;
    world guest {
        include patchbay:connector/connector@0.1.0;
        import wasi:io/poll@0.2.0;
        import wasi:io/streams@0.2.0;
        import wasi:clocks/monotonic-clock@0.2.0;
        import wasi:random/random@0.2.0;
        import wasi:cli/stdout@0.2.0;
    }
    package wasi:io@0.2.0 {
        interface error { resource error; }
        interface poll {
            resource pollable { block: func(); }
            poll: func(in: list<borrow<pollable>>) -> list<u32>;
        }
        interface streams {
            use error.{error};
            variant stream-error { last-operation-failed(error), closed }
            resource output-stream {
                blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
            }
        }
    }
    package wasi:clocks@0.2.0 {
        interface monotonic-clock {
            use wasi:io/poll@0.2.0.{pollable};
            now: func() -> u64;
            subscribe-duration: func(when: u64) -> pollable;
        }
    }
    package wasi:random@0.2.0 {
        interface random { get-random-bytes: func(len: u64) -> list<u8>; }
    }
    package wasi:cli@0.2.0 {
        interface stdout {
            use wasi:io/streams@0.2.0.{output-stream};
            get-stdout: func() -> output-stream;
        }
    }";

/// Where the guests are.
pub(crate) fn guests_folder() -> PathBuf {
    repository().join("tests/guests")
}

/// The bundle of a guest. Its connector has the guest's name and a webhook `events`.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    with_manifest(component(name), name, "1")
}

/// The bundle of a guest whose text is not in the folder.
pub(crate) fn guest_of(wat: &str, key: &str) -> Vec<u8> {
    with_manifest(component_of(wat::parse_str(wat).unwrap()), key, "1")
}

/// The same with these bytes for a manifest.
pub(crate) fn guest_with_manifest(name: &str, manifest: &[u8]) -> Vec<u8> {
    let mut component = component(name);
    section(&mut component, "patchbay:manifest", manifest);
    component
}

fn component(name: &str) -> Vec<u8> {
    component_of(wat::parse_file(guests_folder().join(format!("{name}.wat"))).unwrap())
}

fn component_of(mut module: Vec<u8>) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let contract = std::fs::read_to_string(repository().join("wit/connector.wit")).unwrap();
    resolve.push_str(Path::new("connector.wit"), &contract).unwrap();
    let package = resolve.push_str(Path::new("guest.wit"), WORLD).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}
