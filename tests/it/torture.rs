//! The torture: random load over many integrations, subscriptions and destinations, while the host is killed at random
//! moments, in its start and its stop too. At the end every answered event was delivered to everyone that it was owed
//! to or stands in the dead letters, none was invented, none came to a wrong subscription. A second form has so little room
//! that requests go all the time, and a disk that is full or broken now and then.
//! This proves what a dead process leaves behind; a power cut is another matter, and `power`'s.

mod destinations;
mod disk;
mod judgement;
mod ledger;
mod load;
mod power;
mod recording;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{BROKEN, FULL, Host, Random, RefusingDisk, Settings, UNSYNCED};
use destinations::{Destinations, KINDS};
use judgement::Run;
use ledger::Ledger;
use load::Scene;

/// What one run amounts to.
struct Plan {
    kills: u64,
    senders: usize,
    /// How long the host runs between two kills, at most.
    runs_ms_max: u64,
    retention_s: u64,
    /// There is little room, and the disk refuses writes now and then.
    is_tight: bool,
}

/// Room for a few seconds of the load.
const TIGHT_BYTES: u64 = 1 << 20;
const DISK_ERRORS: [&str; 3] = [FULL, BROKEN, UNSYNCED];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_answered_2xx_is_delivered_however_often_the_host_is_killed() {
    let plan = if is_full() {
        let kills = number("PATCHBAY_TORTURE_KILLS", 1_000);
        let retention_s = number("PATCHBAY_TORTURE_RETENTION_S", 300);
        Plan { kills, senders: 6, runs_ms_max: 700, retention_s, is_tight: false }
    } else {
        Plan { kills: 14, senders: 4, runs_ms_max: 500, retention_s: 3_600, is_tight: false }
    };
    torture(&plan).await;
}

/// A fifth of the kills of the other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_2xx_is_delivered_though_room_is_short_and_the_disk_refuses_writes_while_the_host_is_killed()
{
    let plan = if is_full() {
        let kills = number("PATCHBAY_TORTURE_KILLS", 1_000) / 5;
        Plan { kills, senders: 6, runs_ms_max: 700, retention_s: 300, is_tight: true }
    } else {
        Plan { kills: 10, senders: 4, runs_ms_max: 700, retention_s: 300, is_tight: true }
    };
    torture(&plan).await;
}

