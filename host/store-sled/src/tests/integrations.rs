//! Integrations, the addresses of their webhooks, and connections.

use super::subject::{new_connection, new_integration};
use super::*;
use patchbay_model::connection::Connection;

#[tokio::test]
async fn a_webhook_token_cannot_be_guessed_and_stays_the_same() {
    let mut store = store();
    let integration = store.set_up("slack").await;
    let token = store.webhook_token(&integration, "messages").await.unwrap();
    // 128 bits, in whatever alphabet.
    assert!(token.len() >= 22, "{token}");
    store.reopen();
    assert_eq!(store.webhook_token(&integration, "messages").await.unwrap(), token);
    let address = store.webhook_address(&token).unwrap().unwrap();
    let address = (address.integration.as_str(), &address.integration_id, address.webhook_key.as_str());
    assert_eq!(address, ("slack", &integration.id, "messages"));
}

#[tokio::test]
async fn each_webhook_of_each_integration_has_a_token_of_its_own() {
    let store = store();
    let mut tokens = BTreeSet::new();
    for key in ["a", "b"] {
        let integration = store.set_up(key).await;
        for webhook in ["messages", "messages2", "m"] {
            tokens.insert(store.webhook_token(&integration, webhook).await.unwrap());
        }
    }
    assert_eq!(tokens.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_asked_for_many_times_at_once_is_one_token() {
    let store = store();
    let integration = store.set_up("slack").await;
    let asked = (0..16).map(|_| {
        let (store, integration) = (store.deref().clone(), integration.clone());
        tokio::spawn(async move { store.webhook_token(&integration, "messages").await.unwrap() })
    });
    let mut tokens = BTreeSet::new();
    for token in asked.collect::<Vec<_>>() {
        tokens.insert(token.await.unwrap());
    }
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn the_addresses_of_an_integration_go_with_it() {
    let mut store = store();
    let (gone, stays) = (store.set_up("gone").await, store.set_up("stays").await);
    let token_gone = store.webhook_token(&gone, "messages").await.unwrap();
    let token_stays = store.webhook_token(&stays, "messages").await.unwrap();
    store.remove_integration(&gone).await.unwrap();
    store.reopen();
    assert!(store.webhook_address(&token_gone).unwrap().is_none());
    assert!(store.webhook_address(&token_stays).unwrap().is_some());
    assert!(store.integration("gone").unwrap().is_none());

    let again = store.set_up("gone").await;
    assert_ne!(store.webhook_token(&again, "messages").await.unwrap(), token_gone);
}

#[tokio::test]
async fn an_integration_with_connections_is_not_removed() {
    let store = store();
    let integration = store.integration_in_use().await;
    assert!(matches!(store.remove_integration(&integration).await, Err(Error::Conflict(_))));
    let connection = store.connection("acme").unwrap().unwrap();
    store.remove_connection(&connection).await.unwrap();
    store.remove_integration(&integration).await.unwrap();
}

#[tokio::test]
async fn a_connection_cannot_move_to_another_integration() {
    let store = store();
    let integration = store.integration_in_use().await;
    let other = store.set_up("github").await;
    let moved = store.put_connection(&new_connection(&other, "acme")).await;
    assert!(matches!(moved, Err(Error::Conflict(_))));
    assert_eq!(store.connection("acme").unwrap().unwrap().integration_id, integration.id);

    let renamed = Connection { name: Some("Acme".into()), ..new_connection(&integration, "acme") };
    store.put_connection(&renamed).await.unwrap();
    assert_eq!(store.connection("acme").unwrap().unwrap().name.as_deref(), Some("Acme"));
}

#[tokio::test]
async fn a_connection_needs_its_very_integration() {
    let store = store();
    let deleted = new_integration("slack");
    assert!(matches!(store.put_connection(&new_connection(&deleted, "acme")).await, Err(Error::Conflict(_))));
    // The same key, used again, is another integration.
    store.set_up("slack").await;
    assert!(matches!(store.put_connection(&new_connection(&deleted, "acme")).await, Err(Error::Conflict(_))));
}

/// What is kept was checked before: meanwhile the id may have been given to somebody else.
#[tokio::test]
async fn what_was_begun_for_one_customer_does_not_end_at_another_with_the_same_connection_id() {
    let store = store();
    let integration = store.set_up("slack").await;
    let mine = new_connection(&integration, "shared-id");
    store.put_connection(&mine).await.unwrap();
    let begun = listener(&integration, "shared-id", HOOK, "team:T1");
    store.remove_connection(&mine).await.unwrap();
    let theirs = Connection { customer: "somebody else".into(), ..new_connection(&integration, "shared-id") };
    store.put_connection(&theirs).await.unwrap();
    assert!(matches!(store.put_subscription(&begun).await, Err(Error::Conflict(_))));
    assert!(matches!(store.put_connection(&mine).await, Err(Error::Conflict(_))));
    assert_eq!(store.connection("shared-id").unwrap().unwrap().customer, "somebody else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_integration_removed_while_it_is_connected_leaves_no_connection_behind() {
    let store = store();
    for round in 0..60 {
        let integration = store.set_up(&format!("slack{round}")).await;
        let connection = new_connection(&integration, &format!("c{round}"));
        let (one, two) = (store.deref().clone(), store.deref().clone());
        let (put, removed) = tokio::join!(
            tokio::spawn({
                let connection = connection.clone();
                async move { one.put_connection(&connection).await }
            }),
            tokio::spawn(async move { two.remove_integration(&integration).await }),
        );
        assert_ne!(put.unwrap().is_ok(), removed.unwrap().is_ok(), "one of them must lose");
    }
}

#[tokio::test]
async fn removing_a_connection_removes_its_subscriptions_and_no_others() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.put_connection(&new_connection(&integration, "acme2")).await.unwrap();
    let gone = store.subscribe(&integration, "user:1").await;
    let stays = listener(&integration, "acme2", HOOK, "user:1");
    store.put_subscription(&stays).await.unwrap();

    store.remove_connection(&store.connection("acme").unwrap().unwrap()).await.unwrap();
    store.reopen();
    assert!(store.subscription(&gone.id).unwrap().is_none());
    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    assert_eq!(store.reached(&event), [stays.id]);
    assert!(matches!(store.put_subscription(&gone).await, Err(Error::Conflict(_))), "its connection is gone");
}
