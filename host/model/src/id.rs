//! Ids: TypeIDs, a prefix that says what it names and a UUIDv7, so that they sort by time.
//! Never reused, never parsed for their content.

use serde::{Deserialize, Serialize};
use type_safe_id::{DynamicType, TypeSafeId};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        #[expect(clippy::new_without_default, reason = "a new id is no default: each is another one")]
        impl $name {
            /// A new id, greater than every earlier one of this process.
            pub fn new() -> Self {
                Self(new($prefix))
            }

            #[allow(dead_code, reason = "not every kind of id comes in from outside")]
            /// Takes text from outside; `None` if it is not an id of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                is_id(text, $prefix).then(|| Self(text.to_owned()))
            }

            #[allow(dead_code, reason = "not every kind of id is looked for by time")]
            /// What sorts before every id that is made from this moment on, and after every earlier one.
            pub fn first_at(moment: jiff::Timestamp) -> Self {
                Self(first_at($prefix, moment))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            #[allow(dead_code, reason = "not every kind of id is kept in large numbers")]
            /// All of it but its kind, in the fewest bytes.
            pub fn to_bytes(&self) -> Option<[u8; 16]> {
                to_bytes(&self.0)
            }

            #[allow(dead_code, reason = "not every kind of id is kept in large numbers")]
            pub fn of_bytes(bytes: [u8; 16]) -> Self {
                Self(text($prefix, uuid::Uuid::from_bytes(bytes)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// One integration, even if its key is used again later.
    IntegrationId = "int";
    SubscriptionId = "sub";
    RequestId = "req";
    EventId = "evt";
    DeliveryId = "dlv";
    TokenId = "tok";
}

/// How much of an id is its prefix, with the line after it: every kind has three letters.
const PREFIX_LEN: usize = 4;

/// What ids of different kinds are compared by: they sort by the time at which they were made.
pub fn age_of(id: &str) -> &str {
    id.get(PREFIX_LEN..).unwrap_or_default()
}

/// What `age_of` every id is not below that was made at this time or later.
pub fn age_at(ms: i64) -> String {
    let ms = u128::try_from(ms).unwrap_or(0) & ((1 << 48) - 1);
    age_of(&text("req", uuid::Uuid::from_u128(ms << 80))).to_owned()
}

fn new(prefix: &str) -> String {
    // Version 7 with the counter of the process: ids of one millisecond sort as well.
    text(prefix, uuid::Uuid::now_v7())
}

#[expect(clippy::expect_used, reason = "the prefixes are the literals above, all of them valid")]
fn text(prefix: &str, uuid: uuid::Uuid) -> String {
    let prefix = DynamicType::new(prefix).expect("a valid prefix");
    TypeSafeId::from_type_and_uuid(prefix, uuid).to_string()
}

fn first_at(prefix: &str, moment: jiff::Timestamp) -> String {
    let ms = u128::try_from(moment.as_millisecond()).unwrap_or(0) & ((1 << 48) - 1);
    // The first 48 bits of version 7 are milliseconds.
    text(prefix, uuid::Uuid::from_u128(ms << 80))
}

fn to_bytes(id: &str) -> Option<[u8; 16]> {
    Some(parsed(id)?.uuid().into_bytes())
}

fn is_id(text: &str, prefix: &str) -> bool {
    parsed(text).is_some_and(|id| id.type_prefix() == prefix)
}

fn parsed(text: &str) -> Option<TypeSafeId<DynamicType>> {
    // The parser cuts what is too long, amid a character if need be, and panics.
    text.is_ascii().then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_typed_and_sort_by_time() {
        let ids: Vec<EventId> = (0..1_000).map(|_| EventId::new()).collect();
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
        let earlier = &ids[0];
        assert!(earlier.as_str().starts_with("evt_"));
        assert_eq!(EventId::parse(earlier.as_str()), Some(earlier.clone()));
        assert_eq!(DeliveryId::parse(earlier.as_str()), None);
        assert_eq!(EventId::of_bytes(earlier.to_bytes().unwrap()), *earlier);
        assert_eq!(EventId::parse("evt_"), None);
        assert_eq!(EventId::parse(&format!("{}\u{34f}_01h4584sn02q", "e".repeat(62))), None);
    }

    #[test]
    fn ids_of_all_kinds_are_compared_by_the_time_at_which_they_were_made() {
        let before = i64::try_from(uuid::Timestamp::now(uuid::NoContext).to_unix().0).unwrap() * 1_000;
        let (request, event) = (RequestId::new(), EventId::new());
        assert!(age_of(request.as_str()) < age_of(event.as_str()));
        assert!(age_at(before).as_str() <= age_of(request.as_str()));
        assert!(age_at(before + 60_000).as_str() > age_of(event.as_str()));
    }

    #[test]
    fn the_first_id_of_a_moment_lies_between_what_was_made_before_and_after() {
        let (before, now) = (EventId::new(), crate::clock::now());
        std::thread::sleep(std::time::Duration::from_millis(3));
        let after = EventId::new();
        assert!(EventId::first_at(now - jiff::SignedDuration::from_millis(2)) < before);
        assert!(before < EventId::first_at(now + jiff::SignedDuration::from_millis(2)));
        assert!(EventId::first_at(now + jiff::SignedDuration::from_millis(1)) < after);
    }
}
