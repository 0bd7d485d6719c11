//! Reads the source: what may be named where, what every file opens with, and whether the specification's sentences have
//! their tests. Runs nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::repository;

/// A name, and the only files and folders of `host/src` that may use it.
const FENCES: &[(&str, &[&str])] = &[
    ("wasmtime", &["sandbox.rs", "sandbox/"]),
    ("sled", &["store.rs", "store/"]),
    ("axum", &["http.rs", "http/"]),
    ("reqwest", &["egress.rs", "egress/"]),
    ("std::env", &["config.rs"]),
    ("SystemTime::now", &["clock.rs"]),
    ("Timestamp::now", &["clock.rs"]),
    // `examples.rs` and `bench.rs` are other ends of the command line.
    ("anyhow", &["cli.rs", "app.rs", "examples.rs", "examples/", "bench.rs", "bench/"]),
    ("aws_lc_rs", &["crypto.rs", "crypto/", "secret.rs", "http/tls.rs"]),
    ("cpu_time", &["sandbox/meter.rs"]),
    ("prometheus_client", &["metrics.rs"]),
    ("rustls", &["http/tls.rs"]),
    // The nouns that the API shows as they are.
    (
        "utoipa",
        &["http/", "access.rs", "delivery.rs", "event.rs", "schema.rs", "subscription.rs", "webhook_request.rs"],
    ),
    ("tokio_rustls", &["http/tls.rs"]),
];

/// Modules that only compute.
const PURE: &[&str] = &[
    "access.rs",
    "routing.rs",
    "decode.rs",
    "decode/",
    "respond.rs",
    "retry.rs",
    "mapping.rs",
    "mapping/",
    "store/keys.rs",
];

/// What a module that only computes does not name.
const IMPURE: &[&str] =
    &["std::fs", "std::net", "std::process", "tokio::fs", "tokio::net", "clock::now", "Instant::now", "tracing::"];

/// How many sentences and listed points the specification has.
const SENTENCES: usize = 33;

/// One source file: its path below some folder, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || (place.ends_with('/') && self.path.starts_with(place)))
    }

    /// The code that runs in production, line by line, without comments.
    fn code(&self) -> impl Iterator<Item = &str> {
        let production = match self.text.split_once("#[cfg(test)]\nmod tests {") {
            Some((production, _)) => production,
            None if self.path.ends_with("tests.rs") || self.path.contains("tests/") => "",
            None => &self.text,
        };
        production.lines().map(|line| line.split("//").next().unwrap_or_default())
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let root = repository().join(folder);
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    assert!(!sources.is_empty(), "{folder} has no source");
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push(Source { path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text });
        }
    }
}

/// Whether a name, or the name of one of its family such as `wasmtime_wasi`, stands in a line.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn foreign_libraries_are_named_in_their_own_places_only() {
    let mut trespasses = Vec::new();
    for source in sources("host/src") {
        for (name, places) in FENCES.iter().filter(|(_, places)| !source.is_in(places)) {
            if source.code().any(|line| names(line, name)) {
                trespasses.push(format!("{}: `{name}` belongs into {}", source.path, places.join(", ")));
            }
        }
    }
    assert!(trespasses.is_empty(), "\n{}", trespasses.join("\n"));
}

#[test]
fn modules_that_only_compute_do_no_io_and_take_time_as_an_argument() {
    for source in sources("host/src").iter().filter(|source| source.is_in(PURE)) {
        for name in IMPURE {
            assert!(!source.code().any(|line| names(line, name)), "{}: `{name}`", source.path);
        }
    }
}

#[test]
fn every_record_with_a_secret_is_sealed_anew_when_the_master_key_is_replaced() {
    let sources = sources("host/src");
    let reseal = sources.iter().find(|source| source.path == "store/reseal.rs").unwrap();
    let mut count = 0;
    for source in sources.iter().filter(|source| source.path != "secret.rs") {
        if source.code().any(|line| line.contains(": Sealed") || line.contains("<Sealed>")) {
            let module = source.path.trim_end_matches(".rs").replace('/', "::");
            assert!(
                reseal.text.contains(&format!("use crate::{module}::")),
                "{} is not in store/reseal.rs",
                source.path
            );
            count += 1;
        }
    }
    assert!(count >= 4, "the source is not read right any more");
}

