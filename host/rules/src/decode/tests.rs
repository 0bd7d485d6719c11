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
    assert_eq!(untyped, Decoded { content: Content::Unknown, decoded: None, note: None });
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
        ("gzip", &whole[..whole.len() - 3]),
        ("deflate", &whole),
        ("zstd", &whole),
        // Opening this frame would cost 64 MiB.
        ("zstd", &zstd(b"{\"a\":1}", 26)),
        ("br", &b"\xff\xff\xff"[..]),
        ("compress", &whole),
        ("gzip,gzip,gzip,gzip", &whole),
    ] {
        let result = run(Some("application/json"), Some(encoding), &Bytes::copy_from_slice(body)).unwrap();
        assert_eq!((result.content, result.decoded), (Content::Unknown, None), "{encoding}");
        assert!(result.note.unwrap().contains("content coding"), "{encoding}");
    }
}

#[test]
fn what_is_no_content_coding_is_ignored() {
    let json = b"{\"a\":1}";
    for encoding in
        ["UTF-8", "utf8", "none", "binary", "7bit", "8bit", "null", "iso-8859-1", "identity, utf-8", "*", "chunked"]
    {
        check("application/json", encoding, json, Content::Json, None);
    }
    check("application/json", "utf-8, gzip", &gzip(json), Content::Json, Some(json));
    check("application/json", "gzip;q=1", &gzip(json), Content::Json, Some(json));
    // Somebody on the way undid it and left the header.
    check("application/json", "gzip", json, Content::Json, None);
}

#[test]
fn json_of_which_no_type_is_said_is_json() {
    for untyped in [None, Some(""), Some("json"), Some("utf-8")] {
        let content = |body: &'static [u8]| run(untyped, None, &Bytes::from_static(body)).unwrap().content;
        assert_eq!(content(b" {\"a\":[1]}"), Content::Json);
        assert_eq!(content(b"[]"), Content::Json);
        assert_eq!(content(b"{\"a\":"), Content::Unknown);
        assert_eq!(content(b"12"), Content::Unknown);
        assert_eq!(content(b"a=1"), Content::Unknown);
    }
    check("application/octet-stream", "", b"{}", Content::Unknown, None);
}

