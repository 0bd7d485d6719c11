//! Which ports of public addresses may be reached. Pure.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What to do about a refused port.
pub(super) const REMEDY: &str =
    "--egress-ports says which ports may be reached, --egress-allow in which networks all may";

/// One port, or some that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(RangeInclusive<u16>);

impl Ports {
    pub(super) fn contain(&self, port: u16) -> bool {
        self.0.contains(&port)
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Ports, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port =
            |text: &str| text.parse().map_err(|_| format!("`{text}` is not a port: 443 is, and 8000-8999 are some"));
        let (first, last): (u16, u16) = (port(first)?, port(last)?);
        if first == 0 || first > last {
            return Err(format!("`{text}` holds no port: the first is at least 1 and not above the last"));
        }
        Ok(Ports(first..=last))
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.0.start(), self.0.end())
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;

    #[test]
    fn a_port_or_a_range_is_read_and_nothing_else() {
        let ports = |text: &str| text.parse::<Ports>();
        assert!(ports("443").unwrap().contain(443) && !ports("443").unwrap().contain(444));
        let some = ports("8000-8999").unwrap();
        assert!(some.contain(8000) && some.contain(8999) && !some.contain(7999) && !some.contain(9000));
        for text in ["", "0", "0-9", "9-8", "-", "80-", "65536", "80,443", "http", "+80x"] {
            assert!(ports(text).is_err(), "{text}");
        }
    }
}
