//! The runner: seeds, changed at random, through every entry point. A few thousand by default; a million bodies and 20,000 of
//! everything else with `scripts/fuzz`, which adds real bundles to the seeds: those in the folder `PATCHBAY_FUZZ_BUNDLES`.

use std::path::Path;
use std::time::{Duration, Instant};

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use tokio::io::AsyncReadExt as _;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use super::*;

/// Longer than any input takes, even where the machine has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);
const GROWTH_KIB_MAX: u64 = 200 << 10;

/// Pieces that parsers treat specially.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff\xff\xff\xff\x0f",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\r\n--b\r\n",
    b"--b--",
    b"content-disposition: form-data; name=\"a\"; filename*=utf-8''%ff\r\n\r\n",
    b"[[[[[[[[",
    b"{\"\":",
    b"1e999999",
    b"\\ud800",
    b"%",
    b"undefined",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"$concat",
    b"18446744073709551616",
    "\u{202e}\u{fffd}".as_bytes(),
];

fn changed(seed: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..=8) {
        let at = place(bytes.len(), random);
        match random.random_range(0..7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.random()),
            2 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            3 if at < bytes.len() => bytes[at] = random.random(),
            4 => {
                let piece = PIECES.choose(random).unwrap();
                bytes.splice(at..at, piece.iter().copied());
            }
            5 => {
                let end = (at + random.random_range(0..200)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            6 => {
                let end = (at + random.random_range(0..50)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {}
        }
    }
    bytes
}

/// Anywhere, but as often near one of the ends: most of a real bundle is code and data that nobody reads here.
fn place(length: usize, random: &mut StdRng) -> usize {
    let near = length.min(4 << 10);
    match random.random_range(0..4) {
        0 => random.random_range(0..=near),
        1 => length - random.random_range(0..=near),
        _ => random.random_range(0..=length),
    }
}

/// Bundles that the SDK and the Rust toolchain built, with their names.
fn real_bundles() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = std::env::var_os("PATCHBAY_FUZZ_BUNDLES") else { return Vec::new() };
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wasm = paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    wasm.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

/// Tries that many inputs, and says what they were where one is not survived.
fn run(what: &str, seeds: &[Vec<u8>], count: (u32, u32), mut target: impl FnMut(&[u8])) {
    let is_long = std::env::var_os("PATCHBAY_FUZZ").is_some();
    let count = if is_long { count.1 } else { count.0 };
    let seed: u64 = std::env::var("PATCHBAY_FUZZ_SEED").map_or(1, |seed| seed.parse().unwrap());
    let (mut random, start, mut slowest, mut before) = (StdRng::seed_from_u64(seed), Instant::now(), Duration::ZERO, 0);
    seeds.iter().for_each(|seed| target(seed));
    for number in 0..count {
        let input = changed(seeds.choose(&mut random).unwrap(), &mut random);
        let began = Instant::now();
        let survived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(&input)));
        assert!(survived.is_ok(), "{what}: seed {seed}, input {number}: {:?}", input.escape_ascii().to_string());
        slowest = slowest.max(began.elapsed());
        assert!(slowest < PATIENCE, "{what}: seed {seed}, input {number} takes {slowest:?}");
        if number == count / 10 {
            before = memory_kib();
        }
    }
    let after = memory_kib();
    println!("{what}: {count} inputs in {:?}, slowest {slowest:?}, {before} KiB, then {after} KiB", start.elapsed());
    // Other tests of this process have memory of their own.
    assert!(!is_long || after < before + GROWTH_KIB_MAX, "{what}: {before} KiB became {after} KiB");
}

fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn packed(encoder: impl tokio::io::AsyncRead) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Box::pin(encoder);
    finish(encoder.read_to_end(&mut bytes)).unwrap();
    bytes
}

fn body(kind: u8, encoding: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, encoding], body].concat()
}

