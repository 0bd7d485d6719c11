//! Describes the machine, so that figures can be read: processor, memory, disk, versions, and whether it was idle.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Above this the machine was busy with something else, and the figures say little.
const BUSY_PCT_OF_AN_IDLE_MACHINE: f64 = 5.0;

/// How long the machine is watched before anything is started.
const WATCH_TIME: Duration = Duration::from_secs(3);

/// How long syncs are counted.
const SYNC_TIME: Duration = Duration::from_millis(500);

/// A list in Markdown. `folder` is on the disk that is measured.
pub(crate) fn describe(folder: &Path, revision: &str) -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let busy_pct = busy_pct();
    let is_busy = busy_pct > BUSY_PCT_OF_AN_IDLE_MACHINE;
    let busy = if is_busy { ": **not idle, do not trust the figures**" } else { "" };
    Ok(format!(
        "- {} · {cores} cores · {} GiB memory · Linux {}\n\
         - disk: {}, {:.0} appends of 4 KB with fdatasync a second\n\
         - Patchbay {revision} · Node.js {}\n\
         - {} · processors {busy_pct:.0} % busy with something else at the start{busy}\n",
        field("/proc/cpuinfo", "model name"),
        memory_gib(),
        read("/proc/sys/kernel/osrelease").trim(),
        file_system(folder),
        syncs_per_second(folder)?,
        output("node", &["--version"]),
        output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
    ))
}

/// Fails where the disk of a folder has less room than this, in GB. A disk that is almost full is slow, and a full one fails.
pub(crate) fn check_room(folder: &Path, gb_min: u64) -> anyhow::Result<()> {
    let table = output("df", &["-Pk", &folder.to_string_lossy()]);
    let kib = table.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    let gb = kib.ok_or_else(|| anyhow::anyhow!("df did not say how much room there is"))? * 1_024 / 1_000_000_000;
    anyhow::ensure!(
        gb >= gb_min,
        "{} has {gb} GB of free disk, and this needs {gb_min}: make room, set CARGO_TARGET_DIR to another disk, or choose less \
         with --quick or --only",
        folder.display()
    );
    Ok(())
}

/// How busy all processors are together, while nothing of this program runs.
fn busy_pct() -> f64 {
    let (busy_before, all_before) = ticks();
    std::thread::sleep(WATCH_TIME);
    let (busy, all) = ticks();
    100.0 * (busy - busy_before) as f64 / (all - all_before).max(1) as f64
}

/// Clock ticks that all processors were busy, and all that there were.
fn ticks() -> (u64, u64) {
    let stat = read("/proc/stat");
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user, nice, system, idle, iowait, irq, softirq, steal; those after are part of user.
    let ticks: Vec<u64> = fields.take(8).filter_map(|field| field.parse().ok()).collect();
    let all = ticks.iter().sum();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    (all - idle, all)
}

fn syncs_per_second(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("syncs");
    let file = File::create(&path)?;
    let start = Instant::now();
    let mut count = 0u32;
    while start.elapsed() < SYNC_TIME {
        file.write_all_at(&[b'x'; 4 << 10], u64::from(count) << 12)?;
        file.sync_data()?;
        count += 1;
    }
    fs::remove_file(path)?;
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// The kind of file system that holds a folder.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = read("/proc/mounts");
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (place, kind) = (fields.next()?, fields.next()?);
        folder.starts_with(place).then_some((place.len(), kind))
    });
    mounted.max_by_key(|(length, _)| *length).map_or("unknown", |(_, kind)| kind).to_owned()
}

fn memory_gib() -> u64 {
    let kib = field("/proc/meminfo", "MemTotal");
    let kib: u64 = kib.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
    (kib + (1 << 19)) >> 20
}

fn field(file: &str, name: &str) -> String {
    let text = read(file);
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    value.unwrap_or("unknown").trim().to_owned()
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_the_room_is_an_error_that_says_what_there_is() {
        let here = Path::new(".");
        check_room(here, 0).unwrap();
        let error = check_room(here, u64::MAX).unwrap_err().to_string();
        assert!(error.contains("GB of free disk"), "{error}");
    }
}
