//! What becomes of a body, by its headers.

use async_compression::Level;
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use async_compression::zstd::CParameter;
use futures::FutureExt;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::*;

const LIMIT: usize = 1_000;

fn run(content_type: Option<&str>, encoding: Option<&str>, body: &Bytes) -> Result<Decoded, Error> {
    decode(content_type, encoding, body, LIMIT).now_or_never().expect("decoding waits for nothing")
}

fn check(content_type: &str, encoding: &str, body: &[u8], expected: Content, decoded: Option<&[u8]>) {
    let result = run(Some(content_type), Some(encoding), &Bytes::copy_from_slice(body)).unwrap();
    assert_eq!(result.content, expected, "{content_type} {encoding}");
    assert_eq!(result.decoded.as_deref(), decoded, "{content_type} {encoding}");
}

fn encoded(mut encoder: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoder.read_to_end(&mut bytes).now_or_never().unwrap().unwrap();
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    encoded(GzipEncoder::new(bytes))
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    encoded(ZlibEncoder::new(bytes))
}

fn zstd(bytes: &[u8], window_log: u32) -> Vec<u8> {
    let window = CParameter::window_log(window_log);
    encoded(ZstdEncoder::with_quality_and_params(bytes, Level::Default, &[window]))
}

#[test]
fn a_body_is_read_by_its_content_type() {
    check("application/json", "", b"{\"a\":1}", Content::Json, None);
    check("application/json", "", b"{", Content::Json, None);
    check("application/json", "", b"\xff\x00", Content::Json, None);
    check("application/x-www-form-urlencoded", "", b"a=1&a=2", Content::Form, None);
    check("text/plain", "", b"{\"a\":1}", Content::Text, None);
    check("image/png", "", b"\x89PNG", Content::Unknown, None);
    let untyped = run(None, None, &Bytes::from_static(b"x")).unwrap();
    assert_eq!(untyped, Decoded { content: Content::Unknown, decoded: None });
}

#[test]
fn an_empty_body_is_empty_whatever_its_headers_say() {
    for content_type in ["application/json", "multipart/form-data", "text/plain", "nonsense"] {
        check(content_type, "gzip", b"", Content::Empty, None);
    }
}

#[test]
fn a_content_encoding_is_undone() {
    let json = b"{\"a\":1}";
    check("application/json", "gzip", &gzip(json), Content::Json, Some(json));
    check("application/json", "X-GZIP", &gzip(json), Content::Json, Some(json));
    check("application/json", "deflate", &zlib(json), Content::Json, Some(json));
    check("application/json", "deflate, gzip", &gzip(&zlib(json)), Content::Json, Some(json));
    check("application/json", "identity, gzip", &gzip(json), Content::Json, Some(json));
    check("application/json", "identity", json, Content::Json, None);
    check("text/plain", "zstd", &zstd(b"hello", 20), Content::Text, Some(b"hello"));
    check("text/plain", "br", &encoded(BrotliEncoder::new(&b"hello"[..])), Content::Text, Some(b"hello"));
    check("image/png", "gzip", &gzip(b"\x89PNG"), Content::Unknown, Some(b"\x89PNG"));
    let two = [gzip(b"{\"a\""), gzip(b":1}")].concat();
    check("application/json", "gzip", &two, Content::Json, Some(json));
}

#[test]
fn a_broken_or_unknown_encoding_leaves_the_bytes_untouched() {
    let whole = gzip(b"{\"a\":1}");
    for (encoding, body) in [
        ("gzip", &b"{\"a\":1}"[..]),
        ("gzip", &whole[..whole.len() - 3]),
        ("deflate", &whole),
        ("zstd", &whole),
        // Opening this frame would cost 64 MiB.
        ("zstd", &zstd(b"{\"a\":1}", 26)),
        ("br", &b"\xff\xff\xff"[..]),
        ("compress", &whole),
        ("gzip;q=1", &whole),
        ("gzip,gzip,gzip,gzip", &whole),
    ] {
        check("application/json", encoding, body, Content::Unknown, None);
    }
}

#[test]
fn an_inflated_body_at_the_limit_passes_and_one_byte_more_does_not() {
    let json = Some("application/json");
    let fits = run(json, Some("gzip"), &gzip(&[b'1'; LIMIT]).into()).unwrap();
    assert_eq!(fits.decoded.unwrap().len(), LIMIT);
    for zeros in [LIMIT + 1, 10_000_000] {
        let body = gzip(&vec![b'1'; zeros]);
        assert_eq!(run(json, Some("gzip"), &body.clone().into()), Err(Error::TooLarge));
        assert_eq!(run(json, Some("gzip, gzip"), &gzip(&body).into()), Err(Error::TooLarge));
    }
    let grows_in_utf8 = Bytes::from(vec![0xe4; LIMIT]);
    assert_eq!(run(Some("text/plain; charset=latin1"), None, &grows_in_utf8), Err(Error::TooLarge));
}

