//! A model of a disk under a recording: what certainly is on it, and what was written since and may be or not.
//!
//! A file's bytes are certain once an `fsync` or `fdatasync` has ended that began after they were written; a name, once its
//! folder was synced. `sync_file_range` counts for nothing: it says nothing of the drive's own cache nor of the file's
//! length. When the power fails, any part of the rest may have come to the disk: of a file any sectors of 512 bytes or 4
//! KiB in any order, of the names in a folder those up to some moment, for a journal keeps their order.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::recording::{Change, Record};
use crate::harness::Random;

pub(super) struct Disk {
    root: PathBuf,
    files: HashMap<usize, File>,
    /// The file that an inode's number stands for now; numbers are given out again.
    of_inode: HashMap<u64, usize>,
    folders: BTreeMap<PathBuf, Folder>,
    /// Syncs under way: what was there when they began.
    syncs: HashMap<u64, u64>,
}

#[derive(Default)]
struct File {
    certain: Vec<u8>,
    since: Vec<FileChange>,
    /// How many changes became certain.
    passed: u64,
}

#[derive(Clone)]
enum FileChange {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate(u64),
}

#[derive(Default)]
struct Folder {
    certain: BTreeMap<String, Name>,
    since: Vec<NameChange>,
    passed: u64,
}

#[derive(Clone, Copy)]
enum Name {
    File(usize),
    Folder,
}

#[derive(Clone)]
enum NameChange {
    Put(String, Name),
    Rename(String, String),
    Remove(String),
}

/// How much of what is not certain came to the disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Luck {
    Nothing,
    Everything,
    /// In the order in which it was written, up to some moment.
    InOrder,
    /// Any pieces of this many bytes, so many of a hundred.
    Torn {
        piece: u64,
        percent: u64,
    },
}

impl Luck {
    pub(super) fn draw(random: &mut Random) -> Luck {
        let piece = [512, 4096][random.below(2) as usize];
        match random.below(10) {
            0 => Luck::Nothing,
            1 => Luck::Everything,
            2..4 => Luck::InOrder,
            _ => Luck::Torn { piece, percent: [10, 50, 90][random.below(3) as usize] },
        }
    }
}

impl Disk {
    /// A disk that certainly holds what is in `root` now.
    pub(super) fn read(root: &Path) -> Disk {
        let mut disk = Disk {
            root: root.to_owned(),
            files: HashMap::new(),
            of_inode: HashMap::new(),
            folders: BTreeMap::new(),
            syncs: HashMap::new(),
        };
        disk.read_folder(root);
        disk
    }

    fn read_folder(&mut self, path: &Path) {
        let mut folder = Folder::default();
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                self.read_folder(&entry.path());
                folder.certain.insert(name, Name::Folder);
            } else {
                let file = self.new_file(entry.metadata().unwrap().ino());
                self.files.get_mut(&file).unwrap().certain = fs::read(entry.path()).unwrap();
                folder.certain.insert(name, Name::File(file));
            }
        }
        self.folders.insert(path.to_owned(), folder);
    }

    fn new_file(&mut self, inode: u64) -> usize {
        let file = self.files.len();
        self.files.insert(file, File::default());
        self.of_inode.insert(inode, file);
        file
    }

    pub(super) fn apply(&mut self, record: Record) {
        match record.change {
            Change::Write => {
                let change = FileChange::Write { offset: record.number, bytes: record.bytes };
                self.file(record.inode).into_iter().for_each(|file| file.since.push(change.clone()));
            }
            Change::Truncate => {
                let change = FileChange::Truncate(record.number);
                self.file(record.inode).into_iter().for_each(|file| file.since.push(change.clone()));
            }
            Change::SyncBegin => {
                let all = self.file(record.inode).map(|file| file.passed + file.since.len() as u64);
                self.syncs.extend(all.map(|all| (record.number, all)));
            }
            Change::SyncEnd => {
                let all = self.syncs.remove(&record.number);
                if let (Some(all), Some(file)) = (all, self.file(record.inode)) {
                    file.pass(all);
                }
            }
            Change::SyncFolderBegin => {
                let folder = self.folders.get(&record.path());
                let all = folder.map(|folder| folder.passed + folder.since.len() as u64);
                self.syncs.extend(all.map(|all| (record.number, all)));
            }
            Change::SyncFolderEnd => {
                let all = self.syncs.remove(&record.number);
                if let (Some(all), Some(folder)) = (all, self.folders.get_mut(&record.path())) {
                    folder.pass(all);
                }
            }
            Change::Create => {
                let file = self.new_file(record.inode);
                self.rename(&record.path(), |name| NameChange::Put(name, Name::File(file)));
            }
            Change::MakeFolder => {
                self.folders.entry(record.path()).or_default();
                self.rename(&record.path(), |name| NameChange::Put(name, Name::Folder));
            }
            Change::Remove => self.rename(&record.path(), NameChange::Remove),
            Change::Rename => {
                let (from, to) = record.paths();
                assert_eq!(from.parent(), to.parent(), "this model knows no moves between folders");
                let to = to.file_name().unwrap().to_str().unwrap().to_owned();
                self.rename(&from, |from| NameChange::Rename(from, to));
            }
        }
    }

    fn file(&mut self, inode: u64) -> Option<&mut File> {
        self.files.get_mut(self.of_inode.get(&inode)?)
    }

    fn rename(&mut self, path: &Path, change: impl FnOnce(String) -> NameChange) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = self.folders.get_mut(path.parent().unwrap());
        folder.unwrap_or_else(|| panic!("{} is in no known folder", path.display())).since.push(change(name));
    }

    /// Writes into `image` what the disk may hold if the power fails now.
    pub(super) fn write_image(&self, image: &Path, luck: Luck, random: &mut Random) {
        self.write_folder(&self.root, image, luck, random);
    }

    fn write_folder(&self, folder: &Path, image: &Path, luck: Luck, random: &mut Random) {
        fs::create_dir_all(image).unwrap();
        for (name, what) in self.folders[folder].names(luck, random) {
            match what {
                Name::Folder => self.write_folder(&folder.join(&name), &image.join(&name), luck, random),
                Name::File(file) => self.files[&file].write(&image.join(&name), luck, random),
            }
        }
    }

    /// Fails where the recording does not add up to what is really there: then something went past it.
    pub(super) fn assert_is_real(&self, below: &str, space: &Path, random: &mut Random) {
        self.write_image(space, Luck::Everything, random);
        let folders = [self.root.join(below), space.join(below)];
        let difference = std::process::Command::new("diff").arg("-rq").args(folders).output().unwrap();
        assert!(difference.status.success(), "{}", String::from_utf8_lossy(&difference.stdout));
        fs::remove_dir_all(space).unwrap();
    }

    /// Whether something that certainly was on the disk is being written over: where a store errs, it errs here.
    pub(super) fn is_written_over(&self) -> bool {
        let over = |file: &File, change: &FileChange| match change {
            FileChange::Write { offset, bytes } => {
                let (from, to) = (*offset as usize, file.certain.len().min(*offset as usize + bytes.len()));
                // One byte again and again is a filling.
                file.certain.get(from..to).is_some_and(|certain| certain.iter().any(|byte| *byte != certain[0]))
            }
            FileChange::Truncate(length) => (*length as usize) < file.certain.len(),
        };
        self.files.values().any(|file| file.since.iter().any(|change| over(file, change)))
    }

    /// How many bytes are not certain.
    pub(super) fn uncertain_bytes(&self) -> usize {
        let bytes = |change: &FileChange| if let FileChange::Write { bytes, .. } = change { bytes.len() } else { 0 };
        self.files.values().flat_map(|file| &file.since).map(bytes).sum()
    }
}

