//! The sample connectors as documentation: what their readers are promised.

use crate::harness::repository;

#[test]
fn every_copy_of_the_contract_in_a_sample_is_the_contract() {
    let contract = std::fs::read_to_string(repository().join("wit/connector.wit")).unwrap();
    let copy = repository().join("sample-connectors/rust-standard-webhooks/wit/connector.wit");
    assert!(std::fs::read_to_string(copy).unwrap() == contract, "copy wit/connector.wit into the sample");
}

#[test]
fn every_sample_for_a_real_app_says_how_to_give_it_the_webhook() {
    for entry in std::fs::read_dir(repository().join("sample-connectors")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let readme = std::fs::read_to_string(folder.join("README.md"));
        let readme = readme.unwrap_or_else(|_| panic!("{} has no README.md", folder.display()));
        if !folder.ends_with("seed-example") {
            let shows = readme.contains("GET /v1/integrations/") && readme.contains("/global-webhooks");
            assert!(shows, "{} does not say where the webhook's URI is found", folder.display());
        }
    }
}