#[test]
fn text_in_another_charset_becomes_utf_8() {
    check("text/plain; charset=iso-8859-1", "", b"\xe4", Content::Text, Some("ä".as_bytes()));
    check("text/plain; charset=\"Shift_JIS\"", "", b"\x83\x65", Content::Text, Some("テ".as_bytes()));
    check("application/json; charset=utf-16le", "", b"\"\0\xe4\0\"\0", Content::Json, Some("\"ä\"".as_bytes()));
    check("application/json", "", b"\xff\xfe1\0", Content::Json, Some(b"1"));
    check("application/json", "", b"\xfe\xff\x001", Content::Json, Some(b"1"));
    check("application/json", "", b"\xef\xbb\xbf1", Content::Json, Some(b"1"));
    check("application/json; charset=utf-8", "", "\"ä\"".as_bytes(), Content::Json, None);
    check("text/plain; charset=us-ascii", "", b"plain", Content::Text, None);
    check("text/plain; charset=klingon", "", b"\xe4", Content::Text, None);
    check("text/xml; charset=latin1", "gzip", &gzip(b"<\xe4/>"), Content::Text, Some("<ä/>".as_bytes()));
}

fn text(name: &str, value: &str) -> Part {
    Part { name: name.into(), value: PartValue::Text(value.into()) }
}

const FORM: &[u8] = b"preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
    --B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; charset=latin1\r\n\r\n\xe4\r\n\
    --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\nContent-Type: image/png\r\n\r\n\
    \0\r\n--b\r\n--B\r\nContent-Disposition: form-data; name=\"g\"; filename=\"\"\r\n\r\n\r\n--B--\r\n";

fn form_parts() -> Vec<Part> {
    let file = |filename: &str, content_type: Option<&str>, size| PartValue::File {
        filename: filename.into(),
        content_type: content_type.map(Into::into),
        size,
    };
    vec![
        text("a", "1"),
        text("a", "ä"),
        Part { name: "f".into(), value: file("x.bin", Some("image/png"), 6) },
        Part { name: "g".into(), value: file("", None, 0) },
    ]
}

#[test]
fn a_multipart_body_is_taken_apart() {
    check("multipart/form-data; boundary=B", "", FORM, Content::Multipart(form_parts()), None);
    check("Multipart/Form-Data; boundary=\"B\"", "gzip", &gzip(FORM), Content::Multipart(form_parts()), Some(FORM));
}

#[test]
fn a_malformed_multipart_body_is_left_as_it_is() {
    let field = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    let many = field.repeat(1_001).into_iter().chain(*b"--B--").collect::<Vec<_>>();
    let nameless = b"--B\r\nContent-Type: text/plain\r\n\r\n1\r\n--B--";
    let boundary = "multipart/form-data; boundary=B";
    for body in [&many[..], &nameless[..], &field[..], b"", b"--B", b"no boundary"] {
        let body = [b"\r\n", body].concat();
        check(boundary, "", &body, Content::Unknown, None);
    }
    check("multipart/form-data", "", FORM, Content::Unknown, None);
    check("multipart/form-data; boundary=", "", FORM, Content::Unknown, None);
    for cut in 0..FORM.len() - 4 {
        let result = run(Some(boundary), None, &Bytes::from_static(FORM).slice(..cut)).unwrap();
        let expected = if cut == 0 { Content::Empty } else { Content::Unknown };
        assert_eq!(result, Decoded { content: expected, decoded: None }, "cut at {cut}");
    }
}

const TYPES: &[&str] = &[
    "application/json",
    "application/json; charset=utf-16be",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=B",
    "text/plain; charset=gb18030",
    "text/plain; charset=iso-2022-jp",
    "",
];
const ENCODINGS: &[&str] = &["", "gzip", "deflate", "br", "zstd", "br, zstd"];

proptest! {
    #[test]
    fn no_body_makes_decoding_panic(
        content_type in prop::sample::select(TYPES),
        encoding in prop::sample::select(ENCODINGS),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let result = run(Some(content_type), Some(encoding), &body.into());
        prop_assert!(result.is_err() || result.is_ok_and(|it| it.decoded.is_none_or(|it| it.len() <= LIMIT)));
    }

    #[test]
    fn no_damaged_form_makes_decoding_panic(at in 0..FORM.len(), byte in any::<u8>(), cut in 0..FORM.len()) {
        let mut body = FORM.to_vec();
        body[at] = byte;
        body.truncate(FORM.len() - cut);
        prop_assert!(run(Some("multipart/form-data; boundary=B"), None, &body.into()).is_ok());
    }

    #[test]
    fn nothing_is_copied_where_nothing_differs(
        content_type in prop::sample::select(&["application/json", "text/plain; charset=utf-8", "image/png"][..]),
        body in "[^\u{feff}]{0,100}",
    ) {
        let result = run(Some(content_type), None, &body.into()).unwrap();
        prop_assert_eq!(result.decoded, None);
    }
}
