//! Keeps the memory that guests write to in place between their calls, so that a call takes no page faults.
//!
//! wasmtime undoes what a call wrote by writing the pages anew, as long as they lie in at most 32 places; beyond that it
//! gives them back, and each is a page fault in the next call, which interrupts every other processor. What a JavaScript
//! engine writes to lies in about 100 places, close to each other. So this has the kernel put pages into the gaps between
//! them until there are few places. It changes nothing that a guest can see: a page put in place holds what it held.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::mm::{Advice, madvise};
use wasmtime::Engine;

/// Half of what wasmtime takes, which leaves the rest to what single calls write elsewhere.
const PLACES_MAX: usize = 16;
/// Gaps that are filled in any case: writing so few pages anew costs less than one page fault.
const GAP_PAGES_MAX: i64 = 2;
/// How often the slots of a connector are looked at to learn what its calls write to: what comes later is of single calls.
const LESSONS: u32 = 50;
const PAGE_BYTES: usize = 4096;
const PAUSE_MS: u64 = 250;
/// While there is something to do.
const BRIEF_PAUSE_MS: u64 = 20;

/// Pages from the first to behind the last, counted from where the image begins.
type Place = std::ops::Range<i64>;

/// What the calls of a connector write to.
#[derive(Default)]
struct Learned {
    pages: BTreeSet<i64>,
    lessons: u32,
}

/// The memory of one slot: its image, which is a part of a file of machine code, and the plain memory around it.
struct Slot {
    file: PathBuf,
    image: usize,
    memory: std::ops::Range<usize>,
}

/// Starts looking after the memory of guests, of which at most so many bytes stay in place. `calls` counts those that began.
/// It ends with the engine.
pub(super) fn start(engine: &Engine, bytes_max: usize, calls: Arc<AtomicU64>) -> io::Result<()> {
    let (engine, pagemap) = (engine.weak(), File::open("/proc/self/pagemap")?);
    let pages_max = bytes_max / PAGE_BYTES;
    thread::Builder::new().name("resident".into()).spawn(move || {
        let mut learned = HashMap::new();
        let mut seen = 0;
        while engine.upgrade().is_some() {
            let begun = calls.load(Ordering::Relaxed);
            let is_busy = begun != seen && tend(&pagemap, pages_max, &mut learned).unwrap_or(false);
            seen = begun;
            thread::sleep(Duration::from_millis(if is_busy { BRIEF_PAUSE_MS } else { PAUSE_MS }));
        }
    })?;
    Ok(())
}

/// Puts pages in place in all slots; `learned` is by file. Returns whether there was anything to do.
fn tend(pagemap: &File, pages_max: usize, learned: &mut HashMap<PathBuf, Learned>) -> io::Result<bool> {
    let slots = slots(&fs::read_to_string("/proc/self/maps")?);
    learned.retain(|file, _| slots.iter().any(|slot| slot.file == *file));
    learned.values_mut().for_each(|learned| learned.lessons += 1);
    let mut is_busy = false;
    for slot in &slots {
        let own = slot.written(pagemap)?;
        let Learned { pages, lessons } = learned.entry(slot.file.clone()).or_default();
        if *lessons < LESSONS {
            let room = pages_max.saturating_sub(pages.len());
            let new: Vec<i64> = own.difference(pages).take(room).copied().collect();
            pages.extend(new);
        }
        for place in places(pages, pages_max) {
            if !place.clone().all(|page| own.contains(&page)) {
                is_busy |= slot.put_in_place(&place);
            }
        }
    }
    Ok(is_busy)
}

impl Slot {
    /// The pages that are this slot's own and no longer the file's.
    fn written(&self, pagemap: &File) -> io::Result<BTreeSet<i64>> {
        const IN_PLACE: u64 = 1 << 63;
        const OF_A_FILE: u64 = 1 << 61;
        let (first, last) = (self.memory.start / PAGE_BYTES, self.memory.end / PAGE_BYTES);
        let mut entries = vec![0; last.saturating_sub(first) * size_of::<u64>()];
        pagemap.read_exact_at(&mut entries, (first * size_of::<u64>()) as u64)?;
        let entries = entries.as_chunks().0.iter().map(|entry| u64::from_ne_bytes(*entry));
        let pages = (self.memory.start..).step_by(PAGE_BYTES).map(|address| self.page(address));
        Ok(pages
            .zip(entries)
            .filter(|(_, entry)| entry & (IN_PLACE | OF_A_FILE) == IN_PLACE)
            .map(|(page, _)| page)
            .collect())
    }

    fn page(&self, address: usize) -> i64 {
        (address as i64 - self.image as i64) / PAGE_BYTES as i64
    }

    fn put_in_place(&self, place: &Place) -> bool {
        let address = |page: i64| (self.image as i64 + page * PAGE_BYTES as i64) as usize;
        let (start, end) = (address(place.start).max(self.memory.start), address(place.end).min(self.memory.end));
        start < end && put_in_place(start, end - start)
    }
}

#[expect(unsafe_code, reason = "the call takes an address")]
fn put_in_place(start: usize, length: usize) -> bool {
    let start = std::ptr::without_provenance_mut(start);
    // SAFETY: it reads and changes no content, whatever is there by now.
    unsafe { madvise(start, length, Advice::LinuxPopulateWrite) }.is_ok()
}

