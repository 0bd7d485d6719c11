//! Makes many connectors of one: each with its own key and its own code, as far as the host can tell.

use anyhow::{Context as _, bail};
use serde_json::Value;

const HEADER_BYTES: usize = 8;
const CUSTOM_SECTION: u8 = 0;
const MANIFEST: &[u8] = b"patchbay:manifest";
/// What the handler that everybody runs answers.
const ANSWER: &[u8] = b"Webhook received";

/// The same connector under another key. With `own_code` its component differs as well, so that nothing that was
/// compiled for another one serves it.
pub(crate) fn variant(bundle: &[u8], key: &str, own_code: bool) -> anyhow::Result<Vec<u8>> {
    let (header, mut rest) = bundle.split_at_checked(HEADER_BYTES).context("too short for a component")?;
    let mut made = header.to_vec();
    let mut is_found = false;
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = number(after)?;
        let (content, after) = after.split_at_checked(length).context("a section is cut short")?;
        rest = after;
        match manifest(id, content)? {
            Some(manifest) => {
                is_found = true;
                section(&mut made, MANIFEST, &with_key(manifest, key)?);
            }
            None => {
                made.push(id);
                made.extend(encoded(length));
                made.extend(content);
            }
        }
    }
    if !is_found {
        bail!("the bundle has no manifest");
    }
    if own_code {
        section(&mut made, b"bench", key.as_bytes());
    }
    Ok(made)
}

/// The same connector with another text in its answer, of the same length: other data for the same code, as connectors of one
/// JavaScript engine are to each other.
pub(crate) fn with_own_answer(bundle: &[u8], number: usize) -> anyhow::Result<Vec<u8>> {
    let own = format!("Webhook {number:08}");
    let mut made = bundle.to_vec();
    let mut at = 0;
    while let Some(found) = made.get(at..).and_then(|rest| rest.windows(ANSWER.len()).position(|text| text == ANSWER)) {
        at += found;
        made.get_mut(at..at + ANSWER.len()).context("found outside")?.copy_from_slice(own.as_bytes());
    }
    if at == 0 || own.len() != ANSWER.len() {
        bail!("the handler's answer is not in the bundle");
    }
    Ok(made)
}

/// What a section holds if it is the manifest.
fn manifest(id: u8, content: &[u8]) -> anyhow::Result<Option<&[u8]>> {
    if id != CUSTOM_SECTION {
        return Ok(None);
    }
    let (length, after) = number(content)?;
    let (name, data) = after.split_at_checked(length).context("a name is cut short")?;
    Ok((name == MANIFEST).then_some(data))
}

fn with_key(manifest: &[u8], key: &str) -> anyhow::Result<Vec<u8>> {
    let mut manifest: Value = serde_json::from_slice(manifest)?;
    *manifest.pointer_mut("/connector/key").context("the manifest has no key")? = key.into();
    Ok(manifest.to_string().into_bytes())
}

fn section(bundle: &mut Vec<u8>, name: &[u8], data: &[u8]) {
    let content = [&encoded(name.len()), name, data].concat();
    bundle.push(CUSTOM_SECTION);
    bundle.extend(encoded(content.len()));
    bundle.extend(content);
}

/// Reads a LEB128 number.
fn number(bytes: &[u8]) -> anyhow::Result<(usize, &[u8])> {
    let mut value = 0usize;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(place + 1..).unwrap_or_default()));
        }
    }
    bail!("a number is malformed")
}

fn encoded(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value > 0 { byte | 0x80 } else { byte });
        if value == 0 {
            return bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_answer_takes_the_place_of_every_other_and_changes_nothing_else() {
        let bundle = b"a Webhook received b Webhook received".repeat(2);
        let made = with_own_answer(&bundle, 42).unwrap();
        assert_eq!(made, b"a Webhook 00000042 b Webhook 00000042".repeat(2));
        assert!(with_own_answer(b"a Webhook receive", 1).is_err());
    }

    #[test]
    fn a_variant_has_its_own_key_and_everything_else_as_it_was() {
        let mut bundle = b"\0asm\x0d\0\x01\0".to_vec();
        let code = vec![7; 300];
        bundle.push(1);
        bundle.extend(encoded(code.len()));
        bundle.extend(&code);
        section(&mut bundle, MANIFEST, br#"{"connector":{"key":"one","name":"One"},"events":[]}"#);
        let made = variant(&bundle, "two", false).unwrap();
        let expected = String::from_utf8_lossy(&bundle).replace("\"one\"", "\"two\"");
        assert_eq!(String::from_utf8_lossy(&made), expected);
        let other_code = variant(&bundle, "two", true).unwrap();
        assert!(other_code.starts_with(&made) && other_code.len() > made.len());
        assert!(variant(&bundle[..311], "two", false).is_err());
    }
}
