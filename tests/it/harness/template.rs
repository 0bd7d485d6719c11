//! A data folder with all test connectors uploaded, made once in a process and copied for each test.
//!
//! A bundle takes about ten seconds to compile, so machine code outlives the process: with the master key that vouches
//! for it. The host itself sees to it that there is not too much of it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::bundles::{build, connector_folder, repository};
use super::host::{Host, Settings};

static TEMPLATE: OnceLock<Option<Template>> = OnceLock::new();

pub(crate) struct Template {
    folder: PathBuf,
    pub(crate) token: String,
}

impl Template {
    /// The template of this process. Made once: where that fails, every test fails at once and not each in its turn.
    pub(crate) fn get() -> &'static Template {
        // A thread of its own, because a test's runtime must not run another inside itself.
        let template = TEMPLATE.get_or_init(|| std::thread::spawn(make).join().ok());
        template.as_ref().expect("the template can be made; the first test that failed says why not")
    }

    /// A copy to start a host on.
    pub(crate) fn copy_to(&self, folder: &Path) {
        copy(&self.folder, folder);
    }
}

fn make() -> Template {
    let space = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let cache = space.join("compiled-cache");
    remove_leftovers(space);
    let folder = space.join(format!("template-{}", std::process::id())).join("data");
    make_private(&folder.join("compiled"));
    if cache.join("master.key").exists() {
        copy(&cache, &folder);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let token = runtime.block_on(fill(&folder));
    keep(&folder, &cache);
    Template { folder, token }
}

/// The test connectors, and the samples that tests use.
fn connectors() -> Vec<PathBuf> {
    let samples = repository().join("sample-connectors");
    let mut folders: Vec<PathBuf> =
        ["echo", "hostile", "numbers", "prober", "prober-js", "versioned-1"].map(connector_folder).into();
    folders.extend(["seed-example", "github-app"].map(|name| samples.join(name)));
    folders
}

async fn fill(folder: &Path) -> String {
    let mut host = Host::start_on(folder, &Settings::default()).await;
    for connector in connectors() {
        host.api.upload(build(&connector)).await.expect(201);
    }
    let token = host.api.token.clone();
    host.stop().await;
    token
}

/// Leaves the machine code for the next run. What is old in it, the host removes.
fn keep(folder: &Path, cache: &Path) {
    let next = cache.with_extension(std::process::id().to_string());
    make_private(&next);
    fs::copy(folder.join("master.key"), next.join("master.key")).unwrap();
    copy(&folder.join("compiled"), &next.join("compiled"));
    let _ = fs::remove_dir_all(cache);
    // Another process may have been faster; its cache is as good.
    if fs::rename(&next, cache).is_err() {
        let _ = fs::remove_dir_all(&next);
    }
}

/// Removes templates of processes that are gone.
fn remove_leftovers(space: &Path) {
    for entry in fs::read_dir(space).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let process = name.strip_prefix("template-").or_else(|| name.strip_prefix("compiled-cache."));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn make_private(folder: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
}

/// Copies a folder. What is large, written once and never changed, bundles and machine code, is linked.
fn copy(from: &Path, to: &Path) {
    make_private(to);
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let is_immutable = from.ends_with("bundles") || source.extension().is_some_and(|kind| kind == "cwasm");
        if entry.file_type().unwrap().is_dir() {
            copy(&source, &target);
        } else if is_immutable {
            fs::hard_link(&source, &target).unwrap();
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}
