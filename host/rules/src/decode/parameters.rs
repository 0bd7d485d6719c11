//! Parameters of a header such as Content-Type or Content-Disposition: quoted or not, or in the form of RFC 8187 (`name*`).
//! Never fails: what cannot be read is not there.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode_str;

/// The value of a parameter. That of `name*`, which says its character set, outweighs that of `name`.
pub(super) fn find(header: &str, name: &str) -> Option<String> {
    let (mut plain, mut extended) = (None, None);
    for (key, value) in pairs(header) {
        if key.eq_ignore_ascii_case(name) {
            plain.get_or_insert(value);
        } else if key.strip_suffix('*').is_some_and(|key| key.eq_ignore_ascii_case(name)) {
            extended = extended.or_else(|| decoded(&value));
        }
    }
    extended.or_else(|| plain.map(Cow::into_owned))
}

/// Names and values, in order. A semicolon between quotes ends nothing.
fn pairs(header: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = header;
    std::iter::from_fn(move || {
        let end = end_of_piece(rest)?;
        let piece = rest.get(..end)?;
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(piece)
    })
    .filter_map(|piece| {
        let (key, value) = piece.split_once('=')?;
        // `application/json charset=utf-8`: the semicolon was forgotten.
        let key = key.trim().rsplit([' ', '\t']).next()?;
        Some((key, unquoted(value.trim())))
    })
}

/// Where the next semicolon outside of quotes is, or the end; nothing if all was read.
fn end_of_piece(rest: &str) -> Option<usize> {
    if rest.is_empty() {
        return None;
    }
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in rest.char_indices() {
        match c {
            '"' if !is_escaped => is_quoted = !is_quoted,
            ';' if !is_quoted => return Some(at),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    Some(rest.len())
}

/// Only quotes are unescaped: a backslash before anything else is one of a path on Windows.
fn unquoted(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').unwrap_or(inner).replace("\\\"", "\"").into(),
        None => value.trim_matches('\'').into(),
    }
}

/// `UTF-8''na%C3%AFve.txt`.
fn decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_decode_str(encoded).collect();
    Some(Encoding::for_label(charset.as_bytes()).unwrap_or(UTF_8).decode(&bytes).0.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_however_it_is_written() {
        fn check(header: &str, name: &str, expected: Option<&str>) {
            assert_eq!(find(header, name).as_deref(), expected, "{header}");
        }
        check("text/plain; charset=latin1", "charset", Some("latin1"));
        check("text/plain;Charset = \"UTF-16LE\" ", "charset", Some("UTF-16LE"));
        check("text/plain; charset='utf-8'", "charset", Some("utf-8"));
        check("text/plain charset=utf-8", "charset", Some("utf-8"));
        check("text/plain; charset", "charset", None);
        check("multipart/form-data; boundary=----=_Part_1; x=y", "boundary", Some("----=_Part_1"));
        check("multipart/form-data; boundary=\"a;b\"", "boundary", Some("a;b"));
        check("form-data; name=\"a\\\"b\"; filename=\"C:\\new\"", "name", Some("a\"b"));
        check("form-data; name=\"a\"; filename=\"C:\\new.txt\"", "filename", Some("C:\\new.txt"));
        check("form-data; filename*=UTF-8''na%C3%AFve.txt", "filename", Some("naïve.txt"));
        check("form-data; filename=\"x\"; filename*=iso-8859-1'de'gr%FC%DFe", "filename", Some("grüße"));
        check("form-data; filename=\"x\"; filename*=broken", "filename", Some("x"));
        check(";;=;\"", "a", None);
        check("", "a", None);
    }
}
