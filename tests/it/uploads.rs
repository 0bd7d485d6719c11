//! Bundles: what is taken in, and what is refused with which words.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::Method;
use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use crate::harness::{Answer, Host, Settings, build, connector_folder, core_module, repository, section};

const MANIFEST_SECTION: &str = "patchbay:manifest";

/// A component with the given world that traps when it is called.
fn component(wit: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str(Path::new("test.wit"), wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// A component that implements the contract and traps when it is called.
fn connector() -> Vec<u8> {
    component(&std::fs::read_to_string(repository().join("wit/connector.wit")).unwrap())
}

fn with_manifest(mut component: Vec<u8>, manifest: impl AsRef<[u8]>) -> Vec<u8> {
    section(&mut component, MANIFEST_SECTION, manifest.as_ref());
    component
}

fn manifest() -> Value {
    json!({
        "manifestVersion": 1,
        "connector": { "key": "dummy", "name": "Dummy" },
        "globalWebhooks": [{ "key": "w", "name": "W", "methods": { "handle": { "implementationType": "javascript" } } }],
        "events": [],
    })
}

async fn send(host: &Host, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = host.api.request(Method::POST, "/v1/connectors");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.body(body).send().await.unwrap()).await
}

#[tokio::test]
async fn a_component_of_any_origin_that_implements_the_contract_is_taken() {
    let host = Host::start_empty(Settings::default()).await;
    let bundle = with_manifest(connector(), manifest().to_string());
    let uploaded = host.api.upload(bundle).await.expect(201);
    assert_eq!((&uploaded["key"], &uploaded["version"]), (&json!("dummy"), &json!(1)));
    host.api.put_integration("i", "dummy", json!({})).await;
    let url = host.api.webhook("i", "w").await;
    host.api.post_webhook(&url, &json!({})).await.expect_problem(500, "handler_crashed");
}

#[tokio::test]
async fn what_is_no_bundle_is_refused_with_what_is_wrong() {
    let host = Host::start_empty(Settings::default()).await;
    let check = async |what: &str, bundle: Vec<u8>, code: &str, words: &str| {
        let problem = host.api.upload(bundle).await.expect_problem(422, code);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{what}: {problem}");
    };
    check("nothing", Vec::new(), "bundle_not_a_component", "not WebAssembly").await;
    check("text", b"hello".to_vec(), "bundle_not_a_component", "not WebAssembly").await;
    check("core module", wat::parse_str("(module)").unwrap(), "bundle_not_a_component", "core module").await;
    let whole = connector();
    check("cut off", whole[..whole.len() / 2].to_vec(), "bundle_not_a_component", "damaged").await;
    let empty = wat::parse_str("(component)").unwrap();
    check("no exports", with_manifest(empty, manifest().to_string()), "bundle_world_not_implemented", "`handle`").await;
    let half = component("package a:b; world w { export handle: func(request: string) -> string; }");
    let half = with_manifest(half, manifest().to_string());
    check("half", half, "bundle_world_not_implemented", "`get-event-selector`").await;
    let other = component(
        "package a:b; world w { export handle: func(r: string) -> string; \
         export get-event-selector: func(r: string) -> string; }",
    );
    let other = with_manifest(other, manifest().to_string());
    check("other types", other, "bundle_world_not_implemented", "expected `record` found `string`").await;
    assert!(host.api.all("/v1/connectors").await.is_empty());
}

#[tokio::test]
async fn a_component_that_asks_for_more_than_the_contract_grants_is_refused() {
    let host = Host::start_empty(Settings::default()).await;
    for interface in ["wasi:http/outgoing-handler@0.2.3", "wasi:sockets/tcp@0.2.3", "wasi:http/types@0.2.0", "evil:x/y"]
    {
        let text = format!(
            r#"(component
                 (import "{interface}" (instance))
                 (core module $m (func (export "f")))
                 (core instance $i (instantiate $m))
                 (func $f (canon lift (core func $i "f")))
                 (export "handle" (func $f))
                 (export "get-event-selector" (func $f)))"#
        );
        let bundle = with_manifest(wat::parse_str(text).unwrap(), manifest().to_string());
        let problem = host.api.upload(bundle).await.expect_problem(422, "bundle_import_refused");
        assert!(problem["detail"].as_str().unwrap().contains(interface), "{problem}");
    }
}

