//! Reads manifests and source: which crate may use which, what may be named where, what every file opens with, and whether the
//! specification's sentences have their tests. Runs nothing but cargo, to be told what depends on what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::repository;

/// The crates under `host/`, from the ground up: each may use those of lower floors.
const FLOORS: &[&[&str]] = &[
    &["patchbay-model", "patchbay-mapping", "patchbay-egress", "patchbay-rules"],
    &["patchbay-crypto", "patchbay-connector", "patchbay-store"],
    &["patchbay-store-sled", "patchbay-sandbox"],
    &["patchbay-core"],
    &["patchbay"],
];

/// A library, and the only crate that may use it itself.
const OWNERS: &[(&str, &str)] = &[
    ("wasmtime", "patchbay-sandbox"),
    ("wasmtime-wasi", "patchbay-sandbox"),
    ("cpu-time", "patchbay-sandbox"),
    ("sled", "patchbay-store-sled"),
    ("axum", "patchbay"),
    ("rustls", "patchbay"),
    ("tokio-rustls", "patchbay"),
    ("reqwest", "patchbay-egress"),
    ("aws-lc-rs", "patchbay-crypto"),
    ("prometheus-client", "patchbay-core"),
    ("wasmparser", "patchbay-connector"),
    ("jsonschema", "patchbay-connector"),
];

/// Crates with none of the engines anywhere below them.
const LIGHT: &[&str] = &["patchbay-model", "patchbay-mapping"];
const HEAVY: &[&str] = &["wasmtime", "sled", "axum", "reqwest", "aws-lc-rs", "aws-lc-sys", "tokio"];

/// A name, and the only files and folders of `host` that may use it, where the compiler does not see to that.
const FENCES: &[(&str, &[&str])] = &[
    ("std::env", &["server/src/config.rs"]),
    ("SystemTime::now", &["model/src/clock.rs"]),
    ("Timestamp::now", &["model/src/clock.rs"]),
    (
        "anyhow",
        &[
            "server/src/cli.rs",
            "server/src/app.rs",
            "server/src/bench.rs",
            "server/src/bench/",
            // Another end of the command line, and what a bundle cannot be read for.
            "core/src/examples.rs",
            "core/src/examples/",
            "core/src/connectors.rs",
        ],
    ),
    ("rustls", &["server/src/http/tls.rs"]),
    // The nouns that the API shows as they are.
    (
        "utoipa",
        &[
            "server/src/http/",
            "model/src/scope.rs",
            "model/src/delivery.rs",
            "model/src/event.rs",
            "model/src/subscription.rs",
            "model/src/webhook_request.rs",
            "connector/src/schema.rs",
        ],
    ),
];

/// Modules that only compute.
const PURE: &[&str] =
    &["model/src/routing.rs", "rules/src/", "mapping/src/", "server/src/access.rs", "store-sled/src/keys.rs"];

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

/// What the crates under `host` are made of, each path below `host`.
fn host_sources() -> Vec<Source> {
    let root = repository().join("host");
    let mut sources = Vec::new();
    for name in crates() {
        collect(&root, &root.join(name).join("src"), &mut sources);
    }
    assert!(sources.len() > 150, "the source is not read right any more");
    sources
}

/// The folders under `host` that are crates.
fn crates() -> Vec<String> {
    let folders = fs::read_dir(repository().join("host")).unwrap().map(|entry| entry.unwrap());
    let crates = folders.filter(|folder| folder.path().join("Cargo.toml").exists());
    crates.map(|folder| folder.file_name().into_string().unwrap()).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo).args(arguments).args(["--offline", "--locked"]).current_dir(repository()).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// Every crate of the workspace with what it depends on itself, tests aside.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let direct = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"] != "dev").map(|dependency| text(&dependency["name"])).collect()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|package| (text(&package["name"]), direct(package))).collect()
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
fn each_crate_uses_only_crates_of_lower_floors() {
    let dependencies = dependencies();
    for (floor, names) in FLOORS.iter().enumerate() {
        let below: Vec<&str> = FLOORS[..floor].concat();
        for name in *names {
            let own = dependencies[*name].iter().filter(|dependency| dependency.starts_with("patchbay"));
            for dependency in own {
                assert!(below.contains(&dependency.as_str()), "{name} uses {dependency}, which is not below it");
            }
        }
    }
    let known = FLOORS.concat().len();
    assert_eq!(known + 1, crates().len(), "a crate under host has no floor, the targets for fuzzing aside");
}

