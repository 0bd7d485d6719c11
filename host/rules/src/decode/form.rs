//! Reads a form that is in another character set than UTF-8.
//! Never changes the body, of which a signature may have been made: the fields are taken out of it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode;

use super::{Part, PartValue};

/// How many fields are taken out of one body.
const FIELDS_MAX: usize = 10_000;

/// A name and a value, percent-decoded.
type Field<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The fields of a form in another character set: that of its Content-Type, or else that of a field `_charset_` (HTML) or, where
/// the form is not UTF-8, `charset` (PayPal, Alipay). Nothing if it is UTF-8, or has too many fields.
pub(super) fn fields(charset: Option<&str>, body: &[u8]) -> Option<Vec<Part>> {
    let pieces: Vec<&[u8]> = body.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()).collect();
    if pieces.len() > FIELDS_MAX {
        return None;
    }
    let fields: Vec<Field<'_>> = pieces.into_iter().map(field).collect();
    let named = charset.and_then(known);
    let encoding = named.or_else(|| of_field(&fields, b"_charset_")).or_else(|| {
        let is_utf8 = fields.iter().all(|(name, value)| [name, value].iter().all(|it| std::str::from_utf8(it).is_ok()));
        if is_utf8 { None } else { of_field(&fields, b"charset") }
    })?;
    if encoding == UTF_8 || !encoding.is_ascii_compatible() {
        return None;
    }
    let text = |bytes: &[u8]| encoding.decode_without_bom_handling(bytes).0.into_owned();
    Some(fields.iter().map(|(name, value)| Part { name: text(name), value: PartValue::Text(text(value)) }).collect())
}

/// The encoding of a label. ASCII says nothing of the bytes that percent-encoding hides.
fn known(label: &str) -> Option<&'static Encoding> {
    let is_ascii = ["ascii", "us-ascii"].iter().any(|ascii| label.eq_ignore_ascii_case(ascii));
    if is_ascii { None } else { Encoding::for_label(label.as_bytes()) }
}

fn of_field(fields: &[Field<'_>], wanted: &[u8]) -> Option<&'static Encoding> {
    let (_, label) = fields.iter().find(|(name, _)| **name == *wanted)?;
    known(std::str::from_utf8(label).ok()?)
}

fn field(piece: &[u8]) -> Field<'_> {
    let mut sides = piece.splitn(2, |byte| *byte == b'=');
    let mut side = || decoded(sides.next().unwrap_or_default());
    (side(), side())
}

fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'+') {
        return percent_decode(bytes).into();
    }
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded: Cow<'_, [u8]> = percent_decode(&spaced).into();
    Cow::Owned(decoded.into_owned())
}
