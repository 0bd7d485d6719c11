//! The one form of a JSON text in which two that mean the same are equal: without white space, members in the order of their
//! names, text unescaped, numbers by what they say. Pure. Has no limits of a parser: any depth, half characters, any number
//! of digits.

use patchbay_crypto::{Hash, digest};
use patchbay_mapping::decimal::Decimal;

/// The form, or the text itself where it is no JSON.
pub fn canonical(json: &str) -> Vec<u8> {
    form(json.as_bytes()).unwrap_or_else(|| json.as_bytes().to_vec())
}

/// A list that is open, with what was found of it.
enum Open {
    Array(Vec<Vec<u8>>),
    /// Its members, and the name whose value is awaited.
    Object(Vec<(Vec<u8>, Vec<u8>)>, Vec<u8>),
}

fn form(json: &[u8]) -> Option<Vec<u8>> {
    let mut open: Vec<Open> = Vec::new();
    let mut rest = json;
    loop {
        rest = rest.trim_ascii_start();
        let mut value = match rest.first()? {
            b'[' => {
                rest = rest.get(1..)?;
                open.push(Open::Array(Vec::new()));
                None
            }
            b'{' => {
                rest = rest.get(1..)?;
                open.push(Open::Object(Vec::new(), Vec::new()));
                None
            }
            b']' | b'}' => {
                rest = rest.get(1..)?;
                Some(closed(open.pop()?))
            }
            b',' => {
                rest = rest.get(1..)?;
                None
            }
            b'"' => {
                let (text, after) = text(rest)?;
                rest = after;
                match open.last_mut() {
                    Some(Open::Object(_, name)) if name.is_empty() => {
                        *name = text;
                        rest = rest.trim_ascii_start().strip_prefix(b":")?;
                        None
                    }
                    _ => Some(text),
                }
            }
            _ => {
                let length = rest.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(rest.len());
                let (scalar, after) = rest.split_at_checked(length)?;
                rest = after;
                Some(same_for_all_spellings(scalar))
            }
        };
        match (value.take(), open.last_mut()) {
            (Some(value), Some(Open::Array(items))) => items.push(value),
            (Some(value), Some(Open::Object(members, name))) => members.push((std::mem::take(name), value)),
            (Some(value), None) => return rest.trim_ascii().is_empty().then_some(value),
            (None, _) => {}
        }
    }
}

/// `1.0` and `1` are one number.
fn same_for_all_spellings(scalar: &[u8]) -> Vec<u8> {
    let decimal = std::str::from_utf8(scalar).ok().and_then(Decimal::parse);
    decimal.map_or_else(|| scalar.to_vec(), |decimal| decimal.canonical().into_bytes())
}

/// The digest of a list, so that what is nested deeply is not copied at each level.
fn closed(open: Open) -> Vec<u8> {
    let mut content = Vec::new();
    let mut add = |piece: &[u8]| {
        content.extend((piece.len() as u64).to_be_bytes());
        content.extend_from_slice(piece);
    };
    match open {
        Open::Array(items) => {
            add(b"[");
            items.iter().for_each(|item| add(item));
        }
        Open::Object(mut members, _) => {
            // Of a name that came twice the last counts, as everywhere.
            members.reverse();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.dedup_by(|(other, _), (kept, _)| other == kept);
            add(b"{");
            members.iter().flat_map(|(name, value)| [name, value]).for_each(|piece| add(piece));
        }
    }
    digest(Hash::Sha256, &content)
}

/// A text with its quotes, each character escaped in the same way whenever it is, and what follows.
fn text(json: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut end = 1;
    while *json.get(end)? != b'"' {
        end += if json.get(end) == Some(&b'\\') { 2 } else { 1 };
    }
    let (inner, after) = (std::str::from_utf8(json.get(1..end)?).ok()?, json.get(end + 1..)?);
    let mut text = b"\"".to_vec();
    let mut add = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte != b'"' && byte != b'\\' && (b' '..=b'~').contains(&byte) => text.push(byte),
        _ => text.extend(format!("\\u{unit:04x}").into_bytes()),
    };
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => add(escaped(&mut rest)?),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| add(*unit)),
        }
    }
    text.push(b'"');
    Some((text, after))
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Option<u16> {
    let unit = match rest.next()? {
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'u' => {
            let digits: String = rest.by_ref().take(4).collect();
            return u16::from_str_radix(&digits, 16).ok();
        }
        other => u32::from(other),
    };
    u16::try_from(unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, is_same: bool) {
        assert_eq!(canonical(a) == canonical(b), is_same, "{a} {b}");
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        check(r#"{"a":1,"b":[true,null]}"#, " { \"b\" : [ true , null ] ,\n \"a\" : 1 } ", true);
        check(r#""\u00e9\n\/""#, "\"é\\u000a/\"", true);
        check(r#""\ud83e\udd80""#, "\"🦀\"", true);
        check(r#"{"a":1,"a":2}"#, r#"{"a":2}"#, true);
        check("[[],{}]", "[ [ ] , { } ]", true);
    }

    #[test]
    fn what_differs_is_not_the_same() {
        check("[1,2]", "[2,1]", false);
        check("[]", "{}", false);
        check("[[1],2]", "[1,[2]]", false);
        check(r#"["a","b"]"#, r#"["a\",\"b"]"#, false);
        check(r#"{"a":"b"}"#, r#"["a","b"]"#, false);
        check("1", "\"1\"", false);
        check("9007199254740993", "9007199254740992", false);
        check(r#""\ud800""#, r#""\ud801""#, false);
        check("{\"a\":1}", "{\"a\":1", false);
    }

    #[test]
    fn no_depth_and_no_damage_is_too_much() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        check(&deep("1"), &deep(" 1 "), true);
        check(&deep("1"), &deep("2"), false);
        for damaged in ["", "[", "]", "{\"a\"", "\"", "\"\\", "{1:2}", "[1]]", "\"\\u12\"", "nul"] {
            check(damaged, damaged, true);
            check(damaged, "[]", false);
        }
    }
}
