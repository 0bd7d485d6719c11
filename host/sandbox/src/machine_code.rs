//! Machine code of connectors: compiled once, in a child process that may crash or hang alone, and kept on disk.
//!
//! Loading machine code is trusting it. So a file counts only with the tag that this host's own key gives it, in a
//! folder that is the owner's alone; anything else is compiled again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::process::Command;
use tokio::sync::Mutex;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::functions::Functions;
use super::{Error, engine};
use patchbay_crypto::secret::Vault;
use patchbay_model::clock;

const TAG_BYTES: usize = 32;
/// File extension of compiled components.
const CODE: &str = "cwasm";
/// How the child process says that not the bundle is at fault.
const DISK_REFUSES: &str = "the disk refuses: ";

#[derive(Clone, Debug)]
pub struct Limits {
    /// The program that compiles: this one.
    pub program: PathBuf,
    pub ms_max: u64,
    pub memory_bytes_max: u64,
    /// Compiled components that are kept on disk; the oldest go first.
    pub files_max: usize,
}

pub(super) struct MachineCode {
    folder: PathBuf,
    /// What else the code depends on: processor features, settings and version of the compiler.
    engine: String,
    vault: Arc<Vault>,
    limits: Limits,
    compiling: Mutex<()>,
}

impl MachineCode {
    pub(super) fn open(folder: PathBuf, engine: &Engine, vault: Arc<Vault>, limits: Limits) -> Result<Self, Error> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(disk_refuses)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(MachineCode {
            folder,
            engine: format!("{:016x}", hasher.finish()),
            vault,
            limits,
            compiling: Mutex::new(()),
        })
    }

    /// The compiled component of a bundle.
    pub(super) async fn component(
        &self,
        engine: &Engine,
        digest: &str,
        bundle: impl FnOnce() -> Result<Bytes, Error>,
    ) -> Result<Component, Error> {
        let path = self.path(digest);
        if let Ok(Some(component)) = self.load(engine, &path) {
            return Ok(component);
        }
        // What is compiled already must not wait for what is not.
        let _one_at_a_time = self.compiling.lock().await;
        if let Ok(Some(component)) = self.load(engine, &path) {
            return Ok(component);
        }
        self.compile(&bundle()?, &path).await?;
        self.load(engine, &path)?.ok_or_else(|| Error::Unloadable("the compiled file cannot be loaded".into()))
    }

    /// A compiled component once more, from a file of another name: so the memory of its instances is told from that of the others.
    /// `None` if its file is gone, or can have no other name.
    pub(super) fn component_apart(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.path(digest);
        let apart = path.with_extension(format!("apart.{CODE}"));
        let _ = fs::remove_file(&apart);
        let component = self.is_own(&path).then(|| {
            fs::hard_link(&path, &apart).ok()?;
            deserialize(engine, &apart).ok()
        });
        let _ = fs::remove_file(&apart);
        component?
    }

    /// Compiles a bundle that has no file here, if there is room. Returns whether there was.
    pub(super) async fn prepare(
        &self,
        digest: &str,
        bundle: impl FnOnce() -> Result<Bytes, Error>,
    ) -> Result<bool, Error> {
        let path = self.path(digest);
        let _one_at_a_time = self.compiling.lock().await;
        if self.files().map_err(disk_refuses)?.len() >= self.limits.files_max {
            return Ok(false);
        }
        if !path.exists() {
            self.compile(&bundle()?, &path).await?;
        }
        Ok(true)
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}-{}.{CODE}", self.engine))
    }

    fn load(&self, engine: &Engine, path: &Path) -> Result<Option<Component>, Error> {
        if !self.is_own(path) {
            return Ok(None);
        }
        let does_not_fit =
            |error| Error::NotAConnector(format!("it does not fit into what a call may have: {error:#}"));
        let component = deserialize(engine, path).map_err(does_not_fit)?;
        touch(path);
        Ok(Some(component))
    }

    async fn compile(&self, bundle: &[u8], path: &Path) -> Result<(), Error> {
        let input = path.with_extension("wasm");
        let output = path.with_extension("partial");
        fs::write(&input, bundle).map_err(disk_refuses)?;
        let functions = self.functions();
        let compiled = self.run_compiler(&input, &output, &functions).await;
        let _ = fs::remove_file(&input);
        compiled?;
        self.vouch(&functions)?;
        let code = fs::read(&output).map_err(disk_refuses)?;
        fs::remove_file(&output).map_err(disk_refuses)?;
        self.write(path, &code)?;
        self.trim().map_err(disk_refuses)
    }

    /// Writes a file of machine code with its tag. It appears whole or not at all.
    fn write(&self, path: &Path, code: &[u8]) -> Result<(), Error> {
        let partial = path.with_extension("partial");
        fs::write(&partial, code).map_err(disk_refuses)?;
        fs::write(tag_path(path), self.vault.tag(&tagged(path, code))).map_err(disk_refuses)?;
        fs::rename(partial, path).map_err(disk_refuses)
    }

    /// Deletes the compiled components that were used longest ago, beyond the limit.
    fn trim(&self) -> std::io::Result<()> {
        let mut files = self.files()?;
        files.sort();
        for (_, path) in files.iter().rev().skip(self.limits.files_max) {
            fs::remove_file(path)?;
            let _ = fs::remove_file(tag_path(path));
        }
        Ok(())
    }

    /// The compiled components and when each was last used.
    fn files(&self) -> std::io::Result<Vec<(SystemTime, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|own| own == CODE) {
                files.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        Ok(files)
    }

    /// The file of compiled functions, if this host wrote it; else nothing, so that it is made anew.
    fn functions(&self) -> PathBuf {
        let path = self.folder.join(format!("{}.functions", self.engine));
        if !self.is_own(&path) {
            let _ = fs::remove_file(&path);
        }
        path
    }

    fn is_own(&self, path: &Path) -> bool {
        self.own(path).is_some()
    }

    /// What this host wrote into a file.
    fn own(&self, path: &Path) -> Option<Vec<u8>> {
        let (Ok(bytes), Ok(tag)) = (fs::read(path), fs::read(tag_path(path))) else { return None };
        self.vault.is_own(&tagged(path, &bytes), &tag).then_some(bytes)
    }

    /// Writes the tag of a file, if it is there.
    fn vouch(&self, path: &Path) -> Result<(), Error> {
        match fs::read(path) {
            Ok(bytes) => fs::write(tag_path(path), self.vault.tag(&tagged(path, &bytes))).map_err(disk_refuses),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(disk_refuses(error)),
        }
    }

    async fn run_compiler(&self, input: &Path, output: &Path, functions: &Path) -> Result<(), Error> {
        let child = Command::new(&self.limits.program)
            .arg("compile")
            .args([input, output, functions])
            .arg("--memory-bytes-max")
            .arg(self.limits.memory_bytes_max.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .output();
        let time_max = Duration::from_millis(self.limits.ms_max);
        let output = tokio::time::timeout(time_max, child)
            .await
            .map_err(|_| Error::NotAConnector(format!("it does not compile within {} ms", self.limits.ms_max)))?
            .map_err(disk_refuses)?;
        if output.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&output.stderr);
        let why = why.trim().lines().last().map(str::to_owned).unwrap_or_else(|| output.status.to_string());
        Err(match why.split_once(DISK_REFUSES) {
            Some((_, why)) => disk_refuses(why),
            None => Error::NotAConnector(format!("it does not compile: {why}")),
        })
    }
}