impl File {
    /// The first `all` changes have become certain.
    fn pass(&mut self, all: u64) {
        let count = all.saturating_sub(self.passed);
        for change in self.since.drain(..count as usize) {
            change.apply(&mut self.certain);
        }
        self.passed += count;
    }

    fn write(&self, path: &Path, luck: Luck, random: &mut Random) {
        let mut bytes = self.certain.clone();
        let count = match luck {
            Luck::Nothing => 0,
            Luck::Everything | Luck::Torn { .. } => self.since.len(),
            Luck::InOrder => random.below(self.since.len() as u64 + 1) as usize,
        };
        for change in &self.since[..count] {
            match luck {
                Luck::Torn { piece, percent } => {
                    change.tear(piece, percent, random).iter().for_each(|change| change.apply(&mut bytes))
                }
                _ => change.apply(&mut bytes),
            }
        }
        // The length of a file may be on the disk before its bytes are.
        if matches!(luck, Luck::Torn { .. }) && random.below(2) == 0 {
            let mut whole = self.certain.clone();
            self.since.iter().for_each(|change| change.apply(&mut whole));
            bytes.resize(bytes.len().max(whole.len()), 0);
        }
        // As the server made them: for its user alone.
        let mut private = fs::OpenOptions::new();
        let file = private.write(true).create(true).truncate(true).mode(0o600).open(path);
        file.unwrap().write_all_at(&bytes, 0).unwrap();
    }
}

impl FileChange {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            FileChange::Write { offset, bytes: written } => {
                let (from, to) = (*offset as usize, *offset as usize + written.len());
                bytes.resize(bytes.len().max(to), 0);
                bytes[from..to].copy_from_slice(written);
            }
            FileChange::Truncate(length) => bytes.resize(*length as usize, 0),
        }
    }

    /// The pieces of it that came to the disk.
    fn tear(&self, piece: u64, percent: u64, random: &mut Random) -> Vec<FileChange> {
        let FileChange::Write { offset, bytes } = self else {
            return if random.below(100) < percent { vec![self.clone()] } else { Vec::new() };
        };
        let mut pieces = Vec::new();
        let (mut from, end) = (*offset, offset + bytes.len() as u64);
        while from < end {
            let to = end.min((from / piece + 1) * piece);
            if random.below(100) < percent {
                let bytes = bytes[(from - offset) as usize..(to - offset) as usize].to_vec();
                pieces.push(FileChange::Write { offset: from, bytes });
            }
            from = to;
        }
        pieces
    }
}

impl Folder {
    fn pass(&mut self, all: u64) {
        let count = all.saturating_sub(self.passed);
        for change in self.since.drain(..count as usize) {
            change.apply(&mut self.certain);
        }
        self.passed += count;
    }

    fn names(&self, luck: Luck, random: &mut Random) -> BTreeMap<String, Name> {
        let count = match luck {
            Luck::Nothing => 0,
            Luck::Everything => self.since.len(),
            Luck::InOrder | Luck::Torn { .. } => random.below(self.since.len() as u64 + 1) as usize,
        };
        let mut names = self.certain.clone();
        self.since[..count].iter().for_each(|change| change.apply(&mut names));
        names
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, Name>) {
        match self {
            NameChange::Put(name, what) => {
                names.insert(name.clone(), *what);
            }
            NameChange::Rename(from, to) => {
                let what = names.remove(from);
                names.extend(what.map(|what| (to.clone(), what)));
            }
            NameChange::Remove(name) => {
                names.remove(name);
            }
        }
    }
}