/// At most `PLACES_MAX` places that hold all pages: those close to each other are one. None at all where the gaps between them
/// are so wide that the places would hold more than `pages_max` pages: then page faults cost less than filling the gaps, and
/// a guest that writes here and there must not make its slots large.
fn places(pages: &BTreeSet<i64>, pages_max: usize) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for page in pages {
        match places.last_mut() {
            Some(last) if page - last.end <= GAP_PAGES_MAX => last.end = page + 1,
            _ => places.push(*page..page + 1),
        }
    }
    while places.len() > PLACES_MAX {
        let gap = |pair: &[Place]| pair.last().map_or(0, |last| last.start) - pair.first().map_or(0, |first| first.end);
        let Some((at, _)) = places.windows(2).map(gap).enumerate().min_by_key(|(_, gap)| *gap) else { break };
        let next = places.remove(at + 1);
        if let Some(place) = places.get_mut(at) {
            place.end = next.end;
        }
    }
    let filled: i64 = places.iter().map(|place| place.end - place.start).sum();
    if usize::try_from(filled).is_ok_and(|filled| filled <= pages_max) { places } else { Vec::new() }
}

/// Finds the slots in the list of everything that is mapped.
fn slots(maps: &str) -> Vec<Slot> {
    let mapped: Vec<(std::ops::Range<usize>, &str)> = maps.lines().filter_map(writable).collect();
    let of_machine_code = |(at, (memory, name)): (usize, &(std::ops::Range<usize>, &str))| {
        // Of a file that was removed it says so behind the name.
        if !name.trim_end_matches(" (deleted)").ends_with(".cwasm") {
            return None;
        }
        let plain = |at: usize| mapped.get(at).filter(|(_, name)| name.is_empty()).map(|(memory, _)| memory);
        let before = at.checked_sub(1).and_then(plain).filter(|before| before.end == memory.start);
        let after = plain(at + 1).filter(|after| after.start == memory.end);
        Some(Slot {
            file: PathBuf::from(name),
            image: memory.start,
            memory: before.unwrap_or(memory).start..after.unwrap_or(memory).end,
        })
    };
    mapped.iter().enumerate().filter_map(of_machine_code).collect()
}

/// Private writable memory and the file that it is of, from one line of `/proc/self/maps`.
fn writable(line: &str) -> Option<(std::ops::Range<usize>, &str)> {
    let (range, rest) = line.split_once(' ')?;
    let rest = rest.strip_prefix("rw-p ")?;
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    // Offset, device and inode come before the name.
    let name = rest.splitn(4, ' ').nth(3).unwrap_or_default().trim_start();
    Some((address(start)?..address(end)?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_close_to_each_other_are_one_place() {
        assert_eq!(places(&BTreeSet::from([-3, 0, 1, 4, 9]), 9), [-3..5, 9..10]);
        assert_eq!(places(&BTreeSet::new(), 9), []);
    }

    #[test]
    fn there_are_never_more_places_than_can_stay() {
        let scattered: BTreeSet<i64> = (0..100).map(|number| number * number).collect();
        let places = places(&scattered, 9802);
        assert_eq!(places.len(), PLACES_MAX);
        assert!(scattered.iter().all(|page| places.iter().any(|place| place.contains(page))));
        assert_eq!(places.last(), Some(&(9801..9802)), "the widest gaps stay");
    }

    #[test]
    fn pages_far_from_each_other_do_not_make_a_slot_large() {
        let scattered: BTreeSet<i64> = (0..100).map(|number| number * 300).collect();
        assert_eq!(places(&scattered, 512), []);
        assert_eq!(places(&BTreeSet::from([0, 1, 2]), 2), []);
    }

    #[test]
    fn a_slot_is_an_image_and_the_plain_memory_around_it() {
        let maps = "\
7f0000000000-7f0000004000 r-xp 00000000 fe:00 7 /data/compiled/a b.cwasm
7f0000010000-7f0000020000 rw-p 00000000 00:00 0
7f0000020000-7f0000024000 rw-p 00003000 fe:00 7                  /data/compiled/a b.cwasm
7f0000024000-7f0000028000 rw-p 00000000 00:00 0
7f0000028000-7f0000090000 ---p 00000000 00:00 0
7f0000090000-7f0000094000 rw-p 00003000 fe:00 7                  /data/compiled/a b.cwasm
7f00000a0000-7f00000a4000 rw-p 00000000 00:00 0                  [stack]
";
        let slots = slots(maps);
        let found: Vec<_> = slots.iter().map(|slot| (slot.image, slot.memory.clone())).collect();
        assert_eq!(
            found,
            [(0x7f0000020000, 0x7f0000010000..0x7f0000028000), (0x7f0000090000, 0x7f0000090000..0x7f0000094000),]
        );
        assert!(slots.iter().all(|slot| slot.file.ends_with("a b.cwasm")));
    }

    #[test]
    fn a_page_that_is_written_is_seen_and_pages_are_put_in_place_unchanged() {
        let mut memory = vec![0_u8; 64 * PAGE_BYTES];
        let start = memory.as_ptr().addr().next_multiple_of(PAGE_BYTES);
        let slot = Slot { file: PathBuf::new(), image: start, memory: start..start + 16 * PAGE_BYTES };
        let pagemap = File::open("/proc/self/pagemap").unwrap();
        assert!(slot.put_in_place(&(2..5)));
        let written = slot.written(&pagemap).unwrap();
        assert!([2, 3, 4].iter().all(|page| written.contains(page)), "{written:?}");
        memory.fill(7);
        assert!(slot.put_in_place(&(0..16)));
        assert!(memory.iter().all(|byte| *byte == 7));
        assert_eq!(slot.written(&pagemap).unwrap(), (0..16).collect());
    }
}
