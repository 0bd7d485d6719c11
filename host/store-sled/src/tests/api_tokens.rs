//! API tokens: found by hash, bounded, never without one that administers.

use super::*;
use patchbay_crypto::api_token::{self, hash};
use patchbay_model::api_token::ApiToken;
use patchbay_model::scope::Scope;

fn token(scope: Scope, expires_at: Option<Timestamp>) -> ApiToken {
    api_token::new("a name".into(), scope, at(0), expires_at).0
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_until_it_is_removed() {
    let mut store = store();
    assert!(!store.has_api_tokens());
    let (first, text) = api_token::first(at(0));
    store.add_api_token(&first).await.unwrap();
    let customer = token(Scope::Customer { customer: "acme".into() }, Some(at(5)));
    store.add_api_token(&customer).await.unwrap();
    store.reopen();
    assert_eq!(store.api_token_with_hash(&hash(&text)).unwrap().unwrap().id, first.id);
    assert!(store.api_token_with_hash(&hash("another")).unwrap().is_none());
    let found = store.api_token_with_hash(&customer.hash).unwrap().unwrap();
    assert_eq!((found.scope.clone(), found.expires_at), (customer.scope.clone(), Some(at(5))));
    assert!(!found.is_expired(at(4)) && found.is_expired(at(5)));
    store.remove_api_token(&found).await.unwrap();
    assert!(store.api_token_with_hash(&customer.hash).unwrap().is_none());
    assert_eq!(store.api_tokens(&first_page(9)).unwrap().items.len(), 1);
}

#[tokio::test]
async fn the_last_lasting_admin_stays() {
    let store = store();
    let (first, second) = (api_token::first(at(0)).0, api_token::first(at(0)).0);
    store.add_api_token(&first).await.unwrap();
    store.add_api_token(&token(Scope::Admin, Some(at(5)))).await.unwrap();
    assert!(matches!(store.remove_api_token(&first).await, Err(Error::Conflict(_))));
    store.add_api_token(&second).await.unwrap();
    store.remove_api_token(&first).await.unwrap();
    assert!(matches!(store.remove_api_token(&second).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn there_are_no_more_tokens_than_may_be() {
    let store = store_with(|options| options.api_tokens_max = 2);
    store.add_api_token(&token(Scope::Read, None)).await.unwrap();
    store.add_api_token(&token(Scope::Read, None)).await.unwrap();
    assert!(matches!(store.add_api_token(&token(Scope::Read, None)).await, Err(Error::Conflict(_))));
}

/// Stores of the first layout held the hash of one token and nothing else about it.
#[tokio::test]
async fn the_token_of_an_old_store_is_an_admin_token_named_first() {
    let mut store = store();
    let old = keys::Key::new(keys::Table::OnlyApiToken);
    store.inner.tree.insert(old, encode(&hash("pbk_old")).unwrap()).unwrap();
    store.durable().await.unwrap();
    for _ in 0..2 {
        store.reopen();
        let first = store.api_token_with_hash(&hash("pbk_old")).unwrap().unwrap();
        assert_eq!((first.name.as_str(), first.scope), ("first", Scope::Admin));
        assert_eq!(store.api_tokens(&first_page(9)).unwrap().items.len(), 1);
    }
}
