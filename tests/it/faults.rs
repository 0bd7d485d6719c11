//! Disks that are full or broken, and files that are damaged: nothing is acknowledged that is not kept, nothing is lost in
//! silence, and whoever starts the server reads which file it is and what to do.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::harness::{
    Answer, BROKEN, FULL, Host, Receiver, RefusingDisk, Settings, Step, UNSYNCED, router, router_to_compile, wait_for,
};

/// A host whose disk can be made to refuse writes, with one subscription.
struct Scene {
    host: Host,
    receiver: Receiver,
    webhook: String,
    disk: RefusingDisk,
    space: tempfile::TempDir,
}

impl Scene {
    async fn start() -> Scene {
        let space = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let disk = RefusingDisk::new(space.path());
        let settings = disk.set_up(Settings::default().with("retry-gaps-ms", ["50"; 200].join(",")));
        let host = Host::start_on(&disk.data(), &settings).await;
        host.api.upload(router("router", "1")).await.expect(201);
        host.api.put_integration("i", "router", json!({})).await;
        host.api.put_connection("c", "i", "customer", json!({})).await;
        let receiver = Receiver::start().await;
        let subscription = host.api.subscribe("c", "events", json!({ "selector": "s" }), &receiver.url("/s")).await;
        assert_eq!(subscription["status"], "subscribed", "{subscription}");
        let webhook = host.api.webhook("i", "events").await;
        Scene { host, receiver, webhook, disk, space }
    }

    async fn send(&self, number: u32) -> Answer {
        self.host.api.post_body(&self.webhook, "text/plain", format!("s\tn{number}\t{number}\n")).await
    }

    async fn restart(&mut self) {
        self.host.restart().await;
        self.webhook = self.host.api.webhook("i", "events").await;
    }