/// Compiles a file, with what `functions` holds of earlier ones. Runs in a process of its own, which takes at most
/// `memory_bytes_max` of address space.
pub fn compile_file(input: &Path, output: &Path, functions: &Path, memory_bytes_max: u64) -> Result<(), String> {
    rlimit::setrlimit(rlimit::Resource::AS, memory_bytes_max, memory_bytes_max).map_err(|error| error.to_string())?;
    let disk_refuses = |error| format!("{DISK_REFUSES}{error}");
    let bundle = fs::read(input).map_err(disk_refuses)?;
    let known = Arc::new(Functions::read(functions));
    let engine = engine::for_compiling(Arc::clone(&known)).map_err(|error| error.to_string())?;
    let code = engine.precompile_component(&bundle).map_err(|error| format!("{error:#}"))?;
    fs::write(output, code).map_err(disk_refuses)?;
    known.write(functions).map_err(disk_refuses)
}

/// Vouches with the vault's first key for what one of its keys vouches for already.
pub fn vouch_anew(folder: &Path, vault: &Vault) -> std::io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let (Ok(bytes), Ok(tag)) = (fs::read(&path), fs::read(tag_path(&path))) else { continue };
        let tagged = tagged(&path, &bytes);
        if vault.is_own(&tagged, &tag) {
            fs::write(tag_path(&path), vault.tag(&tagged))?;
        }
    }
    Ok(())
}

/// What the tag vouches for: the code under this name.
fn tagged(path: &Path, code: &[u8]) -> Vec<u8> {
    let name = path.file_name().map(|name| name.as_encoded_bytes().to_vec()).unwrap_or_default();
    [name.as_slice(), b"\0", code].concat()
}

/// Maps a file that was found to be this host's own.
#[expect(unsafe_code, reason = "its tag proves that this host compiled the file")]
fn deserialize(engine: &Engine, own: &Path) -> wasmtime::Result<Component> {
    // SAFETY: these are the bytes that this host's compiler wrote, for an engine with the same hash.
    unsafe { Component::deserialize_file(engine, own) }
}

/// What is in use is trimmed last.
fn touch(path: &Path) {
    let _ = fs::File::open(path).and_then(|file| file.set_modified(clock::system_time()));
}

fn tag_path(path: &Path) -> PathBuf {
    path.with_extension(format!("tag{TAG_BYTES}"))
}

fn disk_refuses(error: impl std::fmt::Display) -> Error {
    Error::DiskRefuses(error.to_string())
}
