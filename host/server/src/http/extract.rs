//! What requests to the API carry: JSON bodies, ids in paths, pages of lists. Bad input gets an error that says what
//! was wrong and where.

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::auth::Caller;
use super::error::{Answer, Problem, too_large};
use patchbay_model::page::{Page, PageRequest};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 250;

/// A JSON body. Unknown fields are errors where the type says so, and every type here does.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let bytes = body(request, state).await?;
        object_of(&bytes).map(Body)
    }
}

/// Reads one JSON object and nothing else.
pub(super) fn object_of<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    // A list of the fields' values would do for serde; it has no names that could be checked.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "body_invalid").detail("the body must be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "body_invalid").detail(format!("the body: {error}")))
}

/// The bytes of a body, within its limit.
pub(super) async fn body<S: Send + Sync>(request: Request, state: &S) -> Answer<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        other => Problem::new(StatusCode::BAD_REQUEST, "body_incomplete").detail(other.body_text()),
    })
}

/// What stands in the path where a route has parameters.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        // Not UTF-8 once it is decoded: nothing here has such a name.
        let unknown = |_| Problem::new(StatusCode::NOT_FOUND, "not_found").detail("there is nothing at this path");
        path.map(|axum::extract::Path(value)| Path(value)).map_err(unknown)
    }
}

/// What stands in the query where there is no list.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        Query::<T>::try_from_uri(&parts.uri).map(|Query(asked)| Asked(asked)).map_err(bad_query)
    }
}

/// `?limit=` and `?cursor=`, and a list's own filters.
pub(super) struct List<F> {
    pub(super) page: PageRequest,
    pub(super) filter: F,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// How many rows a page has at most.
    #[param(minimum = 1, maximum = 250, default = 50)]
    limit: Option<usize>,
    /// Where the page before ended: its `cursor`.
    #[param(min_length = 1, pattern = "^[A-Za-z0-9_.~-]+$")]
    cursor: Option<String>,
}

impl<F: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for List<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await.map_err(bad_query)?.0;
        let (page, filter): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(name, _)| name == "limit" || name == "cursor");
        let page: PageQuery = parse(page)?;
        let limit = page.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid")
                .detail(format!("limit must be 1 to {LIMIT_MAX}")));
        }
        let cursor = page.cursor.map(|cursor| known_cursor(&caller, cursor)).transpose()?;
        Ok(List { page: PageRequest { limit, cursor }, filter: parse(filter)? })
    }
}

/// A cursor of this server, in the query or elsewhere.
fn known_cursor(caller: &Caller, cursor: String) -> Answer<String> {
    let cursor = caller.reveal_cursor(cursor).filter(|cursor| URL_SAFE_NO_PAD.decode(cursor).is_ok());
    cursor.ok_or_else(|| bad_query_text("`cursor` is not one that this server gave".to_owned()))
}

/// The cursor in a body, which must be one that this caller was given.
pub(super) fn cursor_of_body(caller: &Caller, cursor: String) -> Answer<String> {
    let unknown = || Problem::invalid_field("/cursor", "is not one that this server gave");
    if cursor.is_empty() {
        return Err(unknown());
    }
    known_cursor(caller, cursor).map_err(|_| unknown())
}

/// A whole number in a body. JSON knows one kind of number only: `20.0` is as whole as `20`.
pub(super) fn whole_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(from)? else { return Ok(None) };
    let text = number.to_string();
    let whole = text.strip_suffix(".0").unwrap_or(&text);
    whole.parse().map(Some).map_err(|_| D::Error::custom(format!("{text} is not a whole number")))
}

/// The number of rows that a body asks for.
pub(super) fn limit_of_body(limit: Option<usize>) -> Answer<usize> {
    let limit = limit.unwrap_or(LIMIT_MAX);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::invalid_field("/limit", format!("must be 1 to {LIMIT_MAX}")))
}

fn parse<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Answer<T> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let uri: axum::http::Uri = format!("/?{query}").parse().map_err(|error| bad_query_text(format!("{error}")))?;
    Query::<T>::try_from_uri(&uri).map(|Query(value)| value).map_err(bad_query)
}

fn bad_query(rejection: QueryRejection) -> Problem {
    bad_query_text(rejection.body_text())
}

fn bad_query_text(why: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "query_invalid").detail(why)
}

/// A list has no filters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoFilter {}

/// One page of a list.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Page)]
pub(super) struct PageView<T> {
    items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl<T> PageView<T> {
    pub(super) fn new<R>(caller: &Caller, page: Page<R>, view: impl Fn(R) -> T) -> Answer<PageView<T>> {
        let cursor = page.cursor.map(|cursor| caller.hide_cursor(cursor)).transpose()?;
        Ok(PageView { items: page.items.into_iter().map(view).collect(), cursor })
    }
}

/// Refuses text that is empty, too long, or has control characters.
pub(super) fn check_text(pointer: &str, text: &str, bytes_max: usize) -> Answer<()> {
    if !text.is_empty() && text.len() <= bytes_max && !text.contains(char::is_control) {
        return Ok(());
    }
    Err(Problem::invalid_field(pointer, format!("must have 1 to {bytes_max} bytes and no control characters")))
}

/// A JSON object, or what is wrong.
pub(super) fn object(pointer: &str, value: Option<Value>) -> Answer<Value> {
    match value {
        None => Ok(Value::Object(serde_json::Map::new())),
        Some(value @ Value::Object(_)) => Ok(value),
        Some(_) => Err(Problem::invalid_field(pointer, "must be an object")),
    }
}

/// A JSON merge patch (RFC 7396): members replace, `null` removes, the rest stays.
pub(super) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_replaces_removes_and_leaves_the_rest() {
        let check = |mut target: Value, patch: Value, expected: Value| {
            merge(&mut target, patch);
            assert_eq!(target, expected);
        };
        check(json!({ "a": 1, "b": 2 }), json!({ "b": null, "c": 3 }), json!({ "a": 1, "c": 3 }));
        check(json!({ "a": { "x": 1, "y": 2 } }), json!({ "a": { "y": 3 } }), json!({ "a": { "x": 1, "y": 3 } }));
        check(json!({ "a": [1] }), json!({ "a": { "b": null } }), json!({ "a": {} }));
        check(json!({ "a": { "b": 1 } }), json!({ "a": [2] }), json!({ "a": [2] }));
    }
}
