//! Undoes the Content-Encoding of a body.
//! Never reads on once the limit is passed, and never guesses: what is not the named encoding is broken.

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    TooLarge,
    Broken,
}

/// How many encodings one body may be wrapped in. Nobody uses more than one.
const ENCODINGS_MAX: usize = 3;

/// The window that a zstd sender may ask for, as a power of two: 8 MiB, what RFC 9659 allows on the web.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Returns the body as it was before it was encoded, or nothing if it was not.
pub async fn inflate(content_encoding: &str, body: &Bytes, bytes_max: usize) -> Result<Option<Bytes>, Error> {
    let encodings: Vec<String> = content_encoding
        .split(',')
        .map(|encoding| encoding.trim().to_ascii_lowercase())
        .filter(|encoding| !matches!(encoding.as_str(), "" | "identity"))
        .collect();
    if encodings.len() > ENCODINGS_MAX {
        return Err(Error::Broken);
    }
    let mut inflated = None;
    // They stand in the order in which they were applied.
    for encoding in encodings.iter().rev() {
        let outer = inflated.as_ref().unwrap_or(body);
        inflated = Some(undo(encoding, outer, bytes_max).await?);
    }
    Ok(inflated)
}

async fn undo(encoding: &str, bytes: &[u8], bytes_max: usize) -> Result<Bytes, Error> {
    match encoding {
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(bytes);
            decoder.multiple_members(true);
            read(decoder, bytes_max).await
        }
        "deflate" => read(ZlibDecoder::new(bytes), bytes_max).await,
        "br" => read(BrotliDecoder::new(bytes), bytes_max).await,
        "zstd" => {
            let window = DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX);
            let mut decoder = ZstdDecoder::with_params(bytes, &[window]);
            decoder.multiple_members(true);
            read(decoder, bytes_max).await
        }
        _ => Err(Error::Broken),
    }
}

async fn read(decoder: impl AsyncRead + Unpin, bytes_max: usize) -> Result<Bytes, Error> {
    let mut inflated = Vec::new();
    // One byte more than accepted is enough to know.
    let mut bounded = decoder.take((bytes_max as u64).saturating_add(1));
    bounded.read_to_end(&mut inflated).await.map_err(|_| Error::Broken)?;
    if inflated.len() > bytes_max {
        return Err(Error::TooLarge);
    }
    Ok(inflated.into())
}
