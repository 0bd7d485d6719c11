//! The table against a list that is searched from end to end.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;
use patchbay_crypto::secret::sha256;
use patchbay_model::connection::CUSTOMER_BYTES_MAX;
use patchbay_model::subscription::Ordering;

fn address(number: u32) -> Address {
    *sha256(&number.to_be_bytes()).first_chunk().unwrap()
}

fn recipient(customer: &str) -> Recipient {
    let (connection, ordering) = ("the connection".to_owned(), Ordering::Key);
    Recipient { id: SubscriptionId::new(), connection, customer: customer.to_owned(), ordering }
}

fn ids(found: Vec<Recipient>) -> Vec<SubscriptionId> {
    found.into_iter().map(|found| found.id).collect()
}

#[test]
fn a_table_equals_a_list_whatever_is_added_and_removed_and_over_closing() {
    let folder = tempfile::tempdir().unwrap();
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut table = RouteTable::create(folder.path()).unwrap();
    let mut list: BTreeMap<u32, Vec<SubscriptionId>> = BTreeMap::new();
    for step in 0..6_000u64 {
        // Every tenth goes to the same address, so that buckets overflow.
        let number = if rng.random_ratio(1, 10) { 0 } else { rng.random_range(0..1_000) };
        let ids = list.entry(number).or_default();
        if rng.random_ratio(1, 4) && !ids.is_empty() {
            let id = ids.remove(rng.random_range(0..ids.len()));
            table.remove(&address(number), &id).unwrap();
        } else {
            let recipient = recipient(&"c".repeat(rng.random_range(1..128)));
            table.add(&address(number), &recipient).unwrap();
            ids.push(recipient.id);
        }
        if step % 1_500 == 0 {
            table.close(step).unwrap();
            drop(table);
            table = RouteTable::open(folder.path(), step).unwrap().unwrap();
        }
    }
    assert!(table.shape.buckets > 4 * MOVED_AT_ONCE && table.shape.overflow_pages > 10, "it did not grow");
    assert_eq!(table.shape.entries, list.values().map(|ids| ids.len() as u64).sum::<u64>());
    for (number, expected) in list {
        assert_eq!(ids(table.find(&address(number)).unwrap()), expected, "{number}");
    }
    assert!(table.find(&address(1_000)).unwrap().is_empty());
}

/// Looks for each of these, or for one in so many; each is at the address of its number.
fn every_one_is_found(table: &RouteTable, held: &[SubscriptionId], step: usize) {
    for (number, id) in held.iter().enumerate().step_by(step) {
        let found = ids(table.find(&address(u32::try_from(number).unwrap())).unwrap());
        assert_eq!(found, std::slice::from_ref(id), "{number} of {}", held.len());
    }
}

#[test]
fn a_table_of_several_pieces_holds_everything_densely_at_any_width() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = RouteTable::create(folder.path()).unwrap();
    let mut held = Vec::new();
    while table.shape.wider < 3 * BUCKETS_PIECE {
        let wider = table.shape.wider;
        while table.shape.wider == wider || table.shape.moved_from > wider / 2 {
            let number = u32::try_from(held.len()).unwrap();
            let recipient = recipient("a customer's name");
            table.add(&address(number), &recipient).unwrap();
            held.push(recipient.id);
        }
        // In the middle of a move, and every hundredth is enough.
        every_one_is_found(&table, &held, 100);
    }
    every_one_is_found(&table, &held, 1);
    let bytes = table.buckets.metadata().unwrap().len() + table.overflow.metadata().unwrap().len();
    // But for a piece that waits for more.
    let (taken, held) = (bytes - offset(BUCKETS_PIECE), table.shape.entry_bytes);
    assert!(taken < 2 * held, "{taken} bytes for entries of {held}");
}

#[test]
fn what_was_added_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = RouteTable::create(folder.path()).unwrap();
    for ordering in [Ordering::None, Ordering::Key, Ordering::Subscription] {
        let recipient = Recipient { ordering, customer: "ünïcode".into(), ..recipient("") };
        table.add(&address(1), &recipient).unwrap();
        assert!(table.find(&address(1)).unwrap().contains(&recipient));
    }
}

#[test]
fn only_a_table_that_was_closed_for_these_records_is_opened_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = |watermark| RouteTable::open(folder.path(), watermark).unwrap();
    assert!(open(7).is_none());
    let mut table = RouteTable::create(folder.path()).unwrap();
    assert!(open(7).is_none());
    table.close(7).unwrap();
    assert!(open(8).is_none());
    assert!(open(7).is_some());
    assert!(open(7).is_none());
}

#[test]
fn a_damaged_page_is_an_error_and_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = RouteTable::create(folder.path()).unwrap();
    table.add(&Address::default(), &recipient("one")).unwrap();
    table.buckets.write_all_at(b"x", 60).unwrap();
    assert!(table.find(&Address::default()).is_err());
}

#[test]
fn pages_that_follow_are_read_only_for_what_may_be_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = RouteTable::create(folder.path()).unwrap();
    // Both belong to one bucket; they differ in what says whether they may be in another page.
    let (first, mut second) = (Address::default(), Address::default());
    second[8] = 1;
    table.add(&first, &recipient("first")).unwrap();
    for _ in 0..8 {
        table.add(&second, &recipient(&"c".repeat(64))).unwrap();
    }
    assert_eq!((table.shape.wider, table.find(&second).unwrap().len()), (MOVED_AT_ONCE, 8));
    assert!(table.shape.overflow_pages > 0, "all of it has room in the bucket's own page");
    table.overflow.write_all_at(b"damaged", 0).unwrap();
    assert_eq!(table.find(&first).unwrap().len(), 1);
    assert!(table.find(&second).is_err());
}

#[test]
fn the_longest_names_have_room_and_longer_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = RouteTable::create(folder.path()).unwrap();
    let longest = Recipient { connection: "n".repeat(128), ..recipient(&"c".repeat(CUSTOMER_BYTES_MAX)) };
    table.add(&address(1), &longest).unwrap();
    assert_eq!(table.find(&address(1)).unwrap(), [longest]);
    assert!(table.add(&address(2), &recipient(&"c".repeat(PAGE_BYTES))).is_err());
    assert!(table.find(&address(2)).unwrap().is_empty());
}
