//! Runs small programs of `tests/tools/` with Node.js and the npm packages in `tests/package.json`.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::bundles::repository;

/// What a program of `tests/tools/` prints, given its input.
pub(crate) async fn node(program: &str, input: &str) -> String {
    let tests = repository().join("tests");
    assert!(tests.join("node_modules").exists(), "tests/node_modules is missing: run scripts/test, or npm ci in tests");
    let mut child = Command::new("node")
        .arg(tests.join("tools").join(program))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("node cannot be run ({error}): install Node.js and run scripts/test"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