#[test]
fn every_file_says_what_it_is_for_and_there_is_no_mod_rs() {
    for folder in ["host/src", "tests/it", "bench/src"] {
        for source in sources(folder) {
            assert!(source.text.starts_with("//! "), "{folder}/{} does not open with `//!`", source.path);
            assert!(!source.path.ends_with("mod.rs"), "{folder}/{}", source.path);
        }
    }
}

#[test]
fn no_test_is_switched_off() {
    let ignore = concat!("#[", "ignore");
    for folder in ["host/src", "tests/it"] {
        for source in sources(folder) {
            assert!(!source.text.contains(ignore), "{folder}/{}", source.path);
        }
    }
}

#[test]
fn every_sentence_of_the_specification_has_tests_that_exist() {
    let table = fs::read_to_string(repository().join("tests/SPEC.md")).unwrap();
    let tests = sources("tests/it");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| no "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    for (index, row) in rows.iter().enumerate() {
        let [number, sentence, named] = row[..] else { panic!("not three columns: {row:?}") };
        assert_eq!(number, (index + 1).to_string(), "rows are numbered without a gap");
        assert!(sentence.len() > 5, "row {number} has no sentence");
        for name in named.split(", ") {
            let name = name.trim_matches('`');
            let (module, test) = name.split_once("::").unwrap_or_else(|| panic!("row {number}: {name}"));
            let file = format!("{module}.rs");
            let source = tests.iter().find(|source| source.path == file).unwrap_or_else(|| panic!("no {file}"));
            assert!(source.text.contains(&format!("fn {test}()")), "row {number}: there is no test {name}");
        }
    }
    assert_eq!(rows.len(), SENTENCES);
}

#[test]
fn every_test_module_is_compiled() {
    let main = fs::read_to_string(repository().join("tests/it/main.rs")).unwrap();
    for source in sources("tests/it").iter().filter(|source| !source.path.contains('/') && source.path != "main.rs") {
        let module = source.path.trim_end_matches(".rs");
        assert!(main.contains(&format!("mod {module};")), "{module} is not in main.rs");
    }
}

#[test]
fn every_test_connector_is_used() {
    let tests: String = sources("tests/it").into_iter().map(|source| source.text).collect();
    // Some have examples instead, which the script runs.
    let script = fs::read_to_string(repository().join("scripts/test")).unwrap();
    for entry in fs::read_dir(repository().join("tests/connectors")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_run = script.contains(&format!("tests/connectors/{name}/examples"));
        assert!(is_run || tests.contains(&format!("\"{name}\"")), "{name} has no test");
    }
    for entry in fs::read_dir(crate::harness::guests_folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(tests.contains(&format!("\"{}\"", name.trim_end_matches(".wat"))), "the guest {name} has no test");
    }
    for entry in fs::read_dir(repository().join("tests/connectors/hostile/global-webhooks")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(tests.contains(&format!("\"{name}\"")), "the hostile webhook {name} has no test");
    }
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let reasons = fs::read_to_string(repository().join("docs/dependencies.md")).unwrap();
    let is_reasoned = |name: &str| reasons.contains(&format!("`{name}`"));
    let mut count = 0;
    for manifest in ["host/Cargo.toml", "bench/Cargo.toml"] {
        let manifest = fs::read_to_string(repository().join(manifest)).unwrap();
        let sections =
            manifest.split("\n[").filter(|section| section.split(']').next().unwrap().ends_with("dependencies"));
        for line in sections.flat_map(str::lines).filter(|line| line.contains(" = ") && !line.contains("path = ")) {
            let name = line.split(' ').next().unwrap();
            assert!(is_reasoned(name), "{name} is not in docs/dependencies.md");
            count += 1;
        }
    }
    for package in ["sdk-js/package.json", "tests/package.json"] {
        let package: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(repository().join(package)).unwrap()).unwrap();
        for kind in ["dependencies", "devDependencies"] {
            for name in package[kind].as_object().into_iter().flat_map(serde_json::Map::keys) {
                assert!(is_reasoned(name), "{name} is not in docs/dependencies.md");
                count += 1;
            }
        }
    }
    assert!(count > 50, "the manifests are not read right any more: {count}");
}
