//! Takes a `multipart/form-data` body apart, also one that is not by the book: lines that end without a carriage return, a
//! boundary that should have been quoted, a last boundary that is missing, parts without a name.
//! Never copies a file: it is described, and stays where it is.

use encoding_rs::Encoding;

use super::{Part, PartValue, parameters};

/// How many parts one body may have.
const PARTS_MAX: usize = 1_000;
/// RFC 2046 allows 70 characters.
const BOUNDARY_BYTES_MAX: usize = 200;

/// Returns the parts in order, or nothing if the body has none that can be told apart, or too many of them.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let pieces = boundaries(content_type, body).into_iter().find_map(|boundary| pieces(&boundary, body))?;
    if pieces.len() > PARTS_MAX {
        return None;
    }
    let pieces: Vec<_> = pieces.into_iter().filter_map(Piece::read).collect();
    let usual = pieces.iter().find(|piece| piece.name == "_charset_" && piece.filename.is_none());
    let usual = usual.and_then(|piece| Encoding::for_label(piece.content));
    Some(pieces.into_iter().map(|piece| piece.part(usual)).collect())
}

/// What the boundary may be: as it is named, named in a header that came twice, or else as the body begins.
fn boundaries(content_type: &str, body: &[u8]) -> Vec<Vec<u8>> {
    let named = parameters::find(content_type, "boundary").unwrap_or_default();
    let first_of_list = named.split(',').next().unwrap_or_default().trim().as_bytes().to_vec();
    let first_line = body.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let begun = first_line.strip_prefix(b"--").unwrap_or_default().to_vec();
    let all = [named.into_bytes(), first_of_list, begun];
    all.into_iter().filter(|boundary| (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len())).collect()
}

/// What stands between the lines that are boundaries. Nothing if there is no such line.
fn pieces<'a>(boundary: &[u8], body: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let (mut pieces, mut begin, mut at, mut is_closed) = (Vec::new(), None, 0, false);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let after = at + line.len();
        if let Some(is_last) = delimiter(boundary, line) {
            pieces.extend(begin.map(|begin| without_line_end(body.get(begin..at).unwrap_or_default())));
            begin = (!is_last).then_some(after);
            if is_last {
                is_closed = true;
                break;
            }
        }
        at = after;
    }
    let rest = begin.and_then(|begin| body.get(begin..)).filter(|rest| !rest.is_empty());
    pieces.extend(rest.map(without_line_end));
    (is_closed || !pieces.is_empty()).then_some(pieces)
}

/// Whether the line is a boundary, and if so whether it is the last one.
fn delimiter(boundary: &[u8], line: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// A part that has been told apart from the others.
struct Piece<'a> {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    content: &'a [u8],
}

impl<'a> Piece<'a> {
    /// `None` if it ends before its content begins.
    fn read(bytes: &'a [u8]) -> Option<Piece<'a>> {
        let (mut head, mut content) = (Vec::new(), None);
        let mut at = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            at += line.len();
            if line.trim_ascii().is_empty() {
                content = bytes.get(at..);
                break;
            }
            head.push(text(line.trim_ascii_end(), None));
        }
        let header = |name: &str| {
            let found = head.iter().filter_map(|line| line.split_once(':'));
            found.into_iter().find(|(other, _)| other.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        let disposition = header("content-disposition").unwrap_or_default();
        Some(Piece {
            name: parameters::find(disposition, "name").unwrap_or_default(),
            filename: parameters::find(disposition, "filename"),
            content_type: header("content-type").map(str::to_owned),
            content: content?,
        })
    }

    fn part(self, usual: Option<&'static Encoding>) -> Part {
        let Some(filename) = self.filename else {
            let charset = self.content_type.as_deref().and_then(|it| parameters::find(it, "charset"));
            let encoding = charset.and_then(|label| Encoding::for_label(label.as_bytes())).or(usual);
            return Part { name: self.name, value: PartValue::Text(text(self.content, encoding)) };
        };
        let size = self.content.len() as u64;
        Part { name: self.name, value: PartValue::File { filename, content_type: self.content_type, size } }
    }
}

/// Without an encoding UTF-8, or Latin-1 where it is none.
fn text(bytes: &[u8], encoding: Option<&'static Encoding>) -> String {
    match (encoding, std::str::from_utf8(bytes)) {
        (Some(encoding), _) => encoding.decode(bytes).0.into_owned(),
        (None, Ok(text)) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        (None, Err(_)) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
