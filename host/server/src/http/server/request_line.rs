//! Percent-encodes what a client should have encoded in the target of an HTTP/1 request: spaces, quotes, angle brackets. The parser
//! would answer a bare 400, and nobody would know of the request. Never changes where a line ends.

/// Longer lines are left to the parser, which refuses them.
const LINE_BYTES_MAX: usize = 72 << 10;
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// The bytes at the begin of a request, of which the first line is made such that the parser takes it.
#[derive(Default)]
pub(super) struct RequestLine {
    held: Vec<u8>,
}

impl RequestLine {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// What was held back when no more comes.
    pub(super) fn into_rest(self) -> Vec<u8> {
        self.held
    }

    /// Takes bytes as they come. Returns all of them once the line is complete, and nothing before.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.held.extend_from_slice(bytes);
        let end = self.held.iter().position(|byte| *byte == b'\n');
        let may_become_one = self.held.first().is_some_and(u8::is_ascii_uppercase) && self.held.len() <= LINE_BYTES_MAX;
        if end.is_none() && may_become_one {
            return None;
        }
        let held = std::mem::take(&mut self.held);
        let (line, rest) = held.split_at_checked(end.unwrap_or_default())?;
        Some(mended(line).map_or_else(|| held.clone(), |line| [&line, rest].concat()))
    }
}

/// Whether the bytes begin with a whole line of which nothing has to be encoded.
pub(super) fn is_fit(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.and_then(|end| bytes.get(..end)).is_some_and(|line| mended(line).is_none())
}

/// The line with its target encoded; nothing if that changes nothing, or if it is no line of a request.
fn mended(line: &[u8]) -> Option<Vec<u8>> {
    let first = line.iter().position(|byte| *byte == b' ')?;
    let last = line.iter().rposition(|byte| *byte == b' ').filter(|last| *last > first + 1)?;
    let (method, target, version) = (line.get(..=first)?, line.get(first + 1..last)?, line.get(last..)?);
    let is_request = version.starts_with(b" HTTP/1.") && method.first().is_some_and(u8::is_ascii_uppercase);
    let has_other_bytes = std::str::from_utf8(target).is_err();
    let is_to_encode = |byte: &u8| match byte {
        b' ' | b'"' | b'<' | b'>' | b'`' | b'#' => true,
        byte => has_other_bytes && !byte.is_ascii(),
    };
    if !is_request || !target.iter().any(is_to_encode) {
        return None;
    }
    let mut mended = method.to_vec();
    for byte in target {
        if is_to_encode(byte) {
            let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
            mended.extend([b'%', digit(byte >> 4), digit(byte & 0xf)]);
        } else {
            mended.push(*byte);
        }
    }
    mended.extend_from_slice(version);
    Some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&[u8]], expected: &[u8]) {
        let mut line = RequestLine::default();
        let taken: Vec<u8> = pieces.iter().filter_map(|piece| line.take(piece)).flatten().collect();
        assert_eq!(String::from_utf8_lossy(&taken), String::from_utf8_lossy(expected));
        assert_eq!(is_fit(&pieces.concat()), pieces.concat() == expected);
    }

    #[test]
    fn a_target_is_encoded_where_it_has_to_be() {
        check(&[b"GET /a?b=c HTTP/1.1\r\nHost: <a>\r\n\r\n"], b"GET /a?b=c HTTP/1.1\r\nHost: <a>\r\n\r\n");
        check(
            &[b"GET /a b?q={\"x\":\"<1>\"}#z HTTP/1.1\r\n\r\n"],
            b"GET /a%20b?q={%22x%22:%22%3C1%3E%22}%23z HTTP/1.1\r\n\r\n",
        );
        check(&[b"POST /a?n=\xe9 HTTP/1.1\r\n"], b"POST /a?n=%E9 HTTP/1.1\r\n");
        check(&["POST /a?n=é HTTP/1.1\r\n".as_bytes()], "POST /a?n=é HTTP/1.1\r\n".as_bytes());
        check(&[b"GE", b"T /a", b" b HTTP/1.0\nX: y", b""], b"GET /a%20b HTTP/1.0\nX: y");
    }

    #[test]
    fn what_is_no_request_line_is_left_to_the_parser() {
        for line in [
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
            b"GET\r\n\r\n",
            b"GET /a\r\n\r\n",
            b"GET  HTTP/1.1\r\n",
            b"get /a b HTTP/1.1\r\n",
            b"\x16\x03\x01\n",
            b"GET /a b HTTP/3\r\n",
            b"\r\nGET /a HTTP/1.1\r\n",
        ] {
            check(&[line], line);
        }
    }
}
