//! The hosts that a connector declares, and whether a URL goes to one of them. Pure.

use url::Url;

/// `host`, `host:port`, `*.host`, or a URL whose scheme, host and port count.
#[derive(Clone, Debug)]
pub(super) struct HostRules(Vec<HostRule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct HostRule {
    /// `None` allows http and https.
    scheme: Option<String>,
    host: String,
    /// Whether subdomains are meant, and not the host itself.
    is_wildcard: bool,
    /// `None` allows the standard port of the scheme.
    port: Option<u16>,
}

impl HostRules {
    /// Reads the rules; the error is a sentence.
    pub(super) fn parse<'a>(rules: impl IntoIterator<Item = &'a str>) -> Result<HostRules, String> {
        rules.into_iter().map(HostRule::parse).collect::<Result<_, _>>().map(HostRules)
    }

    /// Whether a request may go there; the error is a sentence for the connector's author.
    pub(super) fn check(&self, url: &Url) -> Result<(), String> {
        if self.0.iter().any(|rule| rule.allows(url)) {
            return Ok(());
        }
        let origin = url.origin().ascii_serialization();
        Err(format!("{origin} is not among the `apiHosts` that the connector's spec.yml declares"))
    }
}

impl HostRule {
    fn parse(text: &str) -> Result<HostRule, String> {
        if text.contains("://") {
            return Self::from_url(text);
        }
        let (is_wildcard, authority) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let invalid = || format!("`{text}` is not a host, host:port, *.host or URL");
        if authority.is_empty()
            || authority.contains(['/', '?', '#', '@', '\\', '*', '%'])
            || authority.contains(char::is_whitespace)
        {
            return Err(invalid());
        }
        let url = Url::parse(&format!("https://{authority}/")).map_err(|_| invalid())?;
        let host = url.host_str().ok_or_else(invalid)?.to_owned();
        let port = if authority.ends_with(":443") { Some(443) } else { url.port() };
        if is_wildcard && !host.contains('.') {
            return Err(format!("`{text}` is too wide: name at least two labels after the asterisk"));
        }
        Ok(HostRule { scheme: None, host, is_wildcard, port })
    }

    fn from_url(text: &str) -> Result<HostRule, String> {
        let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
        let host = host.ok_or_else(|| format!("`{text}` is not an http or https URL"))?.to_owned();
        Ok(HostRule {
            scheme: Some(url.scheme().to_owned()),
            host,
            is_wildcard: false,
            port: url.port_or_known_default(),
        })
    }

    fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let is_host = if self.is_wildcard {
            host.strip_suffix(&self.host).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'))
        } else {
            host == self.host
        };
        let is_scheme = self.scheme.as_ref().is_none_or(|scheme| scheme == url.scheme());
        let is_port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        is_host && is_scheme && is_port && matches!(url.scheme(), "http" | "https")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, url: &str, expected: bool) {
        let rules = HostRules::parse([rule]).unwrap();
        assert_eq!(rules.check(&Url::parse(url).unwrap()).is_ok(), expected, "{rule} {url}");
    }

    #[test]
    fn a_url_goes_to_a_declared_host_or_nowhere() {
        check("api.example.com", "https://api.example.com/users/me?x=1", true);
        check("api.example.com", "https://API.example.com/", true);
        check("api.example.com", "https://api.example.com:8443/", false);
        check("api.example.com", "https://example.com/", false);
        check("api.example.com", "https://api.example.com.evil.test/", false);
        check("api.example.com", "https://api.example.com@evil.test/", false);
        check("api.example.com", "https://evil.test/api.example.com", false);
        check("api.example.com", "https://evil.test/?api.example.com", false);
        check("api.example.com:8443", "https://api.example.com:8443/", true);
        check("api.example.com:8443", "https://api.example.com/", false);
        check("*.example.com", "https://shop.example.com/", true);
        check("*.example.com", "https://a.b.example.com/", true);
        check("*.example.com", "https://example.com/", false);
        check("*.example.com", "https://evilexample.com/", false);
        check("http://127.0.0.1:9000/api", "http://127.0.0.1:9000/other", true);
        check("http://127.0.0.1:9000", "https://127.0.0.1:9000/", false);
        check("http://127.0.0.1:9000", "http://127.0.0.1:9001/", false);
        check("https://api.example.com", "https://api.example.com/", true);
        check("https://api.example.com", "http://api.example.com/", false);
        check("api.example.com", "ftp://api.example.com/", false);
    }

    #[test]
    fn a_rule_that_says_more_than_a_host_is_refused() {
        for rule in [
            "",
            "a b",
            "evil.test/#.example.com",
            "a@b.test",
            "*.com",
            "*",
            "ftp://a.test",
            "a.test/path",
            "x.*.test",
            "a%2eb",
        ] {
            assert!(HostRules::parse([rule]).is_err(), "{rule}");
        }
    }
}