fn bodies() -> Vec<Vec<u8>> {
    let json = br#"{"events":[{"id":1.5e3,"text":"\u00e9\ud83d\ude00","list":[null,true,{}]}]}"#;
    let multipart =
        b"--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\ncontent-disposition: form-data; \
        name=\"f\"; filename=\"x.bin\"\r\ncontent-type: application/x\r\n\r\n\0\x01\xff\r\n--b--\r\n";
    let bomb = vec![b' '; 4 << 20];
    vec![
        body(0, 0, json),
        body(1, 0, &"{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        body(2, 0, b"a=1&b=%C3%A9&a=2&c=+&d"),
        body(3, 0, multipart),
        body(5, 0, b"\x83e\x83X\x83g"),
        body(6, 0, b"\xef\xbb\xbf<a>1</a>"),
        body(255, 0, b"multipart/form-data; boundary=\"------x\"; charset=utf-16 and then the body"),
        body(0, 1, &packed(GzipEncoder::new(&json[..]))),
        body(3, 2, &packed(ZlibEncoder::new(&multipart[..]))),
        body(0, 3, &packed(BrotliEncoder::new(&json[..]))),
        body(0, 4, &packed(ZstdEncoder::new(&json[..]))),
        body(0, 1, &packed(GzipEncoder::new(&bomb[..]))),
        body(0, 4, &packed(ZstdEncoder::new(&bomb[..]))),
    ]
}

#[test]
fn any_body_is_decoded_or_left_as_it_is() {
    run("bodies", &bodies(), (5_000, 1_000_000), decode);
}

#[test]
fn any_bundle_is_read_or_refused() {
    let sound = sound_bundle();
    assert!(bundle(&sound));
    let mut taken = 0;
    run("bundles", &[sound], (1_000, 20_000), |bytes| taken += u32::from(bundle(bytes)));
    assert!(taken > 0, "changes that matter to nobody are among them");
    for (name, sound) in real_bundles() {
        assert!(bundle(&sound), "{name}");
        let (mut taken, mut valid) = (0, 0);
        run(&name, &[sound], (5, 4_000), |bytes| {
            // What was taken would be compiled, and that begins with this.
            if bundle(bytes) {
                taken += 1;
                valid += u32::from(wasmparser::Validator::new().validate_all(bytes).is_ok());
            }
        });
        println!("{name}: {taken} were read, {valid} of these are valid WebAssembly");
    }
}

#[test]
fn any_mapping_is_evaluated_or_refused() {
    let seeds = [
        r#"[{"$concat":["a",{"$var":"x[0].y"}]},{"x":[{"y":1}]}]"#,
        r#"[{"$firstNotEmpty":[{"$var":"a"},"b"]},{"a":null}]"#,
        r#"[{"$case":{"cases":[{"filter":{"$var":"a"},"value":1}],"default":2}},{}]"#,
        r#"[{"a":[{"$tpl":"x-$(a)"}]},{"a":"b"}]"#,
    ];
    run("mappings", &seeds.map(|seed| seed.as_bytes().to_vec()), (2_000, 20_000), mapping);
}

#[test]
fn any_text_is_an_id_or_none() {
    let seeds = [id::EventId::new().to_string(), id::DeliveryId::new().to_string(), "evt_".to_owned()];
    run("ids", &seeds.map(String::into_bytes), (2_000, 20_000), type_id);
}

#[test]
fn any_parts_make_a_key_of_their_own() {
    let seeds = [b"integration\0webhook\0selector\0tail".to_vec(), b"\0\0\0".to_vec(), vec![b'x'; 70_000]];
    run("keys", &seeds, (2_000, 20_000), store_key);
}

#[test]
fn any_selector_and_any_retry_after_is_judged() {
    let seeds = ["user:1", "a:undefined", "Wed, 21 Oct 2015 07:28:00 GMT", "120", "Sunday, 06-Nov-94 08:49:37 GMT"];
    run("selectors", &seeds.map(|seed| seed.as_bytes().to_vec()), (5_000, 20_000), selector);
}

/// A bundle that a host takes, of a few kilobytes.
fn sound_bundle() -> Vec<u8> {
    let contract =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/connector.wit")).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str(Path::new("connector.wit"), &contract).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    let manifest = br#"{"manifestVersion":1,"connector":{"key":"k","name":"K","parametersSchema":{"type":"object"}},"globalWebhooks":[{"key":"w","name":"W","methods":{"handle":{"implementationType":"javascript"}}}],"events":[{"key":"e","name":"E","implementationType":"global-webhook","methods":{"get-event-selector":{"implementationType":"mapping","mapping":{"globalWebhookKey":"w","globalWebhookEventSelector":{"$var":"parameters.a"}}}}}]}"#;
    let name = b"patchbay:manifest";
    let length = 1 + name.len() + manifest.len();
    component.extend([0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8, name.len() as u8]);
    component.extend(name);
    component.extend(manifest);
    component
}
