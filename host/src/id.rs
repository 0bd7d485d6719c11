//! Ids: TypeIDs, a prefix that says what it names and a UUIDv7, so that they sort by time.
//! Never reused, never parsed for their content.

use serde::{Deserialize, Serialize};
use type_safe_id::{DynamicType, TypeSafeId};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(String);

        impl $name {
            /// A new id, greater than every earlier one of this process.
            pub(crate) fn new() -> Self {
                Self(new($prefix))
            }

            #[allow(dead_code, reason = "not every kind of id comes in from outside")]
            /// Takes text from outside; `None` if it is not an id of this kind.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                is_id(text, $prefix).then(|| Self(text.to_owned()))
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
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

#[expect(clippy::expect_used, reason = "the prefixes are the literals above, all of them valid")]
fn new(prefix: &str) -> String {
    let prefix = DynamicType::new(prefix).expect("a valid prefix");
    // Version 7 with the counter of the process: ids of one millisecond sort as well.
    TypeSafeId::from_type_and_uuid(prefix, uuid::Uuid::now_v7()).to_string()
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.parse::<TypeSafeId<DynamicType>>().is_ok_and(|id| id.type_prefix() == prefix)
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
        assert_eq!(EventId::parse("evt_"), None);
    }
}