#[test]
fn a_form_in_another_charset_is_taken_apart() {
    let form = |content_type: &str, body: &[u8], expected: &[(&str, &str)]| {
        let fields = expected.iter().map(|(name, value)| text(name, value)).collect();
        check(content_type, "", body, Content::Multipart(fields), None);
    };
    let windows = "application/x-www-form-urlencoded; charset=windows-1252";
    form(windows, b"first_name=Andr%E9&n=a+b%80", &[("first_name", "André"), ("n", "a b€")]);
    form("application/x-www-form-urlencoded;charset=GBK", b"subject=%C4%E3%BA%C3", &[("subject", "你好")]);
    form("application/x-www-form-urlencoded;charset=Shift_JIS", b"%83e=%83%65&&x", &[("テ", "テ"), ("x", "")]);
    let unsaid = "application/x-www-form-urlencoded";
    form(unsaid, b"charset=windows-1252&name=%E9", &[("charset", "windows-1252"), ("name", "é")]);
    form(unsaid, b"_charset_=gbk&a=%C4%E3", &[("_charset_", "gbk"), ("a", "你")]);
    // It is UTF-8 whatever the field says, which may be about something else.
    check(unsaid, "", b"charset=latin1&name=%C3%A9", Content::Form, None);
    check(unsaid, "", b"name=%E9", Content::Form, None);
    for utf8 in ["utf-8", "us-ascii", "klingon"] {
        check(&format!("{unsaid}; charset={utf8}"), "", b"name=%C3%A9", Content::Form, None);
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
fn a_multipart_body_that_is_not_by_the_book_is_taken_apart() {
    let boundary = "multipart/form-data; boundary=B";
    let fields = |body: &[u8], expected: &[(&str, &str)]| {
        let parts = expected.iter().map(|(name, value)| text(name, value)).collect();
        check(boundary, "", body, Content::Multipart(parts), None);
    };
    let field = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    let bare = format!("{field}--B--\r\n").replace('\r', "");
    fields(bare.as_bytes(), &[("a", "1")]);
    // The last boundary is missing, or the end of it.
    fields(field.as_bytes(), &[("a", "1")]);
    fields(format!("{field}--B").as_bytes(), &[("a", "1")]);
    fields(format!("{field}--B-").as_bytes(), &[("a", "1\r\n--B-")]);
    let nameless = format!("--B\r\nContent-Type: text/plain\r\n\r\n0\r\n{field}--B\r\n\r\n2\r\n--B--");
    fields(nameless.as_bytes(), &[("", "0"), ("a", "1"), ("", "2")]);
    fields(b"--B\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--BB\r\n--B--", &[("a", "1\r\n--BB")]);
    fields(b"--B \r\nContent-Disposition: form-data; name='a'\r\n\r\n1\r\n--B-- \r\nafter", &[("a", "1")]);
    let latin1 = b"--B\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nlatin1\r\n\
        --B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xe9\r\n--B--";
    fields(latin1, &[("_charset_", "latin1"), ("a", "é")]);
    fields(b"--B--", &[]);
}

#[test]
fn the_boundary_of_a_multipart_body_is_found_however_it_is_named() {
    let body = |boundary: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--{boundary}--\r\n")
    };
    for (content_type, boundary) in [
        ("multipart/form-data; boundary=----=_Part_1", "----=_Part_1"),
        ("multipart/form-data; boundary=----=_Part_1; charset=utf-8", "----=_Part_1"),
        ("multipart/form-data; boundary=\"a b;c\"", "a b;c"),
        ("multipart/form-data;boundary=a/b:c?d", "a/b:c?d"),
        ("multipart/form-data; boundary=x, multipart/form-data; boundary=x", "x"),
        ("multipart/form-data", "unsaid"),
        ("multipart/form-data; boundary=", "unsaid"),
        ("multipart/form-data; boundary=wrong", "other"),
    ] {
        let parts = Content::Multipart(vec![text("a", "1")]);
        check(content_type, "", body(boundary).as_bytes(), parts, None);
    }
}

#[test]
fn a_file_is_one_however_its_name_is_written() {
    for (parameter, filename) in [
        ("filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ("filename*=utf-8'en'x", "x"),
        ("filename=x.txt", "x.txt"),
        ("filename=\"a;b.txt\"", "a;b.txt"),
        ("filename=\"C:\\dir\\x.txt\"", "C:\\dir\\x.txt"),
        ("FileName=\"ü.txt\"", "ü.txt"),
        ("filename=\"fallback\"; filename*=UTF-8''%E2%82%AC", "€"),
    ] {
        let body = format!("--B\r\nContent-Disposition: form-data; name=\"f\"; {parameter}\r\n\r\nabc\r\n--B--");
        let value = PartValue::File { filename: filename.into(), content_type: None, size: 3 };
        let parts = Content::Multipart(vec![Part { name: "f".into(), value }]);
        check("multipart/form-data; boundary=B", "", body.as_bytes(), parts, None);
    }
}

#[test]
fn a_multipart_body_without_parts_or_with_too_many_is_left_as_it_is() {
    let field = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    let many = field.repeat(1_001);
    for body in [&many[..], b"no boundary", b"\r\n", b"--C\r\n\r\n1"] {
        check("multipart/form-data; boundary=B", "", &[b"\r\n", body].concat(), Content::Unknown, None);
    }
    for cut in 0..FORM.len() {
        let result =
            run(Some("multipart/form-data; boundary=B"), None, &Bytes::from_static(FORM).slice(..cut)).unwrap();
        let whole = form_parts();
        if let Content::Multipart(parts) = result.content {
            let known = parts.len().saturating_sub(1);
            assert_eq!(parts[..known], whole[..known], "cut at {cut}");
        }
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