    /// The numbers that arrived.
    fn arrived(&self) -> Vec<u64> {
        let received = self.receiver.received("/s");
        let mut numbers: Vec<u64> = received.iter().map(|delivery| delivery.json()["data"].as_u64().unwrap()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    async fn until_arrived(&self, numbers: &[u64]) {
        wait_for("the events to arrive", async || (self.arrived() == numbers).then_some(())).await;
    }

    /// Fails to start, twice and in the same words, which it returns.
    fn fails_to_start(&self) -> String {
        let start = || {
            // A server that does start is ended.
            let run = Command::new("timeout")
                .args([
                    "10",
                    env!("CARGO_BIN_EXE_patchbay"),
                    "serve",
                    "--listen",
                    "127.0.0.1:0",
                    "--log",
                    "off",
                    "--data",
                ])
                .arg(self.disk.data())
                .envs(self.host.environment())
                .output()
                .unwrap();
            (run.status.code(), String::from_utf8(run.stderr).unwrap())
        };
        let (code, words) = start();
        assert_eq!(code, Some(1), "124: it started, and was ended. {words}");
        assert_eq!(start(), (code, words.clone()), "the second start says something else");
        words
    }
}

#[tokio::test]
async fn while_the_disk_is_full_nothing_is_acknowledged_and_afterwards_nothing_is_missing() {
    for error in [FULL, BROKEN, UNSYNCED] {
        let mut scene = Scene::start().await;
        scene.send(1).await.expect(200);
        scene.until_arrived(&[1]).await;
        scene.disk.refuse(error);
        for number in 2..5 {
            scene.send(number).await.expect_problem(503, "unavailable");
        }
        scene.host.api.get("/readyz").await.expect_problem(503, "unavailable");
        scene.host.api.get("/healthz").await.expect(200);
        assert_eq!(scene.host.api.get("/v1/events").await.expect(200)["items"].as_array().unwrap().len(), 1);
        scene.host.kill().await;
        scene.disk.allow();
        scene.restart().await;
        scene.send(5).await.expect(200);
        wait_for("the new event", async || scene.arrived().contains(&5).then_some(())).await;
        scene.host.api.get("/readyz").await.expect(200);
    }
}

/// Also what the compiler writes, in a process of its own, is not the bundle's fault.
#[tokio::test]
async fn an_upload_that_finds_the_disk_full_is_told_to_come_again() {
    let scene = Scene::start().await;
    scene.disk.refuse(FULL);
    for bundle in [router("router", "2"), router_to_compile("router", "3")] {
        let answer = scene.host.api.upload(bundle).await;
        assert_eq!(answer.header("retry-after"), "5");
        answer.expect_problem(503, "unavailable");
    }
}

#[tokio::test]
async fn a_compiler_that_finds_the_disk_full_does_not_blame_the_bundle() {
    let space = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let bundle = space.path().join("bundle.wasm");
    fs::write(&bundle, router("router", "1")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .args([
            "compile".as_ref(),
            bundle.as_os_str(),
            "/dev/full".as_ref(),
            space.path().join("functions").as_os_str(),
        ])
        .args(["--memory-bytes-max", "8000000000"])
        .output()
        .unwrap();
    let words = String::from_utf8(run.stderr).unwrap();
    assert!(words.contains("the disk refuses: No space left"), "{words}");
}

#[tokio::test]
async fn what_is_pending_when_the_disk_fills_arrives_when_there_is_room_again() {
    let mut scene = Scene::start().await;
    scene.receiver.script("/s", std::iter::repeat_n(Step::Status(500), 2));
    scene.send(1).await.expect(200);
    scene.disk.refuse(FULL);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let tries = scene.receiver.received("/s").len();
    assert!(tries < 6, "a store that cannot write hammers the destination: {tries} tries");
    scene.host.kill().await;
    scene.disk.allow();
    scene.restart().await;
    wait_for("the delivery to be settled", async || {
        let delivered = scene.host.api.all("/v1/deliveries?status=delivered").await;
        (delivered.len() == 1).then_some(())
    })
    .await;
}

/// sled takes nothing more then, though the journal does.
#[tokio::test]
async fn an_event_that_is_sent_again_and_again_after_the_disk_was_full_is_taken_once() {
    let mut scene = Scene::start().await;
    scene.receiver.script("/s", std::iter::repeat_n(Step::Status(500), 200));
    scene.send(1).await.expect(200);
    // Nothing else is on its way to the disk.
    scene.host.api.put_connection("other", "i", "customer", json!({})).await;
    scene.disk.refuse(FULL);
    wait_for("an attempt that cannot be recorded", async || scene.host.log().contains("not recorded").then_some(()))
        .await;
    scene.disk.allow();
    let send_again_and_again = async || {
        for _ in 0..10 {
            scene.send(2).await.expect_problem(503, "unavailable");
        }
    };
    tokio::join!(send_again_and_again(), send_again_and_again(), send_again_and_again(), send_again_and_again());
    scene.host.kill().await;
    scene.restart().await;
    scene.send(2).await.expect(200);
    let events = scene.host.api.all("/v1/events").await;
    let times = events.iter().filter(|event| event["providerId"] == "n2" && event["status"] != "duplicate").count();
    assert_eq!(times, 1, "{events:?}");
    scene.until_arrived(&[1, 2]).await;
}

#[tokio::test]
async fn what_could_not_be_deleted_is_not_called_gone() {
    for error in [FULL, BROKEN, UNSYNCED] {
        let scene = Scene::start().await;
        let listed = scene.host.api.all("/v1/subscriptions").await;
        let subscription = format!("/v1/subscriptions/{}", listed[0]["id"].as_str().unwrap());
        scene.disk.refuse(error);
        for _ in 0..2 {
            scene.host.api.delete(&subscription).await.expect_problem(503, "unavailable");
        }
    }
}

/// An external app would go on using it.
#[tokio::test]
async fn an_address_that_could_not_be_kept_is_not_given_out() {
    let scene = Scene::start().await;
    scene.host.api.put_integration("other", "router", json!({})).await;
    scene.disk.refuse(UNSYNCED);
    // Each time another one is in memory.
    for _ in 0..3 {
        let addresses = scene.host.api.get("/v1/integrations/other/global-webhooks").await;
        addresses.expect_problem(503, "unavailable");
    }
}

#[tokio::test]
async fn a_start_on_a_disk_that_takes_no_writes_says_where_and_a_later_start_finds_everything() {
    let mut scene = Scene::start().await;
    scene.send(1).await.expect(200);
    scene.until_arrived(&[1]).await;
    assert_eq!(scene.host.stop().await.code(), Some(0));
    scene.disk.refuse(FULL);
    let words = scene.fails_to_start();
    assert!(words.contains(scene.disk.data().to_str().unwrap()) && words.contains("No space left"), "{words}");
    scene.disk.allow();
    scene.restart().await;
    assert_eq!(scene.host.api.all("/v1/events").await.len(), 1);
}

/// Changes one file, expects words about it, puts the file back and expects everything to be there.
async fn check(scene: &mut Scene, file: &str, damage: impl Fn(&Path), words: &[&str]) {
    let (path, kept) = (scene.disk.data(), scene.space.path().join("kept"));
    let copied = Command::new("cp").arg("-a").args([&path, &kept]).status().unwrap();
    assert!(copied.success());
    println!("damaged: {file}");
    damage(&path.join(file));
    let said = scene.fails_to_start();
    for word in words {
        assert!(said.contains(word), "{file}: `{word}` is not in: {said}");
    }
    fs::remove_dir_all(&path).unwrap();
    fs::rename(&kept, &path).unwrap();
    scene.restart().await;
    assert_eq!(scene.host.api.all("/v1/events").await.len(), 21, "{file}");
    assert_eq!(scene.host.stop().await.code(), Some(0));
}

fn empty(path: &Path) {
    fs::write(path, b"").unwrap();
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

fn garble(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(31).wrapping_add(7));
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_file_stops_the_start_with_its_name_and_what_to_do_and_no_backup_is_harmed() {
    let mut scene = Scene::start().await;
    for number in 0..20 {
        scene.send(number).await.expect(200);
    }
    scene.until_arrived(&(0..20).collect::<Vec<_>>()).await;
    // The mark is raised at most once a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    scene.send(0).await.expect(200);
    assert_eq!(scene.host.stop().await.code(), Some(0));
    // A repeat of the first event is on record too.
    scene.restart().await;
    let events = scene.host.api.all("/v1/events").await.len();
    assert_eq!(events, 21);
    assert_eq!(scene.host.stop().await.code(), Some(0));
    let lost = ["store/sled/db", "has lost records", "backup", "watermark"];
    check(&mut scene, "store/sled", |folder| fs::remove_dir_all(folder).unwrap(), &lost).await;
    check(&mut scene, "store/sled/db", empty, &["store/sled", "backup"]).await;
    check(&mut scene, "store/sled/db", remove, &["store/sled", "backup"]).await;
    check(&mut scene, "store/sled/db", garble, &["store/sled", "backup"]).await;
    check(&mut scene, "store/sled/conf", garble, &["store/sled", "backup"]).await;
    check(&mut scene, "master.key", empty, &["master.key", "64 hexadecimal digits", "backup"]).await;
    check(&mut scene, "master.key", garble, &["master.key", "64 hexadecimal digits", "backup"]).await;
    check(&mut scene, "master.key", remove, &["master.key is missing", "backup"]).await;
}

#[tokio::test]
async fn damaged_machine_code_is_compiled_again_and_a_damaged_bundle_is_never_run() {
    let mut scene = Scene::start().await;
    assert_eq!(scene.host.stop().await.code(), Some(0));
    let compiled = |kind: &str| {
        let files = fs::read_dir(scene.disk.data().join("compiled")).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == kind)).collect::<Vec<_>>()
    };
    for kind in ["cwasm", "tag32"] {
        assert!(!compiled(kind).is_empty(), "there is no {kind}");
        compiled(kind).iter().for_each(|path| garble(path));
    }
    scene.restart().await;
    scene.send(1).await.expect(200);
    assert_eq!(scene.host.stop().await.code(), Some(0));
    for bundle in fs::read_dir(scene.disk.data().join("store/bundles")).unwrap() {
        garble(&bundle.unwrap().path());
    }
    fs::remove_dir_all(scene.disk.data().join("compiled")).unwrap();
    scene.restart().await;
    assert_eq!(scene.send(2).await.status, 500);
    assert_eq!(scene.host.api.last_request().await["status"], "failed", "it is kept, to be replayed");
}

#[tokio::test]
async fn a_damaged_payload_is_a_dead_letter_that_says_so() {
    let mut scene = Scene::start().await;
    scene.receiver.script("/s", [Step::Status(500)]);
    scene.send(1).await.expect(200);
    scene.receiver.wait("/s", 1).await;
    // In order: after a kill the journal would mend it.
    scene.host.stop().await;
    for segment in fs::read_dir(scene.disk.data().join("store/content")).unwrap() {
        garble(&segment.unwrap().path());
    }
    scene.restart().await;
    let dead =
        wait_for("the dead letter", async || scene.host.api.all("/v1/deliveries?status=dead").await.into_iter().next())
            .await;
    assert!(dead["attempts"].to_string().contains("check sum"), "{dead}");
}
