//! Power cuts: a host works under load while everything that it does to its files is recorded. From the recording disks are
//! rebuilt as they may be if the power had failed at random moments, and a host is started on each: what had been answered
//! before that moment must be there and arrive. One of these disks is what the next round goes on with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::destinations::{Destinations, KINDS, Kindness};
use super::disk::{Disk, Luck};
use super::ledger::Ledger;
use super::load::{self, Scene};
use super::recording::Recording;
use super::{is_full, judgement, number};
use crate::harness::{Host, Random, Settings, preloaded};

struct Plan {
    rounds: u64,
    cuts_per_round: u64,
    load_ms: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_answered_2xx_is_there_after_a_power_cut() {
    let plan = if is_full() {
        let cuts = number("PATCHBAY_TORTURE_CUTS", 200);
        Plan { rounds: cuts.div_ceil(20), cuts_per_round: cuts.min(20), load_ms: 6_000 }
    } else {
        Plan { rounds: 2, cuts_per_round: 3, load_ms: 1_500 }
    };
    cut_again_and_again(&plan).await;
}

/// The folders of a run.
struct Space {
    /// Below it lies the data folder; this much is recorded.
    recorded: PathBuf,
    recording: PathBuf,
    library: PathBuf,
    images: PathBuf,
}

async fn cut_again_and_again(plan: &Plan) {
    let start = Instant::now();
    let mut random = Random::new("power");
    // Stays after a failure, for whoever looks into it.
    let folder = tempfile::Builder::new().prefix("power-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    println!("power: what a failure leaves behind is in {}", folder.display());
    let space = Space {
        recorded: folder.join("recorded"),
        recording: folder.join("recording"),
        library: preloaded("record-writes.c", &folder),
        images: folder.join("images"),
    };
    std::fs::create_dir_all(&space.recorded).unwrap();
    let ledger = Arc::new(Ledger::default());
    let scene = Scene {
        destinations: Destinations::start(Arc::clone(&ledger)).await,
        ledger,
        api: Arc::new(Mutex::new(None)),
        is_over: Arc::default(),
        tokens: Arc::default(),
        start,
        kinds: &KINDS,
        is_tight: false,
    };
    let (mut before, mut token, mut cuts, mut checked) = (0, String::new(), 0, 0);
    for round in 0..plan.rounds {
        let (disk, disk_before, set_up_at) = record(plan, &space, &scene, before, &mut token, &mut random).await;
        let from = set_up_at.map_or(0, |position| position - before);
        let moments = moments(plan, &space, disk_before, from, &mut random);
        let next = random.below(plan.cuts_per_round) as usize;
        let (end, owed) = cut(&space, &scene, disk, &moments, next, before, &token, &mut random).await;
        cuts += plan.cuts_per_round;
        checked += owed;
        before = end;
        println!(
            "round {} of {}: {cuts} cuts, {} events answered, {checked} deliveries looked for, {} s",
            round + 1,
            plan.rounds,
            scene.ledger.book().answered(),
            start.elapsed().as_secs(),
        );
    }
    // Of a single cut this may be: the power may fail before anything was answered.
    assert!(checked > 0, "nothing was tried");
    println!("\n| power cuts | |\n|---|---:|");
    let rows = [("rounds", plan.rounds), ("cuts", cuts), ("deliveries looked for", checked as u64), ("lost", 0)];
    for (name, value) in rows.into_iter().chain([("seconds in all", start.elapsed().as_secs())]) {
        println!("| {name} | {value} |");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Lets a host work under load, recorded. Returns the disk as it was before, and in the first round the position at which
/// everything was set up.
async fn record(
    plan: &Plan,
    space: &Space,
    scene: &Scene,
    before: u64,
    token: &mut String,
    random: &mut Random,
) -> (Disk, Disk, Option<u64>) {
    let _ = std::fs::remove_file(&space.recording);
    scene.ledger.follow(space.recording.clone(), before);
    scene.destinations.be_kind(Kindness::Nobody);
    let (disk, again) = (Disk::read(&space.recorded), Disk::read(&space.recorded));
    let recorded = settings()
        .with_env("LD_PRELOAD", &space.library)
        .with_env("RECORD_ROOT", &space.recorded)
        .with_env("RECORD_LOG", &space.recording);
    let mut host = Host::start_on(&space.recorded.join("data"), &recorded).await;
    let is_first = token.is_empty();
    if is_first {
        token.clone_from(&host.api.token);
    }
    host.api.token.clone_from(token);
    *scene.api.lock().unwrap() = Some(host.api.clone());
    let mut set_up_at = None;
    if is_first {
        load::set_up(scene, random).await;
        set_up_at = Some(scene.ledger.now().position());
    }
    let load = load::start(scene, 6, random);
    tokio::time::sleep(Duration::from_millis(plan.load_ms)).await;
    // The stop is recorded as well, with the load still on.
    host.ask_to_stop();
    assert_eq!(host.wait().await.code(), Some(0));
    *scene.api.lock().unwrap() = None;
    load::end(scene, load).await;
    (disk, again, set_up_at)
}

/// When the power fails, as positions in the recording: half of the moments are any, half of them such at which something
/// is being written over.
fn moments(plan: &Plan, space: &Space, mut disk: Disk, from: u64, random: &mut Random) -> Vec<u64> {
    let (mut recording, mut dangerous) = (Recording::open(&space.recording), Vec::new());
    while let Some(record) = recording.next() {
        disk.apply(record);
        if recording.position > from && disk.is_written_over() {
            dangerous.push(recording.position);
        }
    }
    let length = recording.position;
    println!("  {} MB recorded, {} dangerous moments", length >> 20, dangerous.len());
    let moment = |number: u64| match dangerous.len() as u64 {
        count @ 1.. if number.is_multiple_of(2) => dangerous[random.below(count) as usize],
        _ => from + random.below(length - from) + 1,
    };
    let mut moments: Vec<u64> = (0..plan.cuts_per_round).map(moment).collect();
    moments.sort_unstable();
    moments
}

/// Starts a host on what each cut may have left. Returns the position of the cut that the next round goes on with, and how
/// many deliveries were looked for.
#[allow(clippy::too_many_arguments, reason = "one function of a test")]
async fn cut(
    space: &Space,
    scene: &Scene,
    mut disk: Disk,
    moments: &[u64],
    next: usize,
    before: u64,
    token: &str,
    random: &mut Random,
) -> (u64, usize) {
    let whole = scene.ledger.book().clone();
    let (mut end, mut owed) = (before, 0);
    let mut recording = Recording::open(&space.recording);
    let kept = space.images.join("kept");
    for (index, moment) in moments.iter().enumerate() {
        while recording.position < *moment {
            let Some(record) = recording.next() else { break };
            disk.apply(record);
        }
        let position = before + recording.position;
        let luck = Luck::draw(random);
        let image = space.images.join(format!("cut-{position}"));
        disk.write_image(&image, luck, random);
        if index == next {
            copy(&image, &kept);
            end = position;
        }
        *scene.ledger.book() = whole.at(position);
        println!("  cut at {position}: {luck:?}, {} bytes uncertain, in {}", disk.uncertain_bytes(), image.display());
        let untouched = image.with_extension("untouched");
        copy(&image, &untouched);
        owed += look_at(&image, scene, token).await;
        std::fs::remove_dir_all(&image).unwrap();
        std::fs::remove_dir_all(&untouched).unwrap();
    }
    while let Some(record) = recording.next() {
        disk.apply(record);
    }
    disk.assert_is_real("data", &space.images.join("all"), random);
    std::fs::remove_dir_all(&space.recorded).unwrap();
    std::fs::rename(&kept, &space.recorded).unwrap();
    *scene.ledger.book() = whole.at(end);
    (end, owed)
}

/// Starts a host on an image and checks that everything is there.
async fn look_at(image: &Path, scene: &Scene, token: &str) -> usize {
    scene.destinations.be_kind(Kindness::All);
    let mut host = Host::start_on(&image.join("data"), &settings()).await;
    host.api.token = token.to_owned();
    *scene.api.lock().unwrap() = Some(host.api.clone());
    judgement::check(scene, &host.api, Some(scene.start)).await;
    *scene.api.lock().unwrap() = None;
    host.kill().await;
    // What this host still sent is written down before the next world begins.
    tokio::time::sleep(Duration::from_millis(50)).await;
    judgement::verdict(scene)
}

fn settings() -> Settings {
    Settings::default()
        .with("retry-gaps-ms", "100,200,400,400,400,400,400,400,400,400,400,400,400,400,400,400,400,400,400,400")
        .with("attempt-ms-max", 1_000)
        .with("shutdown-ms-max", 2_000)
        .with("sweep-gap-ms", 300)
        .with("unrouted-events-max", 200)
        .with("content-segment-bytes", 128 << 10)
        .with("store-cache-bytes", 4 << 20)
        .with("log", "warn")
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap();
    assert!(copied.success());
}