#[tokio::test]
async fn a_bad_manifest_is_refused_with_what_is_wrong() {
    let host = Host::start_empty(Settings::default()).await;
    let check = async |bundle: Vec<u8>, words: &str| {
        let problem = host.api.upload(bundle).await.expect_problem(422, "bundle_manifest_invalid");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{words}: {problem}");
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut manifest = manifest();
        change(&mut manifest);
        with_manifest(connector(), manifest.to_string())
    };
    check(connector(), "has no `patchbay:manifest` section").await;
    let twice = with_manifest(with_manifest(connector(), manifest().to_string()), manifest().to_string());
    check(twice, "2 manifests").await;
    check(with_manifest(connector(), "{"), "not JSON").await;
    check(with_manifest(connector(), "{}"), "`manifestVersion` must be 1").await;
    check(changed(&|manifest| manifest["manifestVersion"] = json!(2)), "`manifestVersion` must be 1").await;
    check(changed(&|manifest| manifest["unheard-of"] = json!(1)), "unheard-of").await;
    check(changed(&|manifest| manifest["connector"]["key"] = json!("../up")), "connector.key").await;
    check(changed(&|manifest| manifest["connector"]["parametersSchema"] = json!({ "type": 7 })), "parametersSchema")
        .await;
    let webhook = manifest()["globalWebhooks"][0].clone();
    check(changed(&|manifest| manifest["globalWebhooks"] = json!([webhook, webhook])), "`w`").await;
    assert!(host.api.all("/v1/connectors").await.is_empty());
}

#[tokio::test]
async fn a_bundle_that_is_too_large_or_of_another_type_is_refused() {
    let host = Host::start_empty(Settings::default().with("bundle-bytes-max", 200_000)).await;
    let small = with_manifest(connector(), manifest().to_string());
    let mut large = small.clone();
    section(&mut large, "padding", &[0; 200_000]);
    host.api.upload(large.clone()).await.expect_problem(413, "body_too_large");
    let wasm = ("content-type", "application/wasm");
    let bomb = send(&host, &[wasm, ("content-encoding", "gzip")], gzip(&large)).await;
    bomb.expect_problem(413, "body_too_large");
    send(&host, &[("content-type", "text/plain")], small.clone()).await.expect_problem(415, "unsupported_media_type");
    send(&host, &[], small.clone()).await.expect_problem(415, "unsupported_media_type");
    let broken = send(&host, &[wasm, ("content-encoding", "gzip")], b"\x1f\x8b and no more".to_vec()).await;
    broken.expect_problem(415, "unsupported_content_encoding");
    let unknown = send(&host, &[wasm, ("content-encoding", "lz4")], small).await;
    unknown.expect_problem(415, "unsupported_content_encoding");
}

#[tokio::test]
async fn the_same_bytes_are_the_same_version_however_they_are_sent() {
    let host = Host::start_empty(Settings::default()).await;
    let bundle = with_manifest(connector(), manifest().to_string());
    let first = send(&host, &[("content-type", "application/wasm"), ("content-encoding", "gzip")], gzip(&bundle)).await;
    let first = first.expect(201);
    let zstd = [("content-type", "application/octet-stream"), ("content-encoding", "zstd")];
    let second = send(&host, &zstd, zstd_of(&bundle)).await.expect(200);
    let third = host.api.upload(bundle).await.expect(200);
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_eq!(host.api.all("/v1/connectors/dummy/versions").await.len(), 1);
}

#[tokio::test]
async fn versions_are_numbered_and_never_change() {
    let host = Host::start_empty(Settings::default()).await;
    let version = |name: &str| {
        let mut manifest = manifest();
        manifest["connector"]["name"] = json!(name);
        with_manifest(connector(), manifest.to_string())
    };
    let first = host.api.upload(version("First")).await.expect(201);
    let second = host.api.upload(version("Second")).await.expect(201);
    assert_eq!((&first["version"], &second["version"]), (&json!(1), &json!(2)));
    assert_ne!(first["digest"], second["digest"]);
    assert_eq!(host.api.get("/v1/connectors/dummy/versions/1").await.expect(200), first);
    let by_digest = format!("/v1/connectors/dummy/versions/{}", second["digest"].as_str().unwrap());
    assert_eq!(host.api.get(&by_digest).await.expect(200), second);
    assert_eq!(host.api.get("/v1/connectors/dummy").await.expect(200), second);
    assert_eq!(host.api.all("/v1/connectors/dummy/versions").await, [second, first]);
    for (method, path) in [(Method::PUT, "/v1/connectors/dummy/versions/1"), (Method::PATCH, "/v1/connectors/dummy")] {
        let answer = Answer::read(host.api.request(method, path).send().await.unwrap()).await;
        answer.expect_problem(405, "method_not_allowed");
    }
    assert_eq!(host.api.get("/v1/connectors/dummy/versions/3").await.status, 404);
    assert_eq!(host.api.get("/v1/connectors/unknown").await.status, 404);
}

