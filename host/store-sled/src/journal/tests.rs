//! What a start finds in the journal, after whatever was written to it and not.

use super::*;

fn rows(text: &str) -> Vec<Row> {
    vec![(Key::new(Table::Event).tail(text), text.as_bytes().to_vec()), (Key::new(Table::Due).tail(text), Vec::new())]
}

fn content(text: &str) -> Vec<Written> {
    vec![Written { segment: 3, offset: 7, bytes: text.as_bytes().to_vec() }]
}

fn write(journal: &mut Journal, text: &str) {
    journal.write(&rows(text), &content(text)).unwrap();
    journal.sync().unwrap();
}

/// What a start finds: numbers, with the text that was written.
fn found(folder: &Path) -> Vec<(u64, String)> {
    let (_, entries) = Journal::open(folder).unwrap();
    let text = |entry: &Entry| {
        let text = String::from_utf8(entry.content[0].bytes.clone()).unwrap();
        let expected = rows(&text).into_iter().map(|(key, value)| (Bytes::copy_from_slice(key.as_ref()), value.into()));
        assert_eq!(entry.rows, expected.collect::<Vec<(Bytes, Bytes)>>());
        assert_eq!(entry.content, content(&text));
        text
    };
    entries.iter().map(|entry| (entry.number, text(entry))).collect()
}

fn with_texts(numbers: std::ops::RangeInclusive<u64>, text: &str) -> Vec<(u64, String)> {
    numbers.map(|number| (number, text.to_owned())).collect()
}

#[test]
fn entries_are_found_in_order_whichever_file_they_are_in() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(folder.path()).unwrap();
    for text in ["one", "two", "three"] {
        write(&mut journal, text);
        journal.turn();
    }
    // The first was written over by the third.
    assert_eq!(found(folder.path()), [(2, "two".to_owned()), (3, "three".to_owned())]);
}

#[test]
fn entries_of_an_earlier_round_are_not_taken_for_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(folder.path()).unwrap();
    (0..5).for_each(|_| write(&mut journal, "same"));
    journal.turn();
    (0..2).for_each(|_| write(&mut journal, "same"));
    journal.turn();
    (0..2).for_each(|_| write(&mut journal, "same"));
    assert_eq!(found(folder.path()), with_texts(6..=9, "same"));
}

#[test]
fn a_torn_entry_ends_what_is_found_and_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(folder.path()).unwrap();
    write(&mut journal, "kept");
    // Never synced.
    journal.write(&rows("lost"), &content("lost")).unwrap();
    let file = folder.path().join("one");
    let whole = std::fs::read(&file).unwrap();
    for length in (0..whole.len()).rev() {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert!(found(folder.path()).len() <= 1);
        let mut damaged = whole.clone();
        damaged[length] ^= 1;
        std::fs::write(&file, damaged).unwrap();
        assert!(found(folder.path()).len() <= 1, "a changed byte at {length}");
    }
    std::fs::write(&file, &whole).unwrap();
    write(&mut journal, "next");
    assert_eq!(found(folder.path()), [(1, "kept".to_owned()), (2, "next".to_owned())]);
}

#[test]
fn a_missing_entry_is_noticed() {
    let entries: Vec<Entry> =
        [4, 5, 7].map(|number| Entry { number, rows: Vec::new(), content: Vec::new() }).into_iter().collect();
    let missing = |number| after(&entries, number).map(|entries| entries.count()).ok();
    assert_eq!([2, 3, 4, 5, 6, 7, 8].map(missing), [None, None, None, None, Some(1), Some(0), Some(0)]);
    assert_eq!(after(&entries[..2], 3).unwrap().count(), 2);
}

#[test]
fn numbers_go_on_after_what_the_records_hold() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(folder.path()).unwrap();
    write(&mut journal, "one");
    let (mut journal, _) = Journal::open(folder.path()).unwrap();
    journal.clear().unwrap();
    journal.begin_after(1);
    write(&mut journal, "two");
    assert_eq!(found(folder.path()), [(2, "two".to_owned())]);
}
