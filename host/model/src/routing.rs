//! Decides which subscriptions an event reaches.
//! Pure: no I/O, no clock. Never looks outside the webhook's own integration, never matches other than exactly.

use std::collections::HashSet;

use crate::id::SubscriptionId;
use crate::subscription::Recipient;

/// Words that a selector holds when an id could not be read: two customers in that state would share their events.
const UNREADABLE: &[&str] = &["undefined", "null", "NaN", "[object Object]"];

/// Why a selector must not be used; `None` if it may.
pub fn selector_refusal(selector: &str, bytes_max: usize) -> Option<String> {
    if selector.trim().is_empty() {
        return Some("it is empty".to_owned());
    }
    if selector.len() > bytes_max {
        return Some(format!("it has {} bytes, {bytes_max} are allowed", selector.len()));
    }
    if let Some(word) = UNREADABLE.iter().find(|word| has_part(selector, word)) {
        return Some(format!("it holds `{word}`: an id that it is made of could not be read"));
    }
    if selector.ends_with([':', '=']) {
        return Some("it ends where an id was to follow".to_owned());
    }
    None
}

/// The subscriptions that have one of the selectors; each once, in the order in which they are found.
pub fn route<E>(
    selectors: &[String],
    mut matching: impl FnMut(&str) -> Result<Vec<Recipient>, E>,
) -> Result<Vec<Recipient>, E> {
    let mut reached: HashSet<SubscriptionId> = HashSet::new();
    let mut recipients = Vec::new();
    for selector in selectors {
        for recipient in matching(selector)? {
            if reached.insert(recipient.id.clone()) {
                recipients.push(recipient);
            }
        }
    }
    Ok(recipients)
}

/// Whether `word` stands in the text by itself: not as a piece of a longer word.
fn has_part(text: &str, word: &str) -> bool {
    let is_boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        is_boundary(before) && is_boundary(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, is_refused: bool) {
        assert_eq!(selector_refusal(selector, 64).is_some(), is_refused, "{selector:?}");
    }

    #[test]
    fn selectors_made_of_unreadable_ids_are_refused() {
        for selector in [
            "user_id:undefined",
            "undefined",
            "a:null:b",
            "team/NaN",
            "user:[object Object]",
            "user_id:",
            "a=",
            "",
            "  ",
        ] {
            check(selector, true);
        }
        check(&"x".repeat(65), true);
    }

    #[test]
    fn selectors_that_only_resemble_those_are_taken() {
        for selector in [
            "user_id:1",
            "team:nullify",
            "undefined-behaviour",
            "user:Nantes",
            "org/x_null",
            "site:https://x.example.test/",
            "ünïcode:ß",
            "NaNa",
        ] {
            check(selector, false);
        }
        check(&"x".repeat(64), false);
    }
}
