//! The sample connectors as documentation: what their readers are promised, and that each shows by example what can go
//! right and wrong. Never runs an example: `patchbay test` does, in the real sandbox.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::repository;

/// Shows the form alone: it checks nothing.
const SEED: &str = "seed-example";

struct Sample {
    name: String,
    folder: PathBuf,
    examples: Vec<Example>,
}

struct Example {
    /// The file's name without its suffix.
    name: String,
    value: Value,
}

impl Example {
    fn status(&self) -> u64 {
        self.value["expect"]["status"].as_u64().unwrap_or_default()
    }

    fn events(&self) -> &[Value] {
        self.value["expect"]["events"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.events().iter().filter_map(|event| event["id"].as_str())
    }

    /// A request that brings no event and is answered with 4xx, or makes the handler fail.
    fn is_refused(&self) -> bool {
        let fails = self.value.get("expectFailure").is_some();
        self.value.get("webhook").is_some()
            && (fails || (400..500).contains(&self.status()))
            && self.events().is_empty()
    }
}

fn samples() -> Vec<Sample> {
    let mut folders: Vec<PathBuf> = fs::read_dir(repository().join("sample-connectors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() > 20, "the samples are gone");
    folders.into_iter().map(sample).collect()
}

fn sample(folder: PathBuf) -> Sample {
    let examples = names(&folder.join("examples")).into_iter().map(|file| {
        let text = fs::read_to_string(folder.join("examples").join(&file)).unwrap();
        let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        Example { name: file.trim_end_matches(".json").to_owned(), value }
    });
    Sample { name: folder.file_name().unwrap().to_str().unwrap().to_owned(), examples: examples.collect(), folder }
}

/// What is in a folder; nothing where there is none.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_copy_of_the_contract_in_a_sample_is_the_contract() {
    let contract = fs::read_to_string(repository().join("wit/connector.wit")).unwrap();
    let copy = repository().join("sample-connectors/rust-standard-webhooks/wit/connector.wit");
    assert!(fs::read_to_string(copy).unwrap() == contract, "copy wit/connector.wit into the sample");
}

#[test]
fn every_sample_for_a_real_app_says_how_to_give_it_the_webhook() {
    for Sample { name, folder, .. } in samples() {
        let readme = fs::read_to_string(folder.join("README.md"));
        let readme = readme.unwrap_or_else(|_| panic!("{name} has no README.md"));
        if name != SEED {
            let shows = readme.contains("GET /v1/integrations/") && readme.contains("/global-webhooks");
            assert!(shows, "{name} does not say where the webhook's URI is found");
        }
    }
}

#[test]
fn every_webhook_and_every_event_of_a_sample_has_an_example() {
    for Sample { name, folder, examples } in samples() {
        for (place, member) in [("global-webhooks", "webhook"), ("events", "event")] {
            for key in names(&folder.join(place)) {
                let is_shown = examples.iter().any(|example| example.value[member] == key.as_str());
                assert!(is_shown, "{name}: {place}/{key} has no example");
            }
        }
    }
}

#[test]
fn every_sample_shows_what_can_go_right_and_wrong() {
    let mut missing = Vec::new();
    for Sample { name, examples, .. } in samples().iter().filter(|sample| sample.name != SEED) {
        let refused = |words: &[&str]| {
            examples.iter().any(|each| each.is_refused() && words.iter().any(|word| each.name.contains(word)))
        };
        let is_accepted = |each: &Example| (200..300).contains(&each.status()) && !each.events().is_empty();
        let selectors: HashSet<&str> =
            examples.iter().flat_map(|each| each.events()).filter_map(|event| event["selectors"][0].as_str()).collect();
        let is_repeat = |each: &Example| ["retry", "repeat", "redelivery"].iter().any(|word| each.name.contains(word));
        let is_repeated = examples.iter().filter(|each| is_repeat(each)).any(|repeat| {
            let others = examples.iter().filter(|each| each.name != repeat.name);
            let ids: HashSet<&str> = others.flat_map(Example::ids).collect();
            repeat.ids().count() > 0 && repeat.ids().all(|id| ids.contains(id))
        });
        for (what, is_shown) in [
            ("an accepted request", examples.iter().any(is_accepted)),
            ("a wrong signature or secret", refused(&["wrong"])),
            ("a missing signature or secret", refused(&["missing", "unsigned", "without"])),
            (
                "a malformed body",
                examples.iter().any(|each| each.name.starts_with("malformed") && each.events().is_empty()),
            ),
            ("a repeat with the id of another example", is_repeated),
            ("events of two tenants", selectors.len() > 1),
        ] {
            if !is_shown {
                missing.push(format!("{name}: no example of {what}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn a_batch_over_several_tenants_is_shown_by_each_sample_whose_app_sends_some() {
    let samples = samples();
    for name in ["hubspot", "microsoft-graph", "meta-whatsapp", "event-grid"] {
        let sample = samples.iter().find(|sample| sample.name == name).unwrap();
        let is_batch = |each: &Example| {
            let selectors: HashSet<&Value> = each.events().iter().map(|event| &event["selectors"][0]).collect();
            each.name.contains("batch") && selectors.len() > 1
        };
        assert!(sample.examples.iter().any(is_batch), "{name} shows no batch over two tenants");
    }
}
