//! Libraries in C that stand between the server and its disk, built by the compiler that also links the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bundles::repository;

/// The library of a source in `tests/tools/`, for `LD_PRELOAD`.
pub(crate) fn preloaded(source: &str, folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let library = folder.join(source).with_extension("so");
    let source = repository().join("tests/tools").join(source);
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).args([&library, &source]).output();
    let built = built.unwrap_or_else(|error| panic!("cc cannot be run ({error}); Rust needs it as well"));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}
