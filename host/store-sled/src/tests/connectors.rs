//! Connector versions: numbered, found by their bytes, never changed, kept while in use.

use super::subject::new_integration;
use super::*;
use patchbay_crypto::secret::sha256_hex;
use patchbay_model::connector::ConnectorVersion;

fn version(connector: &str, bundle: &str) -> ConnectorVersion {
    ConnectorVersion {
        connector: connector.to_owned(),
        version: 0,
        digest: sha256_hex(bundle.as_bytes()),
        component: sha256_hex(bundle.as_bytes()),
        size: bundle.len() as u64,
        uploaded_at: at(0),
        manifest: serde_json::from_value(json!({
            "manifestVersion": 1, "connector": { "key": connector, "name": connector },
        }))
        .unwrap(),
    }
}

impl Fixture {
    async fn upload(&self, connector: &str, bundle: &str) -> (ConnectorVersion, bool) {
        self.add_connector_version(version(connector, bundle), bundle.as_bytes()).await.unwrap()
    }

    fn newest(&self, connector: &str) -> Option<u32> {
        self.connector_version(connector, None).unwrap().map(|version| version.version)
    }
}

#[tokio::test]
async fn versions_are_numbered_for_each_connector_and_the_newest_wins() {
    let mut store = store();
    for (connector, bundle, number) in [("echo", "one", 1), ("echo", "two", 2), ("slack", "s-one", 1)] {
        let (added, is_new) = store.upload(connector, bundle).await;
        assert_eq!((added.version, is_new), (number, true));
    }
    store.reopen();
    assert_eq!((store.newest("echo"), store.newest("slack"), store.newest("ech")), (Some(2), Some(1), None));
    let connectors = store.connectors(&first_page(9)).unwrap().items;
    let connectors: Vec<_> = connectors.iter().map(|newest| (newest.connector.as_str(), newest.version)).collect();
    assert_eq!(connectors, [("echo", 2), ("slack", 1)]);
}

#[tokio::test]
async fn the_same_bytes_are_the_same_version() {
    let store = store();
    store.upload("echo", "one").await;
    store.upload("echo", "two").await;
    let (again, is_new) = store.upload("echo", "one").await;
    assert_eq!((again.version, is_new), (1, false));
    assert_eq!(store.newest("echo"), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_bytes_uploaded_at_the_same_time_are_one_version() {
    let store = store();
    for bundle in ["one", "two", "three", "four"] {
        let uploads = (0..8).map(|_| {
            let store = store.deref().clone();
            tokio::spawn(async move { store.add_connector_version(version("echo", bundle), bundle.as_bytes()).await })
        });
        let mut numbers = BTreeSet::new();
        for upload in uploads.collect::<Vec<_>>() {
            numbers.insert(upload.await.unwrap().unwrap().0.version);
        }
        assert_eq!(numbers.len(), 1, "{bundle}: {numbers:?}");
    }
    assert_eq!(store.newest("echo"), Some(4));
}

#[tokio::test]
async fn a_version_keeps_its_bytes_and_its_record_whatever_comes_after() {
    let mut store = store();
    let (first, _) = store.upload("echo", "one").await;
    store.upload("echo", "two").await;
    let changed = ConnectorVersion { uploaded_at: at(9), ..version("echo", "one") };
    store.add_connector_version(changed, b"one").await.unwrap();
    store.reopen();
    let kept = store.connector_version("echo", Some(1)).unwrap().unwrap();
    assert_eq!((kept.uploaded_at, &kept.digest), (first.uploaded_at, &first.digest));
    assert_eq!(store.bundle(&first.digest).unwrap(), "one");
    assert_eq!(store.version_by_digest("echo", &first.digest).unwrap().unwrap().version, 1);
    assert!(store.version_by_digest("slack", &first.digest).unwrap().is_none());
}

#[tokio::test]
async fn a_version_in_use_is_not_removed() {
    let store = store();
    let (first, _) = store.upload("echo", "one").await;
    let (second, _) = store.upload("echo", "two").await;
    let pinned = Integration { version: Some(1), ..new_integration("pinned") };
    let follows = new_integration("follows");
    store.put_integration(&pinned).await.unwrap();
    store.put_integration(&follows).await.unwrap();

    assert!(matches!(store.remove_connector_version(&first).await, Err(Error::Conflict(_))), "it is pinned");
    store.remove_connector_version(&second).await.unwrap();
    assert_eq!(store.newest("echo"), Some(1));
    store.remove_integration(&pinned).await.unwrap();
    assert!(matches!(store.remove_connector_version(&first).await, Err(Error::Conflict(_))), "it is the last");
    store.remove_integration(&follows).await.unwrap();
    store.remove_connector_version(&first).await.unwrap();
    assert_eq!(store.newest("echo"), None);
    assert!(store.bundle(&first.digest).is_err());
    assert!(matches!(store.remove_connector_version(&first).await, Err(Error::Conflict(_))), "it is gone");
}

#[tokio::test]
async fn the_number_of_a_removed_version_is_not_given_out_again() {
    let mut store = store();
    store.upload("echo", "one").await;
    let (second, _) = store.upload("echo", "two").await;
    store.remove_connector_version(&second).await.unwrap();
    store.reopen();
    assert_eq!(store.upload("echo", "two").await.0.version, 3);
    assert_eq!(store.bundle(&second.digest).unwrap(), "two");
}

#[tokio::test]
async fn every_page_of_many_versions_is_found_from_its_cursor() {
    let store = store();
    for number in 1..=131 {
        store.upload("echo", &format!("bundle {number}")).await;
    }
    let mut request = first_page(2);
    let mut seen = Vec::new();
    for _ in 0..131 {
        let page = store.connector_versions("echo", &request).unwrap();
        seen.extend(page.items.iter().map(|version| version.version));
        request.cursor = page.cursor;
        if request.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=131).rev().collect::<Vec<_>>());
}
