//! `/v1/subscriptions/bulk`: many subscriptions in one request, a JSON object a line. Each is made as if it came alone:
//! one that cannot be made does not hold up the others. Answers a line for each, in the same order.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt as _, stream};
use serde::Serialize;

use super::{Create, WithSecret, create_one};
use crate::http::AppState;
use crate::http::auth::Caller;
use crate::http::error::{Answer, Problem, ProblemBody};
use crate::http::extract::{body, object_of};
use crate::http::openapi::IdempotencyKey;

/// How many are made at the same time: enough that they share group commits.
const UNDER_WAY_MAX: usize = 64;
const MEDIA_TYPE: &str = "application/x-ndjson";

/// One line of the answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Made { status: u16, subscription: Box<WithSecret> },
    Refused { status: u16, problem: Box<ProblemBody> },
}

/// Makes many subscriptions, one for each line of the body: `{ connection, event, parameters?, destination }`.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/bulk",
    operation_id = "createSubscriptions",
    tag = "subscriptions",
    params(IdempotencyKey),
    request_body(content = serde_json::Value, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "A line for each, in the same order: `{ status, subscription }` or `{ status, problem }`", body = String, content_type = "application/x-ndjson"),
        (status = 415),
    )
)]
pub(in crate::http) async fn create_many(
    State(app): AppState,
    caller: Caller,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    check_type(&headers)?;
    let body = body(request, &app).await?;
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    let count = lines.len();
    let lines_max = app.config.limits.bulk_lines_max;
    if count > lines_max {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_lines")
            .detail(format!("the body has {count} lines, {lines_max} are allowed; send the rest in another request")));
    }
    // Read to their end first, so that the requests under way borrow nothing.
    let creates: Vec<Answer<Create>> = lines.into_iter().map(object_of).collect();
    let made = stream::iter(creates).map(|create| {
        let (app, caller) = (Arc::clone(&app), caller.clone());
        async move { create_one(&app, &caller, create?).await }
    });
    let answers: Vec<Answer<WithSecret>> = made.buffered(UNDER_WAY_MAX).collect().await;
    let text: String = answers.into_iter().map(|answer| line(answer) + "\n").collect();
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}

fn line(answer: Answer<WithSecret>) -> String {
    let line = match answer {
        Ok(subscription) => Line::Made { status: 201, subscription: Box::new(subscription) },
        Err(problem) => {
            let problem = problem.into_body();
            Line::Refused { status: problem.status, problem }
        }
    };
    serde_json::to_string(&line).unwrap_or_default()
}

fn check_type(headers: &HeaderMap) -> Answer<()> {
    match headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        Some(MEDIA_TYPE) => Ok(()),
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            .detail(format!("send one JSON object a line as {MEDIA_TYPE}"))),
    }
}
