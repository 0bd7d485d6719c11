//! Reads a Content-Type and sorts it into the kinds of body that a connector can tell apart.
//! Never looks at the body, and never fails: what it cannot read is of unknown kind.

/// What kind of body a media type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Form,
    Multipart,
    Text,
    Unknown,
}

/// The two things that matter of a Content-Type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MediaType {
    /// Type and subtype in lower case.
    essence: String,
    pub(super) charset: Option<String>,
}

impl MediaType {
    pub(super) fn parse(content_type: &str) -> MediaType {
        let mut pieces = content_type.split(';').map(str::trim);
        let essence = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let charset = pieces.find_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
        });
        MediaType { essence, charset }
    }

    pub(super) fn kind(&self) -> Kind {
        let Some((main, sub)) = self.essence.split_once('/') else { return Kind::Unknown };
        match (main, sub) {
            ("application" | "text", "json") => Kind::Json,
            (_, sub) if sub.ends_with("+json") => Kind::Json,
            ("application", "x-www-form-urlencoded") => Kind::Form,
            ("multipart", "form-data") => Kind::Multipart,
            ("text", _) => Kind::Text,
            (_, sub) if sub.ends_with("+xml") || sub.ends_with("+yaml") => Kind::Text,
            ("application", sub) if TEXTS.contains(&sub) => Kind::Text,
            _ => Kind::Unknown,
        }
    }
}

/// The subtypes of `application` that are text.
const TEXTS: &[&str] =
    &["ecmascript", "javascript", "jsonl", "ndjson", "x-javascript", "x-ndjson", "x-yaml", "xml", "xml-dtd", "yaml"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_type_has_a_kind() {
        fn check(content_type: &str, expected: Kind) {
            assert_eq!(MediaType::parse(content_type).kind(), expected, "{content_type:?}");
        }
        check("application/json", Kind::Json);
        check("Application/JSON ; charset=utf-8", Kind::Json);
        check("text/json", Kind::Json);
        check("application/cloudevents-batch+json", Kind::Json);
        check("application/vnd.api+json;x=y", Kind::Json);
        check("application/json;", Kind::Json);
        check("application/x-www-form-urlencoded", Kind::Form);
        check("multipart/form-data; boundary=x", Kind::Multipart);
        check("multipart/mixed; boundary=x", Kind::Unknown);
        check("text/plain", Kind::Text);
        check("text/xml", Kind::Text);
        check("application/xml", Kind::Text);
        check("application/soap+xml", Kind::Text);
        check("image/svg+xml", Kind::Text);
        check("application/xml-dtd", Kind::Text);
        check("application/x-ndjson", Kind::Text);
        check("application/javascript", Kind::Text);
        check("application/yaml", Kind::Text);
        check("application/octet-stream", Kind::Unknown);
        check("json", Kind::Unknown);
        check("", Kind::Unknown);
        check(";;=", Kind::Unknown);
    }

    #[test]
    fn a_charset_is_found_quoted_or_not_and_among_other_parameters() {
        fn check(content_type: &str, expected: Option<&str>) {
            assert_eq!(MediaType::parse(content_type).charset.as_deref(), expected, "{content_type:?}");
        }
        check("text/plain; charset=latin1", Some("latin1"));
        check("text/plain;Charset = \"UTF-16LE\" ", Some("UTF-16LE"));
        check("text/plain; format=flowed; charset=utf-8; x", Some("utf-8"));
        check("text/plain; charset", None);
        check("text/plain", None);
    }
}
