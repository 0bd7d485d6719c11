//! Machine code: what a host keeps for a bundle, and so what it runs, is what the compiler makes of that bundle alone.
//! Bundles that were compiled before must not show in it, however much alike they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{
    Host, Random, Settings, build_for, connector_folder, guest, guest_of, guests_folder, program, repository, router,
};

const COMPILER_MEMORY_BYTES_MAX: &str = "4000000000";
const PAGE_BYTES: usize = 4096;

/// A host on an empty data folder, and the files of machine code that it was seen to write.
struct Scene {
    host: Host,
    known: BTreeSet<PathBuf>,
}

impl Scene {
    async fn start() -> Scene {
        Scene { host: Host::start_empty(Settings::default()).await, known: BTreeSet::new() }
    }

    /// Uploads a bundle and fails if its machine code is not what a compiler makes that knows no other bundle.
    async fn check(&mut self, what: &str, bundle: &[u8]) {
        self.host.api.upload(bundle.to_vec()).await.expect(201);
        let kept = self.new_machine_code();
        assert!(kept == compile(bundle), "{what}: the machine code is not what the compiler makes of this bundle");
    }

    /// The machine code that was written since the last look.
    fn new_machine_code(&mut self) -> Vec<u8> {
        let entries = fs::read_dir(self.host.folder().join("compiled")).unwrap().map(|entry| entry.unwrap().path());
        let compiled = entries.filter(|path| path.extension().is_some_and(|kind| kind == "cwasm"));
        let new: Vec<PathBuf> = compiled.filter(|path| self.known.insert(path.clone())).collect();
        assert_eq!(new.len(), 1, "an upload of a new component writes one file of machine code");
        fs::read(&new[0]).unwrap()
    }
}

/// What the compiler makes of a bundle when it has met no other.
fn compile(bundle: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("bundle.wasm"), bundle).unwrap();
    let run = Command::new(program())
        .arg("compile")
        .args([path("bundle.wasm"), path("code.cwasm"), path("functions")])
        .args(["--memory-bytes-max", COMPILER_MEMORY_BYTES_MAX])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    fs::read(path("code.cwasm")).unwrap()
}

/// A guest with enough machine code for a page of it, and with these pieces of data. Its code is the same for all data.
fn with_data(key: &str, data: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let data: String =
        data.iter().map(|(start, bytes)| format!("(data (i32.const {start}) \"{}\")\n", hex(bytes))).collect();
    let store = |number: i32| format!("(i32.store (i32.const {}) (i32.const {}))", 8 + 4 * number, mark(number));
    let stores: String = (0..2000).map(store).collect();
    let fine = fs::read_to_string(guests_folder().join("fine.wat")).unwrap();
    let fine = fine.replacen("(memory (export \"memory\") 64)", "(memory (export \"memory\") 500)", 1);
    let padded = fine.replacen("(i32.const 32768))", &format!("{stores} (i32.const 32768))"), 1);
    let end = padded.rfind(')').unwrap();
    guest_of(&format!("{}{data})", &padded[..end]), key)
}

/// Numbers that are found again in the machine code.
fn mark(number: i32) -> i32 {
    0x5ec0_d000 + number
}

/// One page of the machine code itself, which the author of a bundle can know: the compiler is deterministic.
fn page_of_code(code: &[u8]) -> Vec<u8> {
    let mark = mark(300).to_le_bytes();
    let start = code.windows(4).position(|bytes| bytes == mark).expect("the number is in the code");
    code[start..start + PAGE_BYTES].to_vec()
}

#[tokio::test]
async fn data_that_looks_like_a_bundles_own_machine_code_does_not_become_machine_code() {
    // A byte far away makes the compiler keep the pieces of data as they come, so the page below is nowhere in the file but
    // where the code is. Whoever looked for the page of data in the file would find the code.
    const PAGE_AT: usize = 131_072;
    let in_two = |page: &[u8]| {
        let (low, high) = page.split_at(PAGE_BYTES / 2);
        [(PAGE_AT + PAGE_BYTES / 2, high.to_vec()), (PAGE_AT, low.to_vec()), (30_000_000, vec![0])]
    };
    let own_code = page_of_code(&compile(&with_data("first", &in_two(&[1; PAGE_BYTES]))));
    let mut scene = Scene::start().await;
    scene.check("the bundle that holds its own code as data", &with_data("first", &in_two(&own_code))).await;
    scene.check("the same with other data", &with_data("second", &in_two(&[0xcc; PAGE_BYTES]))).await;
}

#[tokio::test]
async fn machine_code_is_what_the_compiler_makes_whatever_the_data_of_earlier_bundles_was() {
    let mut random = Random::new("machine code");
    let mut scene = Scene::start().await;
    let piece = |random: &mut Random| {
        let start = match random.below(4) {
            0 => random.below(1 << 16) as usize,
            1 => random.below(30_000_000) as usize,
            2 => PAGE_BYTES * random.below(64) as usize,
            _ => 131_072 + random.below(64) as usize,
        };
        let length = random.below(3 * PAGE_BYTES as u64) as usize;
        let filler = random.below(3);
        let bytes = (0..length).map(|_| if filler == 0 { 0 } else { random.below(256) as u8 }).collect();
        (start, bytes)
    };
    for number in 0..20 {
        let mut data: Vec<_> = (0..random.below(6)).map(|_| piece(&mut random)).collect();
        data.push((100, vec![number]));
        scene.check(&format!("bundle {number}"), &with_data(&format!("bundle-{number}"), &data)).await;
    }
}

#[tokio::test]
async fn machine_code_of_the_test_bundles_is_what_the_compiler_makes_of_each_alone() {
    let mut scene = Scene::start().await;
    scene.check("router", &router("router", "1")).await;
    let mut names: Vec<String> =
        fs::read_dir(guests_folder()).unwrap().map(|entry| name_of(&entry.unwrap().path())).collect();
    names.sort();
    for name in names {
        // It may start with no more memory than a call may have, so it is not accepted.
        if name != "starts-with-too-much-memory" {
            scene.check(&name, &guest(&name)).await;
        }
    }
    // The engine's code is compiled for the first, and taken from there for the second.
    for engine in ["quickjs", "starlingmonkey"] {
        scene.host.api.upload(build_for(engine, &connector_folder("echo"))).await.expect(201);
        scene.new_machine_code();
        let seed_example = repository().join("sample-connectors/seed-example");
        scene.check(engine, &build_for(engine, &seed_example)).await;
    }
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}
