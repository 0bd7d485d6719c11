//! Says which addresses are not for anybody but ourselves.
//! Pure: a table and a look-up. Never resolves a name, and exempts nothing but what the operator allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Returns what is wrong with connecting to the address, unless it is public or one of the allowed networks.
///
/// An IPv4 address written as an IPv6 one is a different address here: allowing the one does not allow the other.
pub(crate) fn refusal(addr: IpAddr, allow: &[IpNet]) -> Option<&'static str> {
    if is_allowed(addr, allow) {
        return None;
    }
    match addr {
        IpAddr::V4(addr) => V4.iter().find(|(net, _)| net.contains(&addr)).map(|(_, why)| *why),
        IpAddr::V6(addr) => refusal_v6(addr),
    }
}

/// Whether one of the allowed networks holds the address.
pub(super) fn is_allowed(addr: IpAddr, allow: &[IpNet]) -> bool {
    allow.iter().any(|net| net.contains(&addr))
}

fn refusal_v6(addr: Ipv6Addr) -> Option<&'static str> {
    let listed = V6.iter().find(|(net, _)| net.contains(&addr)).map(|(_, why)| *why);
    listed.or_else(|| is_isatap(addr).then_some("an ISATAP address, which stands for an IPv4 one"))
}

/// Under any prefix, an interface identifier `[02]00:5efe` wraps the IPv4 address that follows it.
fn is_isatap(addr: Ipv6Addr) -> bool {
    let [_, _, _, _, flags, mark, _, _] = addr.segments();
    flags & !0x0300 == 0 && mark == 0x5efe
}

// The first row that matches gives the reason, so the narrower network stands before the wider one.
const V4: &[(Ipv4Net, &str)] = &[
    (v4([0, 0, 0, 0], 8), "an address of this host"),
    (v4([10, 0, 0, 0], 8), "a private address"),
    (v4([100, 100, 100, 200], 32), "a cloud's metadata service"),
    (v4([100, 64, 0, 0], 10), "a carrier's shared address"),
    (v4([127, 0, 0, 0], 8), "a loopback address"),
    (v4([168, 63, 129, 16], 32), "a cloud's metadata service"),
    (v4([169, 254, 169, 254], 32), "a cloud's metadata service"),
    (v4([169, 254, 0, 0], 16), "a link-local address"),
    (v4([172, 16, 0, 0], 12), "a private address"),
    (v4([192, 0, 0, 0], 24), "an address reserved for protocols"),
    (v4([192, 0, 2, 0], 24), "an address for documentation"),
    (v4([192, 88, 99, 0], 24), "a 6to4 relay address"),
    (v4([192, 168, 0, 0], 16), "a private address"),
    (v4([198, 18, 0, 0], 15), "an address for benchmarks"),
    (v4([198, 51, 100, 0], 24), "an address for documentation"),
    (v4([203, 0, 113, 0], 24), "an address for documentation"),
    (v4([224, 0, 0, 0], 4), "a multicast address"),
    (v4([240, 0, 0, 0], 4), "a reserved or broadcast address"),
];

const V6: &[(Ipv6Net, &str)] = &[
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "a loopback address"),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), "a translated IPv4 address"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "a translated IPv4 address"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 8), "unspecified, or stands for an IPv4 address"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "an address that discards everything"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "an address reserved for protocols, Teredo among them"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "an address for documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "an address for documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "a 6to4 address, which stands for an IPv4 one"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "an address of a segment routing network"),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), "a cloud's metadata service"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "a private address"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "a link-local address"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "a site-local address"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "a multicast address"),
];

const fn v4([a, b, c, d]: [u8; 4], prefix_len: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix_len)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix_len: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix_len)
}

#[cfg(test)]
mod tests;
