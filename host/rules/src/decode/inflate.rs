//! Undoes the Content-Encoding of a body.
//! Never reads on once the limit is passed, and never guesses: what is not the named encoding is broken.

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    TooLarge,
    /// In a sentence for a person.
    Broken(String),
}

/// How many encodings one body may be wrapped in. Nobody uses more than one.
const ENCODINGS_MAX: usize = 3;

/// The window that a zstd sender may ask for, as a power of two: 8 MiB, what RFC 9659 allows on the web.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

const KNOWN: &[&str] = &["br", "deflate", "gzip", "x-gzip", "zstd"];
/// Content codings of the registry (IANA) and others that are in use and that this server does not know. What is neither
/// here nor known is no content coding: `UTF-8`, `none`, `binary`, `7bit`.
const UNKNOWN: &[&str] = &[
    "aes128gcm",
    "bz2",
    "bzip2",
    "compress",
    "dcb",
    "dcz",
    "exi",
    "lz4",
    "lzma",
    "pack200-gzip",
    "sdch",
    "snappy",
    "x-bzip2",
    "x-compress",
    "x-snappy",
    "xz",
];

/// Returns the body as it was before it was encoded, or nothing if it was not.
pub async fn inflate(content_encoding: &str, body: &Bytes, bytes_max: usize) -> Result<Option<Bytes>, Error> {
    let encodings: Vec<String> = content_encoding
        .split(',')
        .map(|encoding| encoding.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .filter(|encoding| KNOWN.contains(&encoding.as_str()) || UNKNOWN.contains(&encoding.as_str()))
        .collect();
    if encodings.len() > ENCODINGS_MAX {
        return Err(Error::Broken(format!(
            "the body has {} content codings, {ENCODINGS_MAX} are undone",
            encodings.len()
        )));
    }
    let mut inflated = None;
    // They stand in the order in which they were applied.
    for encoding in encodings.iter().rev() {
        let outer = inflated.as_ref().unwrap_or(body);
        if is_plain(encoding, outer) {
            continue;
        }
        inflated = Some(undo(encoding, outer, bytes_max).await?);
    }
    Ok(inflated)
}

/// Whether somebody on the way undid the encoding and left the header: no gzip begins otherwise than with these bytes.
fn is_plain(encoding: &str, bytes: &[u8]) -> bool {
    matches!(encoding, "gzip" | "x-gzip") && !bytes.starts_with(&[0x1f, 0x8b])
}

async fn undo(encoding: &str, bytes: &[u8], bytes_max: usize) -> Result<Bytes, Error> {
    match encoding {
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(bytes);
            decoder.multiple_members(true);
            read(encoding, decoder, bytes_max).await
        }
        "deflate" => read(encoding, ZlibDecoder::new(bytes), bytes_max).await,
        "br" => read(encoding, BrotliDecoder::new(bytes), bytes_max).await,
        "zstd" => {
            let window = DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX);
            let mut decoder = ZstdDecoder::with_params(bytes, &[window]);
            decoder.multiple_members(true);
            read(encoding, decoder, bytes_max).await
        }
        _ => Err(Error::Broken(format!("the content coding `{encoding}` is not known to this server"))),
    }
}

async fn read(encoding: &str, decoder: impl AsyncRead + Unpin, bytes_max: usize) -> Result<Bytes, Error> {
    let mut inflated = Vec::new();
    // One byte more than accepted is enough to know.
    let mut bounded = decoder.take((bytes_max as u64).saturating_add(1));
    bounded.read_to_end(&mut inflated).await.map_err(|error| {
        Error::Broken(format!("the body is not what its content coding `{encoding}` says: {error}"))
    })?;
    if inflated.len() > bytes_max {
        return Err(Error::TooLarge);
    }
    Ok(inflated.into())
}
