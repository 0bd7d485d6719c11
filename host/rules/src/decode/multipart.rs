//! Takes a `multipart/form-data` body apart.
//! Never copies a file: it is described, and stays where it is.

use std::convert::Infallible;

use bytes::Bytes;
use futures::FutureExt;
use futures::stream;
use multer::{Field, Multipart};

use super::{Part, PartValue};

/// How many parts one body may have.
const PARTS_MAX: usize = 1_000;

/// Returns the parts in order, or nothing if the body is not what its Content-Type says, or has too many of them.
pub(super) fn parts(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = multer::parse_boundary(content_type).ok()?;
    let whole = stream::iter([Ok::<_, Infallible>(body.clone())]);
    // The body is here in full, so a parser that waits for more has been given a malformed one.
    read(Multipart::new(whole, boundary)).now_or_never()?
}

async fn read(mut multipart: Multipart<'_>) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.ok()? {
        if parts.len() == PARTS_MAX {
            return None;
        }
        parts.push(part(field).await?);
    }
    Some(parts)
}

async fn part(mut field: Field<'_>) -> Option<Part> {
    let name = field.name()?.to_owned();
    let Some(filename) = field.file_name().map(str::to_owned) else {
        let text = field.text().await.ok()?;
        return Some(Part { name, value: PartValue::Text(text) });
    };
    let content_type = field.content_type().map(ToString::to_string);
    let mut size = 0;
    while let Some(chunk) = field.chunk().await.ok()? {
        size += chunk.len() as u64;
    }
    Some(Part { name, value: PartValue::File { filename, content_type, size } })
}
