//! Callers that ask too often are told so, and when to go on; others are not held up.

use serde_json::{Value, json};

use crate::harness::{Answer, Api, Echo, Settings};

#[tokio::test]
async fn a_token_that_calls_too_often_is_answered_429_and_others_go_on() {
    let settings = Settings::default().with("api-calls-per-s-max", 1).with("api-calls-burst-max", 20);
    let echo = Echo::start_with(settings).await;
    let api = echo.api();
    let made = api.post("/v1/tokens", json!({ "name": "other", "scope": "read" })).await.expect(201);
    let other = Api { token: made["token"].as_str().unwrap().to_owned(), ..api.clone() };
    let answers: Vec<Answer> = futures::future::join_all((0..40).map(|_| api.get("/v1/events"))).await;
    let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!((15..40).contains(&refused.len()), "{} refused", refused.len());
    for answer in refused {
        answer.expect_problem(429, "rate_limited");
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("20", "0"));
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        assert!(answer.header("ratelimit-reset").parse::<u64>().unwrap() >= 1);
    }
    let allowed = other.get("/v1/events").await;
    allowed.expect(200);
    assert_eq!(allowed.header("ratelimit-remaining"), "19");
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    api.get("/v1/events").await.expect(200);
}

#[tokio::test]
async fn a_webhook_that_is_called_too_often_is_answered_429_and_others_go_on() {
    let settings = Settings::default().with("webhook-requests-per-s-max", 1).with("webhook-requests-burst-max", 5);
    let echo = Echo::start_with(settings).await;
    let api = echo.api();
    let (events, answers) = (api.webhook("echo", "events").await, api.webhook("echo", "answers").await);
    let body = json!({ "events": [] });
    let sent: Vec<Answer> =
        futures::future::join_all((0..20).map(|_| api.post_webhook(&events, &body))).await.into_iter().collect();
    let refused: Vec<&Answer> = sent.iter().filter(|answer| answer.status == 429).collect();
    assert!((8..=15).contains(&refused.len()), "{} refused", refused.len());
    refused[0].expect_problem(429, "rate_limited");
    assert!(refused[0].header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(api.post_webhook(&answers, &Value::Null).await.status, 200);
    api.post_webhook(&format!("{}/webhooks/unknown", api.base), &body).await.expect_problem(404, "webhook_unknown");
    assert_eq!(api.all("/v1/webhook-requests").await.len(), 20 - refused.len() + 1, "what was refused is not kept");
}
