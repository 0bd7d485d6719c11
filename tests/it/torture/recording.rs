//! Reads what `tools/record-writes.c` wrote down.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Write,
    Truncate,
    SyncBegin,
    SyncEnd,
    Create,
    Rename,
    Remove,
    MakeFolder,
    SyncFolderBegin,
    SyncFolderEnd,
}

/// One change.
pub(super) struct Record {
    pub(super) change: Change,
    pub(super) inode: u64,
    /// An offset, a length, or what a sync is known by.
    pub(super) number: u64,
    /// What was written, or a path.
    pub(super) bytes: Vec<u8>,
}

impl Record {
    pub(super) fn path(&self) -> PathBuf {
        String::from_utf8(self.bytes.clone()).unwrap().into()
    }

    /// Both paths of a renaming.
    pub(super) fn paths(&self) -> (PathBuf, PathBuf) {
        let text = String::from_utf8(self.bytes.clone()).unwrap();
        let (from, to) = text.split_once('\0').unwrap();
        (from.into(), to.into())
    }
}

pub(super) struct Recording {
    file: BufReader<File>,
    /// How far it has been read, in bytes.
    pub(super) position: u64,
}

impl Recording {
    pub(super) fn open(path: &Path) -> Recording {
        Recording { file: BufReader::new(File::open(path).unwrap()), position: 0 }
    }

    /// The next record; nothing at the end.
    pub(super) fn next(&mut self) -> Option<Record> {
        let mut head = [0; 32];
        self.file.read_exact(&mut head).ok()?;
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        let mut bytes = vec![0; number(24) as usize];
        self.file.read_exact(&mut bytes).unwrap();
        self.position += 32 + bytes.len() as u64;
        Some(Record { change: change(number(0)), inode: number(8), number: number(16), bytes })
    }
}

fn change(kind: u64) -> Change {
    match kind {
        1 => Change::Write,
        2 => Change::Truncate,
        3 => Change::SyncBegin,
        4 => Change::SyncEnd,
        5 => Change::Create,
        6 => Change::Rename,
        7 => Change::Remove,
        8 => Change::MakeFolder,
        9 => Change::SyncFolderBegin,
        10 => Change::SyncFolderEnd,
        other => panic!("{other} is no kind of record"),
    }
}
