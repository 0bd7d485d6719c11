//! The master key is replaced with the server stopped; nothing is lost, whenever that is interrupted.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::delivery::verified;
use crate::harness::{Answer, Echo, Random};

fn rotation(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command.args(["rotate-master-key", "--data"]).arg(folder).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

async fn rotate(folder: &Path) -> (bool, String) {
    let output = rotation(folder).output().await.unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Uses a parameter, a credential and a signing secret; any that cannot be opened shows.
async fn works(echo: &Echo, subscription: &str) {
    let api = echo.api();
    api.act(&format!("/v1/subscriptions/{subscription}/resubscribe")).await.expect(200);
    let before = echo.receiver.received("/s").len();
    echo.send("s", json!(1)).await.expect(200);
    echo.receiver.wait("/s", before + 1).await;
}

/// The files of machine code, each with what tells it from one that is written anew.
fn machine_code(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let files = std::fs::read_dir(folder.join("compiled")).unwrap().map(|entry| entry.unwrap().path());
    let code = files.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
    code.map(|path| (path.clone(), std::fs::metadata(path).unwrap().ino())).collect()
}

#[tokio::test]
async fn a_new_master_key_opens_everything_and_the_old_one_nothing() {
    let mut echo = Echo::start().await;
    let folder = echo.host.folder().to_owned();
    let key = folder.join("master.key");
    let subscription = echo.subscribe("s", "/s").await["id"].as_str().unwrap().to_owned();
    let pair = json!({
        "connection": "acme", "event": "chosen", "parameters": { "selector": "pair" }, "signature": "v1a",
        "destination": { "url": echo.receiver.url("/pair") },
    });
    let pair = echo.api().post("/v1/subscriptions", pair).await.expect(201);
    let (is_done, why) = rotate(&folder).await;
    assert!(!is_done && why.contains("in use by another process"), "{why}");
    echo.host.stop().await;
    let old = std::fs::read(&key).unwrap();
    let (is_done, said) = rotate(&folder).await;
    assert!(is_done && said.contains("4 secrets"), "{said}");
    assert_ne!(std::fs::read(&key).unwrap(), old);
    assert!(!folder.join("master.key.next").exists());
    let compiled = machine_code(&folder);
    echo.host.restart().await;
    works(&echo, &subscription).await;
    echo.send("pair", json!(1)).await.expect(200);
    let signed = echo.receiver.wait("/pair", 1).await.remove(0);
    assert_eq!(verified(&signed, &[pair["publicKey"].as_str().unwrap()]).await, [true]);
    assert_eq!(machine_code(&folder), compiled, "nothing is compiled again");
    echo.host.stop().await;
    std::fs::write(&key, old).unwrap();
    echo.host.restart().await;
    assert_eq!(echo.send("s", json!(1)).await.status, 500, "the old key opens what the new one sealed");
}

#[tokio::test]
async fn a_rotation_that_is_killed_loses_nothing_and_ends_when_it_is_run_again() {
    let mut random = Random::new("a_rotation_that_is_killed");
    let mut echo = Echo::start().await;
    let (api, folder) = (echo.api(), echo.host.folder().to_owned());
    let subscription = echo.subscribe("s", "/s").await["id"].as_str().unwrap().to_owned();
    let connections = (0..200).map(|number| {
        let credentials = json!({ "accessToken": format!("token-{number}") });
        let body = json!({ "integration": "echo", "customer": "many", "credentials": credentials });
        let api = &api;
        async move { api.put(&format!("/v1/connections/c{number}"), body).await.expect(201) }
    });
    futures::future::join_all(connections).await;
    for _ in 0..6 {
        echo.host.stop().await;
        let mut rotation = rotation(&folder).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(random.below(60))).await;
        let _ = rotation.kill().await;
        echo.host.restart().await;
        works(&echo, &subscription).await;
    }
    echo.host.stop().await;
    let (is_done, said) = rotate(&folder).await;
    assert!(is_done, "{said}");
    echo.host.restart().await;
    works(&echo, &subscription).await;
    for number in 0..200 {
        // Reading the credentials is what a patch does first.
        let patched: Answer =
            echo.api().patch(&format!("/v1/connections/c{number}"), json!({ "credentials": {} })).await;
        patched.expect(200);
    }
}

#[tokio::test]
async fn a_folder_without_a_key_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let (is_done, why) = rotate(folder.path()).await;
    assert!(!is_done && why.contains("there is no master key"), "{why}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