#[tokio::test]
async fn a_version_in_use_cannot_be_removed_and_its_number_is_not_given_again() {
    let host = Host::start_empty(Settings::default()).await;
    let version = |name: &str| {
        let mut manifest = manifest();
        manifest["connector"]["name"] = json!(name);
        with_manifest(connector(), manifest.to_string())
    };
    for name in ["First", "Second"] {
        host.api.upload(version(name)).await.expect(201);
    }
    host.api.put("/v1/integrations/i", json!({ "connector": "dummy", "version": 1 })).await.expect(201);
    host.api.delete("/v1/connectors/dummy/versions/1").await.expect_problem(409, "conflict");
    host.api.delete("/v1/connectors/dummy/versions/2").await.expect(204);
    assert_eq!(host.api.get("/v1/connectors/dummy/versions/2").await.status, 404);
    assert_eq!(host.api.get("/v1/connectors/dummy").await.expect(200)["version"], 1);
    host.api.delete("/v1/connectors/dummy/versions/1").await.expect_problem(409, "conflict");
    assert_eq!(host.api.upload(version("Third")).await.expect(201)["version"], 3);
}

#[tokio::test]
async fn a_bundle_of_the_sdk_lists_its_webhooks_and_events() {
    let host = Host::start().await;
    assert_eq!(host.api.upload(build(&connector_folder("echo"))).await.expect(200)["version"], 1);
    host.api.put_integration("echo", "echo", json!({})).await;
    let events = host.api.get("/v1/integrations/echo/events").await.expect(200);
    let chosen = events.as_array().unwrap().iter().find(|event| event["key"] == "chosen").unwrap();
    assert_eq!(chosen["parametersSchema"]["required"], json!(["selector"]));
    let connector = host.api.get("/v1/connectors/echo").await.expect(200);
    assert!(connector["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(connector["manifest"]["connector"]["key"], "echo");
}

/// A bundle that takes long to compile, and the path of its upload.
fn slow_to_compile(build: u32) -> (Vec<u8>, String) {
    let step =
        |number: u32| format!("(local.set 0 (i64.mul (i64.rotl (local.get 0) (i64.const {number})) (local.get 0)))");
    let body: String = (0..40).map(step).collect();
    let function =
        |number| format!("(func (param i64) (result i64) (local.set 0 (i64.const {number})) {body} (local.get 0))");
    let functions: String = (0..3_000).map(|number| function(number * 10 + build)).collect();
    let mut component = connector();
    core_module(&mut component, &wat::parse_str(format!("(module {functions})")).unwrap());
    let bundle = with_manifest(component, manifest().to_string());
    let path = format!("/v1/uploads/sha256:{}", hex::encode(digest(&SHA256, &bundle)));
    (bundle, path)
}

/// Asks for an upload until it has this status.
async fn wait_for_upload(host: &Host, path: &str, status: &str) -> Value {
    let start = Instant::now();
    loop {
        let answer = host.api.get(path).await;
        if answer.status == 200 && answer.json()["status"] == status {
            return answer.json();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "never {status}: {}", answer.text());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn while_a_bundle_is_compiled_its_upload_can_be_seen_and_then_its_version() {
    let host = Host::start_empty(Settings::default()).await;
    let ((first, path), (second, path_of_second)) = (slow_to_compile(1), slow_to_compile(2));
    host.api.get(&path).await.expect_problem(404, "not_found");
    let (first, second, ()) = tokio::join!(host.api.upload(first), host.api.upload(second), async {
        let compiling = wait_for_either(&host, [&path, &path_of_second]).await;
        let waiting = if compiling == path { &path_of_second } else { &path };
        let upload = wait_for_upload(&host, waiting, "waiting").await;
        assert_eq!(
            (&upload["connector"], waiting.ends_with(upload["digest"].as_str().unwrap())),
            (&json!("dummy"), true)
        );
        wait_for_upload(&host, waiting, "compiling").await;
    });
    for (uploaded, path) in [(first, path), (second, path_of_second)] {
        assert!(path.ends_with(uploaded.expect(201)["digest"].as_str().unwrap()), "{path}");
        host.api.get(&path).await.expect_problem(404, "not_found");
    }
}

/// The first of two uploads that is compiled.
async fn wait_for_either<'p>(host: &Host, paths: [&'p str; 2]) -> &'p str {
    let [one, other] = paths.map(|path| Box::pin(wait_for_upload(host, path, "compiling")));
    tokio::select! { _ = one => paths[0], _ = other => paths[1] }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Zstandard without compression: one frame of raw blocks (RFC 8878).
fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    const BLOCK_BYTES_MAX: usize = 1 << 17;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    let count = bytes.len().div_ceil(BLOCK_BYTES_MAX);
    for (index, block) in bytes.chunks(BLOCK_BYTES_MAX).enumerate() {
        let is_last = u32::from(index + 1 == count);
        let head = (u32::try_from(block.len()).unwrap() << 3) | is_last;
        frame.extend(&head.to_le_bytes()[..3]);
        frame.extend(block);
    }
    frame
}
