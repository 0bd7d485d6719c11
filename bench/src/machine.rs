//! Describes the machine, so that figures can be read: processor, memory, disk, versions, and whether it was idle.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Above this the machine was busy with something else, and the figures say little.
const LOAD_OF_AN_IDLE_MACHINE: f64 = 0.5;

/// How long syncs are counted.
const SYNC_TIME: Duration = Duration::from_millis(500);

/// A list in Markdown. `folder` is on the disk that is measured.
pub(crate) fn describe(folder: &Path, revision: &str) -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let load = load();
    let busy = if load > LOAD_OF_AN_IDLE_MACHINE { ": **not idle, do not trust the figures**" } else { "" };
    Ok(format!(
        "- {} · {cores} cores · {} GiB memory · Linux {}\n\
         - disk: {}, {:.0} appends of 4 KB with fdatasync a second\n\
         - Patchbay {revision} · Node.js {}\n\
         - {} · load average at the start {load:.2}{busy}\n",
        field("/proc/cpuinfo", "model name"),
        memory_gib(),
        read("/proc/sys/kernel/osrelease").trim(),
        file_system(folder),
        syncs_per_second(folder)?,
        output("node", &["--version"]),
        output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
    ))
}

pub(crate) fn load() -> f64 {
    read("/proc/loadavg").split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
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