/// Whether the long form is asked for.
fn is_full() -> bool {
    std::env::var_os("PATCHBAY_TORTURE").is_some()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

async fn torture(plan: &Plan) {
    let mut random = Random::new("torture");
    let space = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let disk = RefusingDisk::new(space.path());
    let mut host = Host::start_on(&disk.data(), &settings(plan, &disk)).await;
    let ledger = Arc::new(Ledger::default());
    let scene = Scene {
        destinations: Destinations::start(Arc::clone(&ledger)).await,
        ledger,
        api: Arc::new(Mutex::new(Some(host.api.clone()))),
        is_over: Arc::default(),
        tokens: Arc::default(),
        start: Instant::now(),
        // Its dead letters may be gone before anybody has seen them.
        kinds: if plan.is_tight { &KINDS[..KINDS.len() - 1] } else { &KINDS },
        is_tight: plan.is_tight,
    };
    load::set_up(&scene, &mut random).await;
    let load = load::start(&scene, plan.senders, &mut random);
    let starts_ms = kill_again_and_again(plan, &mut host, &scene, &mut random, &disk).await;
    load::end(&scene, load).await;
    let run = Run { retention_s: plan.retention_s, starts_ms: &starts_ms };
    judgement::judge(&scene, &mut host, &run).await;
    assert!(!plan.is_tight || ran_short(&host), "there was room all the time");
}

fn ran_short(host: &Host) -> bool {
    host.log().contains("the room ran short")
}

fn settings(plan: &Plan, disk: &RefusingDisk) -> Settings {
    let settings = Settings::default()
        .with("retry-gaps-ms", "100,200,400,800,1500,1500,1500,1500,1500,1500")
        .with("attempt-ms-max", 1_000)
        .with("shutdown-ms-max", 2_000)
        .with("retention-ms", plan.retention_s * 1_000)
        .with("duplicate-window-ms", plan.retention_s * 1_000)
        .with("sweep-gap-ms", 200)
        .with("unrouted-events-max", 100)
        .with("content-segment-bytes", 128 << 10)
        .with("store-cache-bytes", 4 << 20)
        .with("log", "warn");
    if !plan.is_tight {
        return settings;
    }
    disk.set_up(settings.with("retention-bytes", TIGHT_BYTES).with("content-bytes-max", 2 * TIGHT_BYTES))
}

/// Returns how long the starts took that came to their end.
async fn kill_again_and_again(
    plan: &Plan,
    host: &mut Host,
    scene: &Scene,
    random: &mut Random,
    disk: &RefusingDisk,
) -> Vec<u64> {
    let (mut kills, mut starts_ms) = (0, vec![100]);
    // On a slow machine it takes longer until there is little room.
    while kills < plan.kills || (plan.is_tight && kills < 4 * plan.kills && !ran_short(host)) {
        tokio::time::sleep(Duration::from_millis(random.below(plan.runs_ms_max))).await;
        if plan.is_tight && random.below(2) == 0 {
            end_on_a_refusing_disk(host, scene, random, disk).await;
            kills += 1;
        } else {
            kills += u64::from(end(host, scene, random).await);
        }
        *scene.api.lock().unwrap() = None;
        // A start may be killed as well, and the next one after that.
        while kills < plan.kills && random.below(10) < 3 {
            let usual = starts_ms[starts_ms.len() / 2];
            host.restart_and_kill(Duration::from_millis(random.below(usual + usual / 4))).await;
            scene.ledger.count("kills in the start");
            kills += 1;
        }
        let start = Instant::now();
        host.restart().await;
        starts_ms.push(start.elapsed().as_millis() as u64);
        starts_ms.sort_unstable();
        *scene.api.lock().unwrap() = Some(host.api.clone());
        if kills % (plan.kills / 40).max(1) == 0 {
            judgement::collect_dead_letters(scene).await;
            progress(kills, plan, scene, &starts_ms);
        }
    }
    starts_ms.remove(0);
    starts_ms
}

/// The disk refuses while the host works; it goes on for a while, and is killed before or after all is well again.
async fn end_on_a_refusing_disk(host: &mut Host, scene: &Scene, random: &mut Random, disk: &RefusingDisk) {
    scene.ledger.count("kills after the disk refused writes");
    disk.refuse(DISK_ERRORS[random.below(DISK_ERRORS.len() as u64) as usize]);
    tokio::time::sleep(Duration::from_millis(random.below(300))).await;
    let is_well_before = random.below(2) == 0;
    if is_well_before {
        disk.allow();
        tokio::time::sleep(Duration::from_millis(random.below(300))).await;
    }
    host.kill().await;
    if !is_well_before {
        disk.allow();
    }
}

/// Returns whether it was killed, and not only stopped.
async fn end(host: &mut Host, scene: &Scene, random: &mut Random) -> bool {
    let way = random.below(10);
    match way {
        0..8 => {
            scene.ledger.count("kills while it runs");
            host.kill().await;
        }
        8 => {
            scene.ledger.count("kills while it stops");
            host.ask_to_stop();
            tokio::time::sleep(Duration::from_millis(random.below(150))).await;
            host.kill().await;
        }
        _ => {
            scene.ledger.count("clean stops");
            assert_eq!(host.stop().await.code(), Some(0));
        }
    }
    way < 9
}

fn progress(kills: u64, plan: &Plan, scene: &Scene, starts_ms: &[u64]) {
    let book = scene.ledger.book();
    println!(
        "{kills:>5} of {} kills: {} events sent, {} answered, {} arrived ({} more than once), {} dead letters, start {} ms",
        plan.kills,
        book.sent(),
        book.answered(),
        book.arrivals().0,
        book.arrivals().1,
        book.dead.len(),
        starts_ms[starts_ms.len() / 2],
    );
}