#[test]
fn each_foreign_library_is_used_by_one_crate_only() {
    let dependencies = dependencies();
    for (library, owner) in OWNERS {
        let users = dependencies.iter().filter(|(_, direct)| direct.iter().any(|name| name == library));
        let users: Vec<&str> = users.map(|(name, _)| name.as_str()).collect();
        assert_eq!(users, [*owner], "{library}");
    }
}

#[test]
fn nouns_and_formulas_are_built_without_any_engine() {
    for name in LIGHT {
        let tree = cargo(&["tree", "-p", name, "--edges", "normal,build", "--prefix", "none"]);
        let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains(&"serde_json"), "the tree is not read right any more: {tree}");
        for heavy in HEAVY {
            assert!(!names.contains(heavy), "{name} needs {heavy}");
        }
    }
}

#[test]
fn what_the_compiler_does_not_fence_in_is_named_in_its_own_places_only() {
    let mut trespasses = Vec::new();
    for source in host_sources() {
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
    for source in host_sources().iter().filter(|source| source.is_in(PURE)) {
        for name in IMPURE {
            assert!(!source.code().any(|line| names(line, name)), "{}: `{name}`", source.path);
        }
    }
}

#[test]
fn every_record_with_a_secret_is_sealed_anew_when_the_master_key_is_replaced() {
    let sources = host_sources();
    let reseal = sources.iter().find(|source| source.path == "store-sled/src/reseal.rs").unwrap();
    let mut count = 0;
    let vault = ["model/src/sealed.rs", "crypto/src/secret.rs"];
    for source in sources.iter().filter(|source| !source.is_in(&vault)) {
        if source.code().any(|line| line.contains(": Sealed") || line.contains("<Sealed>")) {
            let noun = source.path.strip_prefix("model/src/").and_then(|path| path.strip_suffix(".rs"));
            let noun = noun.unwrap_or_else(|| panic!("{} keeps a secret and is no record", source.path));
            assert!(
                reseal.text.contains(&format!("use patchbay_model::{noun}::")),
                "{noun} is not in store-sled/src/reseal.rs"
            );
            count += 1;
        }
    }
    assert!(count >= 4, "the source is not read right any more");
}

#[test]
fn every_file_says_what_it_is_for_and_there_is_no_mod_rs() {
    for source in host_sources().into_iter().chain(sources("tests/it")).chain(sources("bench/src")) {
        assert!(source.text.starts_with("//! "), "{} does not open with `//!`", source.path);
        assert!(!source.path.ends_with("mod.rs"), "{}", source.path);
    }
}

#[test]
fn no_test_is_switched_off() {
    let ignore = concat!("#[", "ignore");
    for source in host_sources().into_iter().chain(sources("tests/it")) {
        assert!(!source.text.contains(ignore), "{}", source.path);
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
    let workspace = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let (_, versions) = workspace.split_once("[workspace.dependencies]\n").unwrap();
    let lines = versions.lines().take_while(|line| !line.starts_with('['));
    for line in lines.filter(|line| line.contains(" = ") && !line.contains("path = ")) {
        let name = line.split(' ').next().unwrap();
        assert!(is_reasoned(name), "{name} is not in docs/dependencies.md");
        count += 1;
    }
    let manifests = crates().into_iter().filter(|name| name != "fuzz").map(|name| format!("host/{name}/Cargo.toml"));
    for manifest in manifests.chain(["bench/Cargo.toml".to_owned()]) {
        let text = fs::read_to_string(repository().join(&manifest)).unwrap();
        let sections = text.split("\n[").filter(|section| section.split(']').next().unwrap().ends_with("dependencies"));
        for line in sections.flat_map(str::lines).filter(|line| line.contains(" = ")) {
            assert!(
                line.contains(".workspace = true"),
                "{manifest}: the version of `{line}` belongs into the workspace's"
            );
        }
    }
    for package in ["sdk-js/package.json", "tests/package.json"] {
        let package: Value = serde_json::from_str(&fs::read_to_string(repository().join(package)).unwrap()).unwrap();
        for kind in ["dependencies", "devDependencies"] {
            for name in package[kind].as_object().into_iter().flat_map(serde_json::Map::keys) {
                assert!(is_reasoned(name), "{name} is not in docs/dependencies.md");
                count += 1;
            }
        }
    }
    assert!(count > 50, "the manifests are not read right any more: {count}");
}
