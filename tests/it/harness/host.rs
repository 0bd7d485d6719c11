//! The server as a process: start, stop, kill, restart. Never outlives its test; prints its log when the test fails.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::api::Api;
use super::template::Template;

/// Where external apps would find the server; nothing listens there.
pub(crate) const PUBLIC_URL: &str = "https://hooks.example.test/patchbay";

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Another server than the one that was built with the tests, such as that of a release build.
const OTHER_HOST: &str = "PATCHBAY_TEST_HOST";

/// The command line's settings, by name, and the environment.
#[derive(Clone)]
pub(crate) struct Settings(BTreeMap<&'static str, String>, BTreeMap<&'static str, OsString>);

impl Default for Settings {
    fn default() -> Settings {
        let settings = [
            ("listen", "127.0.0.1:0"),
            ("public-url", PUBLIC_URL),
            ("egress-allow", "127.0.0.0/8"),
            ("retry-gaps-ms", "50,50,50"),
            ("retry-jitter-pct", "0"),
        ];
        Settings(settings.map(|(name, value)| (name, value.to_owned())).into(), BTreeMap::new())
    }
}

impl Settings {
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Settings {
        self.0.insert(name, value.to_string());
        self
    }

    pub(crate) fn with_env(mut self, name: &'static str, value: impl Into<OsString>) -> Settings {
        self.1.insert(name, value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Settings {
        self.0.remove(name);
        self
    }
}

pub(crate) struct Host {
    pub(crate) api: Api,
    folder: PathBuf,
    settings: Settings,
    child: Child,
    log: PathBuf,
    /// What it printed, the token among it.
    pub(crate) printed: Vec<String>,
    /// Removed with the host.
    _space: Option<Arc<TempDir>>,
}

impl Host {
    /// A host that has every test connector.
    pub(crate) async fn start() -> Host {
        Host::start_with(Settings::default()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Host {
        let template = Template::get();
        let space = new_space();
        let folder = space.path().join("data");
        template.copy_to(&folder);
        let mut host = Host::start_on(&folder, &settings).await;
        host.api.token.clone_from(&template.token);
        host._space = Some(Arc::new(space));
        host
    }

    /// A host without anything, at its very first start.
    pub(crate) async fn start_empty(settings: Settings) -> Host {
        let space = new_space();
        let mut host = Host::start_on(&space.path().join("data"), &settings).await;
        host._space = Some(Arc::new(space));
        host
    }

    pub(crate) async fn start_on(folder: &Path, settings: &Settings) -> Host {
        let log = folder.with_extension("log");
        let (child, printed) = spawn(folder, settings, &log).await;
        let api = Api::new(address(&printed).to_owned(), token(&printed).unwrap_or_default().to_owned());
        Host { api, folder: folder.to_owned(), settings: settings.clone(), child, log, printed, _space: None }
    }

    /// Starts it again on the same folder, on another port.
    pub(crate) async fn restart(&mut self) {
        let (child, printed) = spawn(&self.folder, &self.settings, &self.log).await;
        self.api.base = address(&printed).to_owned();
        (self.child, self.printed) = (child, printed);
    }

    /// Starts it again and kills it after a while, wherever its start has come to.
    pub(crate) async fn restart_and_kill(&mut self, after: Duration) {
        let mut child = command(&self.folder, &self.settings, &self.log).stdout(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(after).await;
        if let Some(ended) = child.try_wait().unwrap() {
            panic!("the host ended at its start: {ended}\n{}", self.log());
        }
        child.kill().await.unwrap();
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop();
        self.wait().await
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id().expect("the host runs")
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_stop(&self) {
        let id = self.process_id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) async fn wait(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the host stops in time").unwrap()
    }

    /// Sends SIGKILL, like a crash.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// The variables that it was given.
    pub(crate) fn environment(&self) -> BTreeMap<&'static str, OsString> {
        self.settings.1.clone()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        if std::thread::panicking() {
            eprintln!("--- log of the host ---\n{}--- end of the log ---", self.log());
        }
    }
}

/// The server's program.
pub(crate) fn program() -> OsString {
    std::env::var_os(OTHER_HOST).unwrap_or_else(|| env!("CARGO_BIN_EXE_patchbay").into())
}

fn new_space() -> TempDir {
    tempfile::Builder::new().prefix("host-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn command(folder: &Path, settings: &Settings, log: &Path) -> Command {
    fs::create_dir_all(log.parent().unwrap()).unwrap();
    let log_file = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut command = Command::new(program());
    command.arg("serve").arg("--data").arg(folder);
    for (name, value) in &settings.0 {
        command.arg(format!("--{name}={value}"));
    }
    command.envs(&settings.1);
    command.stdin(Stdio::null()).stderr(log_file).kill_on_drop(true);
    command
}

async fn spawn(folder: &Path, settings: &Settings, log: &Path) -> (Child, Vec<String>) {
    let mut child = command(folder, settings, log).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Vec::new();
    let greeting = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let is_last = line.starts_with("Patchbay listens on ");
            printed.push(line);
            if is_last {
                return;
            }
        }
        panic!("the host ended at its start:\n{}", fs::read_to_string(log).unwrap_or_default());
    };
    tokio::time::timeout(PATIENCE, greeting).await.expect("the host starts in time");
    (child, printed)
}

fn address(printed: &[String]) -> &str {
    printed.iter().find_map(|line| line.strip_prefix("Patchbay listens on ")).expect("the host says where it is")
}

fn token(printed: &[String]) -> Option<&str> {
    printed.iter().find_map(|line| line.strip_prefix("API token (shown once, keep it): "))
}
