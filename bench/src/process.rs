//! Starts what is measured, and reads from /proc what it uses. Ends it when dropped.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};

/// A clock tick of /proc/PID/stat, in microseconds: USER_HZ is 100 on every Linux.
const TICK_US: u64 = 10_000;

pub(crate) struct Process {
    child: Child,
    name: String,
    /// What it says on stderr.
    log: PathBuf,
    /// What it printed before it was ready.
    pub(crate) greeting: Vec<String>,
}

impl Process {
    /// Starts a program and waits for a line that holds `ready`. What it says on stderr goes to `log`.
    pub(crate) fn start(mut command: Command, ready: &str, log: &Path, wait: Duration) -> anyhow::Result<Process> {
        let name = command.get_program().to_string_lossy().into_owned();
        let errors = fs::File::create(log)?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("{name} has no output"))?;
        let mut process = Process { child, name, log: log.to_owned(), greeting: Vec::new() };
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Reads on after the other side has stopped listening: the program must not wait for its own output.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        loop {
            let Ok(line) = lines.recv_timeout(wait) else {
                bail!("{} did not start: {}", process.name, process.last_words());
            };
            let is_ready = line.contains(ready);
            process.greeting.push(line);
            if is_ready {
                return Ok(process);
            }
        }
    }

    /// What follows `before` in the greeting, up to the next space.
    pub(crate) fn said(&self, before: &str) -> anyhow::Result<String> {
        let found = self.greeting.iter().find_map(|line| line.split_once(before));
        let (_, after) = found.ok_or_else(|| anyhow!("{} did not say `{before}`", self.name))?;
        Ok(after.split_whitespace().next().unwrap_or_default().to_owned())
    }

    /// Processor time of the whole process so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, which may hold anything, ends with the last parenthesis; user and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').ok_or_else(|| anyhow!("/proc/PID/stat is not understood"))?;
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_micros(ticks * TICK_US))
    }

    /// Resident memory, in bytes, and how much of it is the process's own: not of mapped files.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            number.map(|kib| kib << 10).ok_or_else(|| anyhow!("/proc/PID/status has no {name}"))
        };
        Ok(Memory { resident: kib("VmRSS")?, own: kib("RssAnon")? })
    }

    /// Has it do nothing at all until it goes on.
    pub(crate) fn pause(&self) -> anyhow::Result<()> {
        self.signal("-STOP")
    }

    pub(crate) fn go_on(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        self.signal("-TERM")?;
        self.go_on()?;
        self.child.wait()?;
        Ok(())
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        if !status.success() {
            bail!("{} has ended: {}", self.name, self.last_words());
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let errors = fs::read_to_string(&self.log).unwrap_or_default();
        errors.lines().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) own: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_uses_processor_time_and_memory() {
        let folder = std::env::temp_dir().join(format!("patchbay-bench-{}", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo token: abc now; echo ready; while :; do :; done"]);
        let process = Process::start(command, "ready", &folder, Duration::from_secs(20)).unwrap();
        assert_eq!(process.said("token: ").unwrap(), "abc");
        while process.cpu().unwrap() < Duration::from_millis(30) {
            thread::sleep(Duration::from_millis(10));
        }
        let memory = process.memory().unwrap();
        assert!(memory.own > 0 && memory.own < memory.resident);
        fs::remove_file(folder).unwrap();
    }

    #[test]
    fn a_paused_process_uses_no_processor_time_and_can_be_stopped() {
        let log = std::env::temp_dir().join(format!("patchbay-bench-{}-pause", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo ready; while :; do :; done"]);
        let mut process = Process::start(command, "ready", &log, Duration::from_secs(20)).unwrap();
        process.pause().unwrap();
        thread::sleep(Duration::from_millis(50));
        let before = process.cpu().unwrap();
        thread::sleep(Duration::from_millis(200));
        assert_eq!(process.cpu().unwrap(), before);
        process.stop().unwrap();
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_program_that_ends_without_being_ready_is_an_error_with_its_last_words() {
        let log = std::env::temp_dir().join(format!("patchbay-bench-{}-words", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo no disk >&2"]);
        let error = Process::start(command, "ready", &log, Duration::from_secs(20)).err().unwrap();
        assert!(error.to_string().contains("no disk"), "{error}");
        fs::remove_file(log).unwrap();
    }
}
