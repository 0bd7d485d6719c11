//! `patchbay test`: runs a connector's examples against its bundle, in the real sandbox under the real limits.
//! Needs no server and no network: requests that `get-event-selector` makes are answered from the example.

mod diff;
mod example;
mod run;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::limits::Limits;
use example::Example;
use patchbay_connector::bundle;
use patchbay_crypto::secret::{Vault, sha256_hex};
use patchbay_sandbox::{self as sandbox, Sandbox};
use run::Runner;

/// Runs every `*.json` of `folder` and says for each whether it holds, or only of those that do not. Fails if there are such.
pub fn test(
    bundle: &Path,
    folder: &Path,
    cache: &Path,
    is_quiet: bool,
    mut bounds: sandbox::Limits,
    limits: Limits,
) -> anyhow::Result<()> {
    let bytes = std::fs::read(bundle).with_context(|| format!("cannot read {}", bundle.display()))?;
    let contents = bundle::read(&bytes).with_context(|| format!("{} is no bundle", bundle.display()))?;
    let examples = read(folder)?;
    std::fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let vault = Arc::new(Vault::open(&cache.join("master.key"))?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Each example is tried, however many crash.
        bounds.crashes.crashes_in_a_row_max = u32::MAX;
        let sandbox = Sandbox::start(bounds, cache.join("compiled"), vault)?;
        let digest = sha256_hex(&contents.component);
        let connector = sandbox.load(&digest, || Ok::<_, std::convert::Infallible>(contents.component.into())).await?;
        let runner = Runner { sandbox, connector, manifest: contents.manifest, limits };
        report(&runner, examples, is_quiet).await
    })
}

async fn report(runner: &Runner, examples: Vec<(String, Example)>, is_quiet: bool) -> anyhow::Result<()> {
    let count = examples.len();
    let mut failed = 0;
    let mut out = std::io::stdout().lock();
    for (name, example) in examples {
        let differences = runner.run(&example).await;
        let mark = if differences.is_empty() { "ok  " } else { "FAIL" };
        if !is_quiet || !differences.is_empty() {
            writeln!(out, "{mark} {name}: {}", example.description)?;
        }
        for difference in &differences {
            writeln!(out, "     {difference}")?;
        }
        failed += usize::from(!differences.is_empty());
    }
    writeln!(out, "{} passed, {failed} failed", count - failed)?;
    if failed > 0 {
        bail!("{failed} of {count} examples do not hold");
    }
    Ok(())
}

fn read(folder: &Path) -> anyhow::Result<Vec<(String, Example)>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        bail!("{} holds no *.json: a connector without examples is not tested", folder.display());
    }
    paths.iter().map(|path| Ok((name_of(path), example::read(path)?))).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
