//! Builds connector folders into bundles with the real SDK, each at most once in a process.
//! Never uploads them: that is the template's work, or a test's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

static BUILT: Mutex<Option<HashMap<Wanted, Built>>> = Mutex::new(None);

/// A folder, and the engine if it is not the usual one.
type Wanted = (PathBuf, Option<String>);
type Built = Arc<OnceLock<Vec<u8>>>;

/// The bundle of a connector folder, for the engine that PATCHBAY_TEST_ENGINE names.
pub(crate) fn build(folder: &Path) -> Vec<u8> {
    build_once((folder.to_owned(), std::env::var("PATCHBAY_TEST_ENGINE").ok()))
}

/// The bundle of a connector folder for an engine.
pub(crate) fn build_for(engine: &str, folder: &Path) -> Vec<u8> {
    build_once((folder.to_owned(), Some(engine.to_owned())))
}

fn build_once(wanted: Wanted) -> Vec<u8> {
    let built = {
        let mut all = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(all.get_or_insert_default().entry(wanted.clone()).or_default())
    };
    built.get_or_init(|| run_sdk(&wanted.0, wanted.1.as_deref())).clone()
}

/// The folder of a test connector.
pub(crate) fn connector_folder(name: &str) -> PathBuf {
    repository().join("tests/connectors").join(name)
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn run_sdk(folder: &Path, engine: Option<&str>) -> Vec<u8> {
    let sdk = repository().join("sdk-js");
    assert!(sdk.join("node_modules").exists(), "sdk-js/node_modules is missing: run scripts/test, or npm ci in sdk-js");
    let name = folder.file_name().unwrap().to_str().unwrap();
    let space = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = space.join(format!("template-{}/{name}-{}.wasm", std::process::id(), engine.unwrap_or("usual")));
    std::fs::create_dir_all(output.parent().unwrap()).unwrap();
    let run = Command::new("node")
        // Its cache keeps the newest bundles. A developer's other work would push these out, and a bundle that is built
        // anew has other bytes and must be compiled anew.
        .env("XDG_CACHE_HOME", space.join("sdk-cache"))
        .arg(sdk.join("bin/patchbay-sdk.js"))
        .arg("build")
        .arg(folder)
        .arg("-o")
        .arg(&output)
        .args(engine.map(|name| format!("--engine={name}")))
        .output()
        .unwrap_or_else(|error| panic!("node cannot be run ({error}): install Node.js and run scripts/test"));
    assert!(run.status.success(), "{name} cannot be built:\n{}", String::from_utf8_lossy(&run.stderr));
    let bundle = std::fs::read(&output).unwrap();
    std::fs::remove_file(&output).unwrap();
    bundle
}
