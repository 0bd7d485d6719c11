//! Decides how a request body is to be read, by its Content-Type and Content-Encoding.
//! Pure: no I/O, no clock. Never changes the body that it was given, never fails on one that is broken: the handler
//! still has to judge its signature.

mod inflate;
mod media;
mod multipart;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};

use media::{Kind, MediaType};

pub use inflate::{Error as InflateError, inflate};

/// What the host understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    pub content: Content,
    /// The body as UTF-8, only where that differs from what was received.
    pub decoded: Option<Bytes>,
}

/// How the body is to be read. The cases of the contract's `content`.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    Empty,
    Json,
    Form,
    Multipart(Vec<Part>),
    Text,
    Unknown,
}

/// One part of a `multipart/form-data` body.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub value: PartValue,
}

/// What a part holds: a text field, or a file, whose content stays in the body.
#[derive(Debug, PartialEq, Eq)]
pub enum PartValue {
    Text(String),
    File { filename: String, content_type: Option<String>, size: u64 },
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the body is larger than accepted once its Content-Encoding is undone")]
    TooLarge,
}

/// Undoes the Content-Encoding, finds out what the body is, and brings text to UTF-8.
///
/// Where the bytes contradict their headers the content is `Unknown`, and the bytes speak for themselves.
pub async fn decode(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    body: &Bytes,
    inflated_bytes_max: usize,
) -> Result<Decoded, Error> {
    if body.is_empty() {
        return Ok(Decoded { content: Content::Empty, decoded: None });
    }
    let inflated = match inflate(content_encoding.unwrap_or_default(), body, inflated_bytes_max).await {
        Ok(inflated) => inflated,
        Err(InflateError::TooLarge) => return Err(Error::TooLarge),
        Err(InflateError::Broken) => return Ok(Decoded { content: Content::Unknown, decoded: None }),
    };
    let media_type = MediaType::parse(content_type.unwrap_or_default());
    let received = inflated.as_ref().unwrap_or(body);
    let (content, text) = match media_type.kind() {
        Kind::Json => (Content::Json, to_utf8(&media_type, received)),
        Kind::Form => (Content::Form, to_utf8(&media_type, received)),
        Kind::Text => (Content::Text, to_utf8(&media_type, received)),
        Kind::Multipart => (multipart(content_type, received), None),
        Kind::Unknown => (Content::Unknown, None),
    };
    if text.as_ref().is_some_and(|text| text.len() > inflated_bytes_max) {
        return Err(Error::TooLarge);
    }
    Ok(Decoded { content, decoded: text.or(inflated) })
}

fn multipart(content_type: Option<&str>, body: &Bytes) -> Content {
    multipart::parts(content_type.unwrap_or_default(), body).map_or(Content::Unknown, Content::Multipart)
}

/// Returns the text in UTF-8 and without a byte order mark, or nothing if that is what the bytes are already.
///
/// A byte order mark outweighs the charset parameter, as it does in browsers; an unknown charset is taken for UTF-8.
fn to_utf8(media_type: &MediaType, bytes: &Bytes) -> Option<Bytes> {
    let (encoding, mark_len) = Encoding::for_bom(bytes).unwrap_or_else(|| {
        let label = media_type.charset.as_deref().unwrap_or_default();
        (Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8), 0)
    });
    let unmarked = bytes.slice(mark_len..);
    if encoding == UTF_8 {
        return (mark_len > 0).then_some(unmarked);
    }
    match encoding.decode_without_bom_handling(&unmarked) {
        (std::borrow::Cow::Owned(text), _) => Some(text.into()),
        (std::borrow::Cow::Borrowed(_), _) => None,
    }
}

#[cfg(test)]
mod tests;
