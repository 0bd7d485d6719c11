//! The example of the specification, from the files to the customer's endpoint.

use serde_json::{Value, json};

use crate::harness::{ExternalApi, Host, Receiver, never, repository};

/// The specification's `handle.js`, to the byte.
const HANDLE: &str = r#"export default async function handle({ data }) {
  return {
    events: [
      {
        payload: data,
        selector: `user_id:${data.from_user_id}`,
      },
    ],
    response: {
        status: 201,
        data: "Webhook received"
    }
  }
}
"#;

const WEBHOOK_SPEC: &str = "name: Webhook Name
key: webhook-key
methods:
  handle:
    implementationType: javascript
";

const EVENT_SPEC: &str = "name: Event Name
implementationType: global-webhook
key: event-key
methods:
  get-event-selector:
    implementationType: javascript
";

/// Two users of one external app, each with a connection and a subscription.
struct Seed {
    host: Host,
    receiver: Receiver,
    app: ExternalApi,
    webhook: String,
}

impl Seed {
    async fn start() -> Seed {
        let (host, receiver, app) = (Host::start().await, Receiver::start().await, ExternalApi::start().await);
        host.api.put_integration("messages", "seed-example", json!({ "apiBaseUri": app.url })).await;
        for user in ["u_1", "u_2"] {
            app.add_user(&format!("token-of-{user}"), user);
            let credentials = json!({ "accessToken": format!("token-of-{user}") });
            host.api.put_connection(&format!("of-{user}"), "messages", user, credentials).await;
        }
        let webhook = host.api.webhook("messages", "webhook-key").await;
        Seed { host, receiver, app, webhook }
    }

    async fn subscribe(&self, user: &str) -> Value {
        let url = self.receiver.url(&format!("/{user}"));
        self.host.api.subscribe(&format!("of-{user}"), "event-key", json!({}), &url).await
    }
}

#[test]
fn the_sample_has_the_files_of_the_specification_to_the_byte() {
    let sample = repository().join("sample-connectors/seed-example");
    let file = |path: &str| std::fs::read_to_string(sample.join(path)).unwrap();
    assert_eq!(file("global-webhooks/webhook-key/handle.js"), HANDLE);
    assert_eq!(file("global-webhooks/webhook-key/spec.yml"), WEBHOOK_SPEC);
    assert_eq!(file("events/event-key/spec.yml"), EVENT_SPEC);
    let selector = file("events/event-key/get-event-selector.js");
    assert!(selector.contains("const response = await apiClient.get('users/me')"));
    assert!(selector.contains("globalWebhookEventSelector: `user_id:${response?.id}`,"));
}

#[tokio::test]
async fn the_example_answers_201_and_reaches_the_user_that_the_event_is_about_and_no_other() {
    let seed = Seed::start().await;
    let first = seed.subscribe("u_1").await;
    let second = seed.subscribe("u_2").await;
    assert_eq!(first["globalWebhookKey"], "webhook-key");
    assert_eq!(first["globalWebhookEventSelector"], "user_id:u_1");
    assert_eq!(second["globalWebhookEventSelector"], "user_id:u_2");

    let sent = json!({ "from_user_id": "u_1", "text": "Hello" });
    let answer = seed.host.api.post_webhook(&seed.webhook, &sent).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.text(), "Webhook received");

    let delivery = seed.receiver.wait("/u_1", 1).await.remove(0).json();
    assert_eq!(delivery["data"], sent);
    assert_eq!(delivery["type"], "event-key");
    assert_eq!(delivery["subscription"], first["id"]);
    assert_eq!(delivery["connection"], "of-u_1");
    assert_eq!(delivery["customer"], "u_1");
    assert_eq!(delivery["integration"], "messages");
    never("the other user gets it too", async || !seed.receiver.received("/u_2").is_empty()).await;
}

#[tokio::test]
async fn the_selector_comes_from_the_external_apps_answer_to_the_connections_own_credentials() {
    let seed = Seed::start().await;
    seed.subscribe("u_2").await;
    let requests = seed.app.requests();
    let (line, headers) = &requests[0];
    assert_eq!(line, "GET /users/me");
    assert_eq!(headers["authorization"], "Bearer token-of-u_2");
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn an_event_about_an_unknown_user_reaches_nobody_and_is_kept() {
    let seed = Seed::start().await;
    seed.subscribe("u_1").await;
    let answer = seed.host.api.post_webhook(&seed.webhook, &json!({ "from_user_id": "u_9" })).await;
    assert_eq!(answer.status, 201);
    never("somebody gets it", async || seed.receiver.count() > 0).await;
    let request = seed.host.api.last_request().await;
    assert_eq!(request["status"], "unrouted");
    assert!(request["events"][0]["reason"].as_str().unwrap().contains("`user_id:u_9`"), "{request}");
}
